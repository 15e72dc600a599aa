"""The words of a clock's account: what an event was, and what it did."""

from __future__ import annotations

from datetime import datetime

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.projections.policy import Target
from ventanilla.projections.settings import Choice


def of(event: TicketEvent) -> str:
    """Return *event* in words."""
    match event:
        case on.TicketOpened():
            return "the ticket was opened"
        case on.TicketResolved(code=code):
            return f"resolved as {code!r}"
        case on.TicketClosed():
            return "closed without having been resolved"
        case on.TicketReopened():
            return "the ticket was reopened, so its settlement no longer counts"
        case on.MessageReceived():
            return "the customer wrote"
        case on.ReplySent(author_kind=kind):
            return "answered by a person" if kind == "agent" else f"answered by a machine ({kind})"
        case on.NoteWritten():
            return "a note was written, which counts here"
        case on.TicketRouted(team=team):
            return f"given to team {team!r}"
        case on.FactSet(name=name, value=value):
            return f"{name} became {value!r}"
        case on.VerdictStated(by=by, verdict=stated):
            return f"{by} says {stated}"
        case on.PromiseMade(what=what):
            return f"promised {what!r}"
        case on.FollowUpPlanned():
            return "a follow-up was planned"
        case _:
            return type(event).TOPIC.partition("/")[0].replace(".", " ").replace("-", " ")


def show(at: datetime) -> str:
    """Return *at* as accounts write it, in UTC."""
    return at.isoformat(sep=" ").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """Return *seconds* as accounts write them: ``1 h 30 min``, ``12 s``.

    Example:
        >>> span(5400), span(12), span(0)
        ('1 h 30 min', '12 s', '0 s')
    """
    whole, parts = round(seconds), []
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def target(seconds: float | None, calendar: str | None, choice: Choice | None) -> str:
    """Return a target in words."""
    if choice is None:
        return "no target: no rule holds for the ticket"
    whose = f"by rule {choice.rule.name!r} of policy {choice.policy!r}, version {choice.version}"
    if seconds is None:
        return f"no target {whose}"
    hours = "around the clock" if calendar is None else f"in the hours of {calendar!r}"
    return f"target {span(seconds)} {hours} {whose}"


NO_TARGET = Target()
"""What a rule says of a clock that it does not name."""
