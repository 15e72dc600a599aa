"""Laws of all streams, over any sequence of what can be asked and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core import events as on
from ventanilla.core import streams
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked, Command, Report
from ventanilla.core.decide import decide, decide_all
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, Observation
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.feedback import FeedbackStatus
from ventanilla.core.fields import Personal
from ventanilla.core.people import AgentStatus, CustomerStatus, TeamStatus
from ventanilla.core.recorded import Actor
from ventanilla.core.ticket import ANY_ORDER, Status, Ticket

HOST = Actor("system", "test", ("admin", "privacy"))
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
law = settings(deadline=None, max_examples=150)

UNIONS: dict[str, Any] = {
    "T-1": on.TicketEvent,
    "customer/1": on.CustomerEvent,
    "agent/1": on.AgentEvent,
    "team/1": on.TeamEvent,
    "feedback/1": on.FeedbackEvent,
    "setting/policy/1": on.SettingEvent,
}
STATUSES: dict[str, Any] = {
    "T-1": Status,
    "customer/1": CustomerStatus,
    "agent/1": AgentStatus,
    "team/1": TeamStatus,
    "feedback/1": FeedbackStatus,
}
BIRTH: dict[str, Event] = {
    "T-1": on.TicketOpened(at=NOON, channel="1"),
    "customer/1": on.CustomerAdded(at=NOON),
    "agent/1": on.AgentJoined(at=NOON),
    "team/1": on.TeamFormed(at=NOON),
    "feedback/1": on.SurveyOffered(at=NOON, survey="1", version=1, about_kind="brand", about="1", channel="1"),
    "setting/policy/1": on.SettingPublished(at=NOON, version=1, since=NOON, content="1"),
}

BEFORE_BIRTH = (
    on.SentimentScored, on.CustomerHoldPlaced, on.CustomerHoldLifted, on.AgentHoldPlaced, on.AgentHoldLifted,
)  # fmt: skip
"""What may happen to somebody, or something, that only others have told of."""

# Few instants, words and numbers, so that commands meet, clash and repeat each other often.
INSTANTS = st.integers(-1, 3).map(lambda hours: NOON + timedelta(hours=hours))
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["1", "2"]),
    int: st.integers(-1, 3),
    float: st.sampled_from([-1.0, 0.0, 0.5, 1.0, 5.0, float("nan"), float("inf")]),
    bool: st.booleans(),
    datetime: INSTANTS,
    Personal: st.just(Personal("Canary", of="customer/1")),
    NoneType: st.none(),
}
COMMANDS: dict[type[Event], type[Asked]] = {
    get_type_hints(cls.event)["return"]: cls for cls in get_args(Command) if cls is not Report
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.just(("1",))
    if hint in VALUES:
        return VALUES[hint]
    if NoneType in get_args(hint):
        return st.one_of(*[values(part) for part in get_args(hint)])
    return st.dictionaries(VALUES[str], VALUES[str], max_size=1)


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in attrs.fields(kind)})


def asking(stream: str, event: Event) -> Command:
    told: Any = event
    if isinstance(event, get_args(Observation)):
        return Report(on=stream, actor=HOST, fact=told)
    made: Any = COMMANDS[type(event)]
    prefix = next((prefix for prefix in streams.PREFIXES if stream.startswith(prefix)), "")
    whose = {prefix.rstrip("/") or "ticket": stream.removeprefix(prefix)}
    command: Command = made(**whose, actor=HOST, **{f.name: getattr(event, f.name) for f in attrs.fields(type(event))})
    return command


def asked(stream: str) -> st.SearchStrategy[Command]:
    kinds = get_args(UNIONS[stream])
    return st.sampled_from(kinds).flatmap(events).map(lambda event: asking(stream, event))


def sequences(stream: str) -> st.SearchStrategy[list[Command]]:
    """Return commands to *stream*; most begin with a birth, lest most be refused."""
    birth, later = asking(stream, BIRTH[stream]), st.lists(asked(stream), max_size=30)
    born = later.map(lambda commands: [birth, *commands])
    return st.one_of(born, born, later)


SEQUENCES = {stream: sequences(stream) for stream in BIRTH}
runs = st.sampled_from(sorted(SEQUENCES)).flatmap(lambda stream: st.tuples(st.just(stream), SEQUENCES[stream]))
Run = tuple[str, list[Command]]


def carried_out(stream: str, sequence: Sequence[Command]) -> tuple[Aggregate, list[Event], list[Command]]:
    """Return the aggregate after *sequence*, its history, and those commands that made something happen."""
    aggregate, history, effective = unborn(stream), list[Event](), list[Command]()
    for command in sequence:
        try:
            happened = decide(command, aggregate)
        except Refused:
            continue
        aggregate = evolve(aggregate, *happened)
        history.extend(happened)
        if happened:
            effective.append(command)
    return aggregate, history, effective


def refusal(command: Command, aggregate: Aggregate) -> Refused | None:
    try:
        decide(command, aggregate)
    except Refused as refused:
        return refused
    return None


@law
@given(runs)
def test_any_order_ends_in_a_legal_state(run: Run) -> None:
    """Whatever is asked in whatever order, nothing is raised but refusals, and the state is one that there is."""
    stream, sequence = run
    aggregate, history, effective = carried_out(stream, sequence)
    assert aggregate.version == len(history) == len(effective)
    assert sorted(map(repr, history)) == sorted(repr(event) for told in aggregate.told.values() for event in told)
    assert all(event.at.tzinfo is UTC for event in history)
    if stream in STATUSES:
        status = getattr(aggregate, "status")  # noqa: B009  # every kind but settings has one
        assert status in get_args(STATUSES[stream])
        # A tone may be measured before the review is told, a hold placed on whom only others told of: that is no birth.
        assert (status == "unborn") == all(isinstance(event, BEFORE_BIRTH) for event in history)


@law
@given(runs)
def test_refusals_say_what_to_do(run: Run) -> None:
    """Whoever is refused is told what can be done about it; of a number that cannot be true, what is wrong with it."""
    stream, sequence = run
    aggregate, _, _ = carried_out(stream, sequence)
    refusals = [refused for command in sequence if (refused := refusal(command, aggregate))]
    assert all(": " in refused.reason or refused.rule.endswith(".impossible") for refused in refusals)


@law
@given(runs)
def test_again_is_idle_however_much_has_happened_since(run: Run) -> None:
    """A command that made something happen never does so twice, whatever came in between, and is never refused."""
    aggregate, _, effective = carried_out(*run)
    assert [decide(command, aggregate) for command in effective] == [() for _ in effective]


@law
@given(runs)
def test_together_equals_one_by_one(run: Run) -> None:
    """Deciding commands together gives the events and the state that deciding each alone gives."""
    aggregate, history, effective = carried_out(*run)
    assert decide_all(effective, unborn(run[0])) == (tuple(history), aggregate)


@law
@given(runs, st.integers(0, 30))
def test_in_two_parts_equals_at_once(run: Run, cut: int) -> None:
    """A history read in two parts, at whatever place it is cut, leads where it leads at once."""
    aggregate, history, _ = carried_out(*run)
    first = evolve(unborn(run[0]), *history[:cut])
    assert evolve(first, *history[cut:]) == evolve(unborn(run[0]), *history) == aggregate


@law
@given(runs)
def test_nothing_changes_what_was(run: Run) -> None:
    """Deciding and evolving leave the aggregate that they were given as it was, refused or not."""
    stream, sequence = run
    aggregate, _, _ = carried_out(stream, sequence)
    same, _, _ = carried_out(stream, sequence)
    other = "agent/1" if stream != "agent/1" else "team/1"
    elsewhere = asking(other, BIRTH[other])
    for command in sequence:
        try:
            happened = decide(command, aggregate)
        except Refused:
            continue
        evolve(aggregate, *happened)
        with pytest.raises(Refused, match="does not happen to"):
            decide_all([command, elsewhere], aggregate)
    assert aggregate == same


@law
@given(SEQUENCES["T-1"])
def test_what_is_decided_runs_forward(sequence: list[Command]) -> None:
    """Nothing happens to a ticket before it is opened, and what comes in order only never goes back in time."""
    ticket, history, _ = carried_out("T-1", sequence)
    in_order = [event.at for event in history if type(event) not in ANY_ORDER]
    assert in_order == sorted(in_order)
    assert all(event.at >= history[0].at for event in history)
    assert ticket.last_at == (in_order[-1] if in_order else None)


@law
@given(SEQUENCES["T-1"])
def test_a_ticket_does_not_contradict_itself(sequence: list[Command]) -> None:
    """Only an open ticket waits, none goes on in itself, and levels never fall."""
    ticket, history, _ = carried_out("T-1", sequence)
    assert isinstance(ticket, Ticket)
    if ticket.paused:
        assert ticket.status == "open"
    if ticket.paused_until:
        assert ticket.paused
    assert ticket.merged_into not in ("", "T-1")
    levels = [event.level for event in history if isinstance(event, on.TicketEscalated)]
    assert levels == sorted(levels)
    assert ticket.level == max(levels, default=0)


@law
@given(runs)
def test_ids_are_given_once(run: Run) -> None:
    """No two messages, promises, calls, orders, answers, … of one stream have the same id."""
    _, history, _ = carried_out(*run)
    once: dict[type[Event], str] = {
        on.PromiseMade: "promise",
        on.FollowUpPlanned: "follow_up",
        on.CallEnded: "call",
        on.TimeSpent: "entry",
        on.GoodwillGranted: "goodwill",
        on.CaseReviewed: "review",
        on.OrderPlaced: "order",
        on.ShiftPlanned: "shift",
        on.SurveyAnswered: "question",
        on.ActionPlanned: "action",
    }
    seen = [(type(event), getattr(event, once[type(event)])) for event in history if type(event) in once]
    written = (on.MessageReceived, on.ReplySent, on.NoteWritten)
    messages = [event.message for event in history if isinstance(event, written)]
    assert len(set(seen)) == len(seen)
    assert len(set(messages)) == len(messages)
