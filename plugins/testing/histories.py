"""Logs for tables and metrics to be tried on: the same ones every time, and true by the rules.

Each is made of commands of every kind there is, drawn from few ids and words so that they meet, of which the rules let
happen what they let happen: what is in such a log could be in a desk's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from types import NoneType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import attrs

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked, Command, Report
from ventanilla.core.decide import decide
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, Observation
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.fields import Personal, personal_fields
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.core.streams import PREFIX, StreamKind

Log: TypeAlias = tuple[Recorded, ...]

SINCE = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SEEDS = 6
_STEPS = 400
_HOST = Actor("system", "kit", ("admin", "privacy"))
_EVENTS: Mapping[StreamKind, tuple[type[Event], ...]] = {
    "ticket": get_args(on.TicketEvent),
    "customer": get_args(on.CustomerEvent),
    "agent": get_args(on.AgentEvent),
    "team": get_args(on.TeamEvent),
    "feedback": get_args(on.FeedbackEvent),
}
_BIRTHS: Mapping[StreamKind, type[Event]] = {
    "ticket": on.TicketOpened,
    "customer": on.CustomerAdded,
    "agent": on.AgentJoined,
    "team": on.TeamFormed,
    "feedback": on.SurveyOffered,
}
_OFTEN = (
    on.TicketAssigned, on.MessageReceived, on.ReplySent, on.TicketResolved, on.TicketReopened, on.TicketClosed,
    on.TicketCategorised, on.TicketDueSet,
)  # fmt: skip
"""What tickets mostly go through."""
_COMMANDS: Mapping[type[Event], type[Asked]] = {
    get_type_hints(cls.event)["return"]: cls for cls in get_args(Command) if cls is not Report
}
_KINDS: tuple[StreamKind, ...] = ("ticket", "ticket", "ticket", "customer", "agent", "team", "feedback")
_WORDS = ("a", "b", "c")


@functools.cache
def histories() -> tuple[Log, ...]:
    """Return the logs, the empty one first."""
    return ((), *(_history(Random(seed)) for seed in range(_SEEDS)))


def stories(log: Log, kinds: Iterable[StreamKind], reads: frozenset[type[Event]] | None) -> list[tuple[str, Log]]:
    """Return stream by stream the events of *log* that a table is folded from, as a desk hands them over."""
    found: dict[str, list[Recorded]] = {}
    for recorded in log:
        if _kind(recorded.stream) in kinds and (reads is None or type(recorded.event) in reads):
            found.setdefault(recorded.stream, []).append(recorded)
    return [(stream, tuple(found[stream])) for stream in sorted(found)]


def _kind(stream: str) -> StreamKind:
    for kind, prefix in PREFIX.items():
        if stream.startswith(prefix):
            return kind
    return "ticket"


def _history(random: Random) -> Log:
    state: dict[str, Aggregate] = {}
    log: list[Recorded] = []
    for step in range(_STEPS):
        kind = random.choice(_KINDS)
        name = random.choice(_WORDS[: 2 if kind == "team" else 3]) if kind != "ticket" else f"T-{random.randrange(12)}"
        stream = PREFIX.get(kind, "") + name
        there = state.get(stream) or unborn(stream)
        now = SINCE + timedelta(hours=step)
        command = _asking(stream, kind, _event(random, kind, there, now - timedelta(hours=random.choice((0, 0, 0, 5)))))
        try:
            happened = decide(command, there)
        except Refused:
            continue
        for event in happened:
            state[stream] = there = evolve(there, event)
            log.append(
                Recorded(
                    position=len(log) * 2 + 1,  # a position may be left out
                    stream=stream,
                    version=there.version,
                    recorded_at=now,
                    actor=str(_HOST),
                    allowed_by="1/system",
                    cause="command:kit",
                    event=_sealed(event),
                )
            )
    return tuple(log)


def _event(random: Random, kind: StreamKind, there: Aggregate, at: datetime) -> Event:
    made = random.choice(_OFTEN if kind == "ticket" and random.random() < 0.5 else _EVENTS[kind])
    if there.version == 0 and random.random() < 0.9:
        made = _BIRTHS[kind]
    hints = get_type_hints(made)
    values: dict[str, Any] = {field.name: _value(random, hints[field.name], at) for field in attrs.fields(made)}
    values["at"] = at
    return made(**values)


def _value(random: Random, hint: Any, at: datetime) -> Any:
    parts = get_args(hint)
    if get_origin(hint) is Literal:
        return random.choice(parts)
    if get_origin(hint) is tuple:
        return (random.choice(_WORDS),)
    if NoneType in parts:
        return _value(random, random.choice(parts), at)
    if hint is str:
        return random.choice(_WORDS)
    if hint is bool:
        return random.random() < 0.5
    if hint is int or hint is float:
        return hint(random.randrange(6))
    if hint is datetime:
        return at + timedelta(hours=random.randrange(72))
    if hint is Personal:
        return Personal("words", of="customer/a")
    return None if hint is NoneType else {random.choice(_WORDS): random.choice(_WORDS)}


def _asking(stream: str, kind: StreamKind, event: Event) -> Command:
    told: Any = event
    if isinstance(event, get_args(Observation)):
        return Report(on=stream, actor=_HOST, fact=told)
    made: Any = _COMMANDS[type(event)]
    whose = {kind: stream.removeprefix(PREFIX.get(kind, ""))}
    command: Command = made(**whose, actor=_HOST, **{f.name: getattr(event, f.name) for f in attrs.fields(type(event))})
    return command


def _sealed(event: Event) -> Event:
    """Return *event* as the log has it: with references in place of personal texts."""
    references: dict[str, Any] = {
        name: Personal(None, of=said.of, digest="0" * 64, length=said.length)
        for name in personal_fields(type(event))
        if (said := getattr(event, name)) is not None
    }
    return attrs.evolve(event, **references) if references else event
