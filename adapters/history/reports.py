"""What a mapping can report: every event that an import may record, with the fields that cells can fill.

An event that is asked for by a command is asked for by it, so that the rules are the same; what is only observed is
reported. Which those are is not listed here: it is read from the commands, the events and the importer's grant.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from ventanilla.adapters.history.steps import ReportStep, Text
from ventanilla.core.commands import Command, Report
from ventanilla.core.events import (
    AgentEvent,
    CustomerEvent,
    Event,
    FeedbackEvent,
    Observation,
    TeamEvent,
)
from ventanilla.core.fields import Personal
from ventanilla.core.rights import TABLE
from ventanilla.core.streams import AGENT, CUSTOMER, FEEDBACK, TEAM

Sort: TypeAlias = Literal["word", "whole", "number", "truth", "instant", "personal"]


@frozen(kw_only=True)
class Slot:
    """A field of an event, as a mapping fills it.

    Attributes:
        sort: What stands in it.
        required: Whether it must be given.
        words: The words that it knows; empty: any.
    """

    sort: Sort
    required: bool
    words: tuple[str, ...] = ()


@frozen(kw_only=True)
class Reportable:
    """An event that a mapping can report.

    Attributes:
        prefix: What the streams begin with to which it happens; empty for tickets.
        slots: Its fields, by name.
        make: Makes the command of a stream, the arguments of every command, and the fields.
    """

    prefix: str
    slots: Mapping[str, Slot]
    make: Callable[[str, Mapping[str, Any], Mapping[str, Any]], Command]


@functools.cache
def reportables() -> Mapping[str, Reportable]:
    """Return all events that can be reported, by their topic without its number."""
    allowed = next(grant.events for grant in TABLE if grant.name == "importer")
    asked = [(get_type_hints(command.event)["return"], command) for command in get_args(Command)]
    commands = {event: command for event, command in asked if command is not Report and event in allowed}
    observed = {event: event for event in get_args(Observation) if event in allowed}
    found: dict[str, Reportable] = {}
    for event, made_of in {**observed, **commands}.items():
        slots = _slots(event, made_of)
        if slots is not None:
            make = _reported(event) if made_of is event else _asked(made_of, event)
            found[_name(event)] = Reportable(prefix=_prefix(event), slots=slots, make=make)
    return dict(sorted(found.items()))


def report_problems(step: ReportStep) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *step*: the place in it, and what."""
    what = reportables().get(step.event)
    if what is None:
        close = difflib.get_close_matches(step.event, reportables(), n=3, cutoff=0.4) or list(reportables())
        yield "event", f"unknown event {step.event!r}: is it one of {', '.join(close)}?"
        return
    for name, given in step.fields.items():
        slot = what.slots.get(name)
        if slot is None:
            others = ", ".join(known for known, one in what.slots.items() if one.sort != "personal")
            yield f"fields.{name}", f"{step.event} has no field {name!r}; it has {others or 'none'}"
        elif slot.sort == "personal":
            yield f"fields.{name}", f"the field {name!r} is personal, which is not imported"
        elif slot.sort == "instant" and not (isinstance(given, str) or _is_plain(given)):
            yield f"fields.{name}", f"the field {name!r} is an instant: give its column"
        elif isinstance(given, Text) and slot.sort not in ("whole", "number") and given.times is not None:
            yield f"fields.{name}", f"the field {name!r} is no number that can be multiplied"
        elif isinstance(given, Text) and given.constant is not None:
            try:
                value_of(slot, given.constant, given.times)
            except ValueError as error:
                yield f"fields.{name}", f"{given.constant!r} {error}"
    missing = [name for name, slot in what.slots.items() if slot.required and name not in step.fields]
    if missing:
        yield "fields", f"{step.event} needs {', '.join(missing)}"


