"""A desk whose tickets are settled in time and answered about, with an agreement on it that tests make up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asked_and_told import MARIA, Teller

from ventanilla import Actor, Desk
from ventanilla.adapters.agreements import Agreements, evaluations, read_file
from ventanilla.core.commands import Open, PublishSetting, Resolve, SetDue
from ventanilla.plugins.host import Host

ADMIN = Actor("agent", "ada", roles=("admin",))
METRICS = Host().metrics
TEXT = """
format = "ventanilla-agreement/1"
name = "contact"
since = 2026-01-01T00:00:00Z
owner = "ana"
index = {{ green = 75, amber = 60 }}
sla = {{ metric = "on_time", target = 0.9 }}
{top}
[[objectives]]
id = "satisfied"
name = "Satisfied"
driver = "experience"
metric = "csat"
normaliser = {{ worst = 0, best = 1 }}
target = 0.7
{more}
"""


def text(top: str = "", more: str = "") -> str:
    """Return an agreement with more of its own, and of its one objective."""
    return TEXT.format(top=top, more=more)


def read(path: Path, top: str = "", more: str = "") -> Agreements:
    """Return the same as read from a file."""
    file = path / "contact.toml"
    file.write_text(text(top, more), encoding="utf-8")
    return read_file(file, METRICS)


def first(month: int) -> datetime:
    """Return the first instant of a month of 2026."""
    return datetime(2026, month, 1, tzinfo=UTC)


class Now:
    """The instant of recording, which tests turn."""

    at = first(6)

    def __call__(self) -> datetime:
        return self.at


def month(
    desk: Desk, number: int, *, satisfied: int, of: int = 40, channel: str = "mail", asked: int = 0, **opened: Any
) -> Teller:
    """Let *of* tickets of a month be settled in time and answered about, *satisfied* of them well."""
    told, name = Teller(desk), f"{channel}-{number}"
    for count in range(of):
        at, ticket = first(number) + timedelta(days=count % 20, hours=9), f"{name}-{count:03}"
        desk.handle(Open(ticket=ticket, at=at, actor=MARIA, channel=channel, customer=f"c-{count}", **opened))
        desk.handle(SetDue(ticket=ticket, at=at, actor=MARIA, due=at + timedelta(hours=4)))
        desk.handle(Resolve(ticket=ticket, at=at + timedelta(hours=1), actor=MARIA, code="fixed"))
        score = 5 if count < satisfied else 1 + count % 2
        about: dict[str, Any] = {"about_kind": "ticket", "about": ticket, "respondent": f"c-{count}"}
        told.ask(f"f-{ticket}", at + timedelta(hours=2), "csat", score, (1, 5), **about)
    for count in range(asked):
        told.offer(f"unanswered-{name}-{count}", first(number) + timedelta(days=3), about="x", about_kind="ticket")
    return told


def evaluate(desk: Desk, found: Agreements, until: int = 5, **how: Any) -> list[Any]:
    """Return what it came to in the windows of the first months."""
    return evaluations(desk, found, found.windows(first(1), first(until)), **how)


def publish(desk: Desk, content: str, version: int = 1, begins: int = 1) -> None:
    """Publish it at the desk."""
    desk.handle(
        PublishSetting(
            setting="agreement/contact", at=first(1), actor=ADMIN, version=version, since=first(begins), content=content
        )
    )
