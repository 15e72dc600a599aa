"""Streams: each ticket, customer, agent, team, piece of feedback and setting has a history of its own.

A ticket's stream is the ticket's id; the others have a prefix, which no ticket's id may begin with.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

StreamKind: TypeAlias = Literal["ticket", "customer", "agent", "team", "feedback", "setting"]

CUSTOMER = "customer/"
AGENT = "agent/"
TEAM = "team/"
FEEDBACK = "feedback/"
SETTING = "setting/"

PREFIX: dict[StreamKind, str] = {
    "customer": CUSTOMER,
    "agent": AGENT,
    "team": TEAM,
    "feedback": FEEDBACK,
    "setting": SETTING,
}
"""What the streams of each kind begin with; a ticket's begins with none of these."""

PREFIXES = (CUSTOMER, AGENT, TEAM, FEEDBACK, SETTING)


def customer(name: str) -> str:
    """Return the stream of the customer *name*."""
    return CUSTOMER + name


def agent(name: str) -> str:
    """Return the stream of the agent *name*."""
    return AGENT + name


def team(name: str) -> str:
    """Return the stream of the team *name*."""
    return TEAM + name


def feedback(name: str) -> str:
    """Return the stream of the piece of feedback *name*."""
    return FEEDBACK + name


def setting(name: str) -> str:
    """Return the stream of the setting *name*, kind and name: ``"calendar/madrid"``."""
    return SETTING + name


def is_ticket(stream: str) -> bool:
    """Return whether *stream* is a ticket's."""
    return not stream.startswith(PREFIXES)


def ranges(kind: StreamKind) -> list[tuple[str, str | None]]:
    """Return the half-open ranges of names in which the streams of *kind* lie, in order; ``None``: to the end."""
    if kind != "ticket":
        return [(PREFIX[kind], _after(PREFIX[kind]))]
    starts = ["", *map(_after, sorted(PREFIXES))]
    return list(zip(starts, [*sorted(PREFIXES), None], strict=True))


def _after(prefix: str) -> str:
    """Return the first name after all that begin with *prefix*, in the order of code points."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
