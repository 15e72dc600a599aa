"""Windows of an agreement that are held fast: what breaks a seal, and what does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from agreed import ADMIN, Now, first, month, publish, text
from asked_and_told import MARIA
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.agreements import evaluations, of_log
from ventanilla.adapters.cli.app import app
from ventanilla.adapters.sealing import anew, seal
from ventanilla.core import events as on
from ventanilla.core.commands import Open, SetDue
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.plugins.found import Found
from ventanilla.projections.xla import Window

FEBRUARY = Window(first(2), first(3), "")


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def desk(tmp_path: Path, now: Now) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path / 'desk.db'}", clock=now) as opened:
        yield opened


class TestSeal:
    def test_is_corrected_never_edited(self, desk: Desk, now: Now) -> None:
        """A late answer moves an open window; a sealed one stands until it is corrected, and both stay on record."""
        told = month(desk, 2, satisfied=40, of=30)
        publish(desk, text())
        late: dict[str, Any] = {"about_kind": "ticket", "about": "mail-2-000"}
        told.ask("late-1", first(2) + timedelta(days=20), "csat", 1, (1, 5), **late)
        assert evaluations(desk, of_log(desk, "contact"), [FEBRUARY])[0].results[0].n == 31
        sealed = seal(desk, "contact", first(2), actor=ADMIN)
        assert (sealed.evaluation.results[0].n, sealed.evaluation.window) == (31, FEBRUARY)
        assert (sealed.corrects, len(sealed.digest)) == ((), 64)
        assert seal(desk, "contact", first(2), actor=ADMIN) == sealed
        told.ask("late-2", first(2) + timedelta(days=21), "csat", 1, (1, 5), **late)
        (again,) = evaluations(desk, of_log(desk, "contact"), [FEBRUARY])
        assert (again.results[0].n, anew(desk, of_log(desk, "contact"), sealed)) == (32, again)
        with pytest.raises(Refused, match="is sealed: say that it corrects"):
            seal(desk, "contact", first(2), actor=ADMIN)
        assert of_log(desk, "contact").sealed[FEBRUARY] == sealed
        now.at = first(7)
        corrected = seal(desk, "contact", first(2), actor=ADMIN, correct=True)
        assert (corrected.evaluation.results[0].n, corrected.corrects) == (32, (sealed.digest,))
        assert corrected.evaluation.as_of == first(7)
        kept = [one.event for one in desk.log("setting/agreement/contact") if isinstance(one.event, on.WindowSealed)]
        assert [one.digest for one in kept] == [sealed.digest, corrected.digest]
        assert of_log(desk, "contact", as_of=first(6)).sealed[FEBRUARY] == sealed

    def test_takes_the_right_and_an_end(self, desk: Desk, now: Now) -> None:
        """Without the role nobody seals, and nobody seals a window that is not over."""
        month(desk, 2, satisfied=1, of=2)
        publish(desk, text())
        with pytest.raises(Refused, match="no grant for WindowSealed"):
            seal(desk, "contact", first(2), actor=MARIA)
        now.at = first(3) - timedelta(seconds=1)
        with pytest.raises(Refused, match="is not over"):
            seal(desk, "contact", first(2), actor=ADMIN)
        with pytest.raises(NotUnderstood, match="no window of the agreement 'contact' was in force at 2025-12-05"):
            seal(desk, "contact", datetime(2025, 12, 5, tzinfo=UTC), actor=ADMIN)

    def test_stands_while_nothing_is_recorded(self, desk: Desk, now: Now, tmp_path: Path) -> None:
        """What was sealed in June, with the clocks that ran out by then, is shown so and sealed so ever after."""
        month(desk, 2, satisfied=38)
        late = first(2) + timedelta(days=25)
        for count in range(10):
            desk.handle(Open(ticket=f"late-{count}", at=late, actor=MARIA, channel="mail"))
            desk.handle(SetDue(ticket=f"late-{count}", at=late, actor=MARIA, due=first(4)))
        publish(desk, text().replace('"on_time"', '"sla_met"'))
        sealed = seal(desk, "contact", first(2), actor=ADMIN)
        assert sealed.evaluation.sla is not None
        assert (sealed.evaluation.sla.value, sealed.evaluation.sla.status) == (0.8, "red")
        now.at = first(8)
        assert seal(desk, "contact", first(2), actor=ADMIN) == sealed
        said = CliRunner().invoke(app, ["xla", "show", "contact", "--desk", f"sqlite:///{tmp_path / 'desk.db'}"])
        assert "sealed" in said.stdout
        assert "by now it would be" not in said.stdout

    def test_is_not_broken_by_what_is_not_in_the_log(self, desk: Desk) -> None:
        """That a plug-in is broken now, or was then, is said of the figures, and is no other figure."""
        month(desk, 2, satisfied=38)
        publish(desk, text())
        broken = Found(name="acme", distribution="acme", version="1", status="broken", reason="it fails")
        desk.host.found.append(broken)
        sealed = seal(desk, "contact", first(2), actor=ADMIN)
        assert sealed.evaluation.incomplete == ("the plug-in acme is broken: it fails",)
        desk.host.found.remove(broken)
        found = anew(desk, of_log(desk, "contact"), sealed)
        assert found is not None
        assert (found == sealed.evaluation, found.incomplete) == (True, ())
        assert seal(desk, "contact", first(2), actor=ADMIN) == sealed

    def test_all_windows_of_a_month_that_are_over(self, desk: Desk, now: Now, tmp_path: Path) -> None:
        """Of weeks the command seals each that is over; of a month of which none is, it says so."""
        month(desk, 2, satisfied=38)
        publish(desk, text('window = "7 days"'))
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        said = CliRunner().invoke(app, ["xla", "seal", "contact", "--month", "2026-02", "--desk", url])
        assert said.stdout.count("is sealed") == 4
        weeks = [one.since.day for one in of_log(desk, "contact").sealed]
        assert weeks == [5, 12, 19, 26]
        shown = CliRunner().invoke(app, ["xla", "show", "contact", "--month", "2026-02", "--json", "--desk", url])
        assert [one["sealed"] for one in json.loads(shown.stdout)] == [True] * 4