def value_of(slot: Slot, text: str, times: float | None = None) -> Any:
    """Return what *text* is in a field.

    A time of day, ``0:02:23``, is a number too: so many seconds.

    Raises:
        ValueError: It is nothing that can stand there; the message goes on after the text.
    """
    if slot.words and text not in slot.words:
        raise ValueError(f"is none of {', '.join(slot.words)}")
    match slot.sort:
        case "truth":
            if text.lower() not in ("true", "false"):
                raise ValueError("is neither true nor false")
            return text.lower() == "true"
        case "whole" | "number":
            number = _number(text) * Decimal(str(1 if times is None else times))
            if slot.sort == "whole" and number != number.to_integral_value():
                raise ValueError(f"is no whole number{'' if times is None else f', taken {times} times'}")
            return int(number) if slot.sort == "whole" else float(number)
        case _:
            return text


_TOO_LARGE = 15
"""The power of ten from which on not every whole number is a number with a point, too."""


def _number(text: str) -> Decimal:
    try:
        *larger, seconds = text.split(":")
        number = Decimal(seconds) if len(larger) in (0, 2) else Decimal("inf")
        for part, worth in zip(larger, (3600, 60), strict=False):
            number += int(part) * worth
    except (InvalidOperation, ValueError):
        number = Decimal("inf")
    if not number.is_finite() or number.adjusted() >= _TOO_LARGE:
        raise ValueError("is no number, or one that is too large")
    return number


def _is_plain(given: Text) -> bool:
    return given == Text(column=given.column) and given.column is not None


def _name(event: type[Event]) -> str:
    return event.TOPIC.rpartition("/")[0]


_BELONGS: Mapping[str, frozenset[type[Event]]] = {
    CUSTOMER: frozenset(get_args(CustomerEvent)),
    AGENT: frozenset(get_args(AgentEvent)),
    TEAM: frozenset(get_args(TeamEvent)),
    FEEDBACK: frozenset(get_args(FeedbackEvent)),
}


def _prefix(event: type[Event]) -> str:
    return next((prefix for prefix, events in _BELONGS.items() if event in events), "")


def _reported(event: type[Any]) -> Callable[[str, Mapping[str, Any], Mapping[str, Any]], Command]:
    def make(stream: str, asked: Mapping[str, Any], values: Mapping[str, Any]) -> Command:
        return Report(on=stream, fact=event(at=asked["at"], **values), actor=asked["actor"], cause=asked["cause"])

    return make


def _asked(command: type[Any], event: type[Any]) -> Callable[[str, Mapping[str, Any], Mapping[str, Any]], Command]:
    prefix, whose = _prefix(event), _whose(command, event)

    def make(stream: str, asked: Mapping[str, Any], values: Mapping[str, Any]) -> Command:
        made: Command = command(**{whose: stream.removeprefix(prefix)}, **asked, **values)
        return made

    return make


_COMMON = ("at", "actor", "cause")
"""What every command says."""


def _whose(command: type[Any], event: type[Any]) -> str:
    """Return the field of *command* that says whom it is asked of: the one that is neither common nor the event's."""
    common = {*_COMMON, *attrs.fields_dict(event)}
    (whose,) = (name for name in attrs.fields_dict(command) if name not in common)
    return whose


def _slots(event: type[Any], made_of: type[Any]) -> dict[str, Slot] | None:
    """Return the fields of *event* that cells can fill; ``None``: it needs one that they cannot."""
    hints, slots = get_type_hints(event), dict[str, Slot]()
    for name, field in attrs.fields_dict(made_of).items():
        if name in _COMMON or name not in attrs.fields_dict(event):
            continue
        kinds = [kind for kind in (get_args(hints[name]) or (hints[name],)) if kind is not NoneType]
        words = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
        sort = "word" if words else _SORTS.get(kinds[0]) if len(kinds) == 1 else None
        required = field.default is attrs.NOTHING
        if sort is not None:
            slots[name] = Slot(sort=sort, required=required, words=words)
        elif required:
            return None
    return slots


_SORTS: Mapping[Any, Sort] = {
    str: "word",
    int: "whole",
    float: "number",
    bool: "truth",
    datetime: "instant",
    Personal: "personal",
}
