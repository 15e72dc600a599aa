"""A desk with a policy, on which time goes by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ventanilla import Actor, Desk
from ventanilla.core import commands as ask

MARIA = Actor("agent", "maria")
ADMIN = Actor("agent", "ada", roles=("admin",))

POLICY = """
format = "ventanilla-policy/1"
name = "standard"

[[rules]]
name = "everybody"
calendar = "always"
[rules.targets]
first_response = {{ within = "{target}", warn = ["50%"] }}
resolution = {{ within = "4h", escalate = ["0m", "1h"] }}
[[rules]]
name = "promises"
slot = "given"
targets = {{ promise = {{ warn = ["10m"] }} }}
"""


def at(minutes: float) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


class Clock:
    """The desk's own clock, set by hand."""

    def __init__(self) -> None:
        self.now = at(0)

    def __call__(self) -> datetime:
        return self.now


def publish(desk: Desk, target: str, version: int = 1, minutes: float = -60, since: float = -60) -> None:
    desk.handle(
        ask.PublishSetting(
            setting="policy/standard",
            at=at(minutes),
            actor=ADMIN,
            version=version,
            since=at(since),
            content=POLICY.format(target=target),
        )
    )


@contextmanager
def with_policy(url: str, clock: Clock) -> Iterator[Desk]:
    """Open a desk at *url* with the policy that wants the first response within an hour."""
    with Desk(url, clock=clock) as opened:
        publish(opened, "1h")
        yield opened


def open_ticket(desk: Desk, ticket: str = "T-1", minutes: float = 0) -> None:
    desk.handle(ask.Open(ticket=ticket, at=at(minutes), actor=MARIA, channel="mail"))


def said(desk: Desk, minutes: float) -> list[tuple[str, str, int]]:
    """Return what a host is told that acts on everything at once."""
    found = desk.due(at(minutes))
    desk.acknowledge(found)
    return [(due.clock, due.kind, due.level) for due in found]
