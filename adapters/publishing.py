"""Publishes versions of settings: what makes no sense is refused, what judges the past anew is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeAlias, cast

import attrs
import msgspec
from attrs import frozen

from ventanilla.adapters.due import Dues
from ventanilla.adapters.policies import of_log, read_text
from ventanilla.adapters.store import Store
from ventanilla.core.commands import Command, PublishSetting, RestateSetting
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import SettingPublished, SettingRestated, TicketEvent
from ventanilla.core.recorded import Actor, Recorded, Unreadable
from ventanilla.core.setting import Setting
from ventanilla.core.streams import SETTING, is_ticket
from ventanilla.projections.what_if import Comparison, compare, needed

Histories: TypeAlias = Iterator[tuple[str, Sequence[tuple[int, TicketEvent]]]]
_FORMAT = "ventanilla-restatement/1"
_READ = (SETTING + "policy/", SETTING + "calendar/")


@frozen(kw_only=True)
class Draft:
    """A version of a policy, ready to be published.

    Attributes:
        command: Publishes it, with the report where it judges the past anew.
        report: The whole report, JSON; ``None``: it leaves the past alone.
    """

    command: PublishSetting | RestateSetting
    report: bytes | None = None


def draft(
    text: str,
    *,
    store: Store,
    dues: Dues,
    setting: Callable[[str], Setting],
    actor: Actor,
    at: datetime,
    since: datetime | None,
    restates: str | None,
) -> Draft:
    """Return the next version of the policy that *text* says; one that restates is compared over the whole history.

    Args:
        text: The policy (TOML).
        store: The log.
        dues: The clocks and their settings.
        setting: Gives what has been published on a stream.
        actor: Who publishes it.
        at: The instant of publishing, and of looking at the clocks.
        since: From when on it counts; ``None``: as the text says, or else from *at* on.
        restates: Why it judges the past anew; ``None``: as the text says, or else it does not.

    Raises:
        NotUnderstood: The text makes no sense, or says another reason; or nobody says since when it restates.
        Refused: The text makes no sense among the settings that the desk has.
    """
    calendars, clocks = dues.keeper().settings.calendars, [clock.name for clock in dues.clocks]
    document = read_text(text, calendars=calendars, clocks=clocks)
    because = document.restates if restates is None else restates
    if because is not None and not because.strip():
        raise NotUnderstood("say why the past is to be judged anew")
    if None not in (document.restates, restates) and document.restates != restates:
        raise NotUnderstood(f"the policy restates because {document.restates!r}, not {restates!r}: give one reason")
    since = since or document.since
    if because is not None and since is None:
        raise NotUnderstood("say from when on the past is to be judged anew: since = 2026-01-01T00:00:00Z")
    name = "policy/" + document.policy.name
    version = len(setting(SETTING + name).versions) + 1
    command = PublishSetting(setting=name, at=at, actor=actor, version=version, since=since or at, content=text)
    if because is None:
        return Draft(command=command)
    if document.restates is None:
        text = f"restates = {json.dumps(because, ensure_ascii=False)}\n{text}"
    return _restating(attrs.evolve(command, content=text), because, store, dues)


def publishes(events: Sequence[Recorded], command: PublishSetting | RestateSetting) -> bool:
    """Return whether *events* are what publishing the text of *command* came to before, whatever number it had."""
    return any(
        isinstance(one.event, SettingPublished | SettingRestated)
        and (one.stream, one.event.content) == (command.stream, command.content)
        for one in events
    )


def refuse_unsound(command: Command, dues: Dues) -> None:
    """Raise :class:`Refused` if *command* publishes what makes no sense, or judges the past anew in silence."""
    if not isinstance(command, PublishSetting | RestateSetting) or not command.stream.startswith(_READ):
        return
    verb = type(command).__name__.lower()
    before, after = (of_log(found, clocks=[c.name for c in dues.clocks])[1] for found in _with(command, dues))
    if new := [problem for problem in after if problem not in before]:
        raise Refused(f"{verb}.not_understood", new[0].partition(" is passed over: ")[2] or new[0])
    if not command.stream.startswith(_READ[0]):
        return
    calendars, clocks = dues.keeper().settings.calendars, [clock.name for clock in dues.clocks]
    says = read_text(command.content, calendars=calendars, clocks=clocks).restates
    if isinstance(command, PublishSetting) and says is not None:
        reason = "a version that judges the past anew needs its report: publish it with desk.publish(…)"
        raise Refused(f"{verb}.unreported", reason)
    if isinstance(command, RestateSetting) and says != command.because:
        raise Refused(f"{verb}.unsaid", f"the policy restates because {says!r}, not {command.because!r}: say the same")


def restatements(dues: Dues) -> list[Recorded]:
    """Return the versions that judged the past anew, each with its report, in the order of the log."""
    found = [one for history in dues.histories() for one in history if isinstance(one.event, SettingRestated)]
    return sorted(found, key=lambda recorded: recorded.position)


def histories(
    store: Store, until: int, left_out: Callable[[str, str], None]
) -> Iterator[tuple[str, Sequence[tuple[int, TicketEvent]]]]:
    """Return the tickets' histories up to position *until*; one with an event that cannot be read is left out.

    Args:
        store: The log.
        until: The last position to look at.
        left_out: Told the ticket and the reason.
    """
    for stream, history in store.histories(until):
        if not is_ticket(stream):
            continue
        if unreadable := next((event for _, event in history if isinstance(event, Unreadable)), None):
            left_out(stream, unreadable.reason)
        else:
            yield stream, cast("Sequence[tuple[int, TicketEvent]]", history)


def plain(found: Comparison) -> dict[str, object]:
    """Return *found* as JSON has it."""
    return {
        "tickets": found.tickets,
        "as_of": found.as_of,
        "clocks": [
            {"slot": slot, "clock": clock, **attrs.asdict(count)} for (slot, clock), count in found.counts.items()
        ],
        "by": [{"value": value, **attrs.asdict(count)} for value, count in found.by.items()],
        "differences": [attrs.asdict(difference) for difference in found.differences],
    }


def _restating(command: PublishSetting, because: str, store: Store, dues: Dues) -> Draft:
    """Return *command* as a restatement, with the report of what it changes."""
    before, after = _with(command, dues)
    keepers = [dues.engine(of_log(one, clocks=[c.name for c in dues.clocks])[0]) for one in (before, after)]
    head = store.head()
    unread: dict[str, str] = {}
    found = compare(histories(store, head, unread.__setitem__), *needed(*keepers), as_of=command.at)
    found = attrs.evolve(
        found, differences=sorted(found.differences, key=lambda one: (one.ticket, one.slot, one.clock, one.number))
    )
    report = _write(
        {
            "format": _FORMAT,
            "setting": command.setting,
            "version": command.version,
            "since": command.since,
            "because": because,
            "position": head,
            "left_out": dict(sorted(unread.items())),
            **plain(found),
        }
    )
    restate = RestateSetting(
        setting=command.setting,
        at=command.at,
        actor=command.actor,
        version=command.version,
        since=command.since,
        content=command.content,
        because=because,
        position=head,
        as_of=found.as_of,
        tickets=found.tickets,
        left_out=len(unread),
        tickets_changed=len({one.ticket for one in found.differences}),
        instances_changed=len(found.differences),
        clocks={f"{slot}: {clock}": attrs.astuple(count) for (slot, clock), count in found.counts.items()},
        digest=sha256(report).hexdigest(),
    )
    return Draft(command=restate, report=report)


def _with(
    command: PublishSetting | RestateSetting, dues: Dues
) -> tuple[list[Sequence[Recorded]], list[Sequence[Recorded]]]:
    """Return the histories of all settings as they are, and as they would be after *command*."""
    before = list(dues.histories())
    last = max((history[-1].position for history in before if history), default=0)
    event = SettingPublished(at=command.at, version=command.version, since=command.since, content=command.content)
    published = Recorded(
        position=last + 1,
        stream=command.stream,
        version=command.version,
        recorded_at=datetime.max.replace(tzinfo=UTC),
        actor=str(command.actor),
        cause="",
        allowed_by="",
        event=event,
    )
    return before, [*before, [published]]


def _write(report: Mapping[str, Any]) -> bytes:
    """Return *report* as the same bytes wherever it is made."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
