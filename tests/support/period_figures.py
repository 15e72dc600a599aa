"""The figures of a month, as a report has them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ventanilla import Desk
from ventanilla.adapters.audit import period
from ventanilla.adapters.audit.figures import Dialled, Figures, of_period

MADRID = ZoneInfo("Europe/Madrid")
METRICS = ("tickets", "settled", "on_time", "resolution_time", "backlog", "backlog_age", "verdict_agreement")


def figures_of(desk: Desk, month: str = "2025-03") -> tuple[Dialled, Figures]:
    this, before = period.named("month", month, MADRID)
    dialled = Dialled(desk=desk, as_of=this.until, position=desk.store.head())
    names = [name for name in (*METRICS, "lost") if name in desk.host.metrics]
    return dialled, of_period(dialled, names, this, before, MADRID)
