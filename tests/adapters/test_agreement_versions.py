"""Versions of an agreement at a desk: whose windows are whose, and what of an earlier one stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from agreed import ADMIN, Now, evaluate, first, month, publish, text
from typer.testing import CliRunner

from ventanilla import Desk
from ventanilla.adapters.agreements import evaluations, of_log
from ventanilla.adapters.cli.app import app
from ventanilla.adapters.sealing import seal
from ventanilla.core.commands import PublishSetting
from ventanilla.core.errors import NotUnderstood

BEFORE = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(f"sqlite:///{tmp_path / 'desk.db'}", clock=Now()) as opened:
        yield opened


def publish_from(desk: Desk, content: str, version: int, since: datetime) -> None:
    desk.handle(
        PublishSetting(
            setting="agreement/contact", at=first(1), actor=ADMIN, version=version, since=since, content=content
        )
    )


class TestWindows:
    def test_of_the_past_keep_their_cadence(self, desk: Desk) -> None:
        """By quarters from July on, months are months before it; what is sealed stays sealed, and can be sealed."""
        for number, satisfied in ((1, 30), (2, 38), (3, 12)):
            month(desk, number, satisfied=satisfied)
        publish(desk, text())
        sealed = seal(desk, "contact", first(2), actor=ADMIN)
        publish(desk, text('window = "quarter"'), 2, 7)
        found = of_log(desk, "contact")
        months = [f"2026-{number:02}" for number in range(1, 7)]
        assert [one.name for one in found.windows(BEFORE, first(12))] == [*months, "2026-Q3", "2026-Q4"]
        assert [(one.window.name, one.status) for one in evaluate(desk, found, 4)] == [
            ("2026-01", "baselining"), ("2026-02", "green"), ("2026-03", "red"),
        ]  # fmt: skip
        assert found.sealed[found.windows(first(2), first(3))[0]] == sealed
        assert seal(desk, "contact", first(3), actor=ADMIN).evaluation.window.name == "2026-03"

    def test_that_are_sealed_stay_whatever_is_published(self, desk: Desk, tmp_path: Path) -> None:
        """A version from earlier on counts its days from where the first did; of months it has others beside them."""
        for number in (1, 2, 3):
            month(desk, number, satisfied=36)
        middle = datetime(2026, 1, 15, tzinfo=UTC)
        publish_from(desk, text('window = "28 days"'), 1, middle)
        window = seal(desk, "contact", middle, actor=ADMIN).evaluation.window
        publish_from(desk, text('window = "28 days"'), 2, first(1))
        assert window in of_log(desk, "contact").windows(BEFORE, first(4))
        publish_from(desk, text(), 3, middle)
        found = of_log(desk, "contact").windows(BEFORE, first(4))
        assert [(one.since.month, one.since.day) for one in found] == [(1, 15), (2, 1), (3, 1)]
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        said = CliRunner().invoke(app, ["xla", "show", "contact", "--month", "2026-01", "--desk", url])
        assert said.exit_code == 0
        assert "sealed" in said.stdout

    def test_of_days_find_one_baseline(self, desk: Desk) -> None:
        """A new owner moves no window of 28 days, and no baseline: they count from the first version on."""
        for number, satisfied in ((1, 30), (2, 38), (3, 36)):
            month(desk, number, satisfied=satisfied)
        days = text('window = "28 days"')
        publish(desk, days)
        before = evaluate(desk, of_log(desk, "contact"), 4)
        publish_from(desk, days.replace("ana", "bea"), 2, datetime(2026, 2, 10, tzinfo=UTC))
        after = evaluate(desk, of_log(desk, "contact"), 4)
        assert [one.agreement for one in after] == ["contact@1", "contact@1", "contact@2", "contact@2"]
        assert [(one.window, one.results[0].baseline) for one in after] == [
            (one.window, one.results[0].baseline) for one in before
        ]


class TestUnread:
    def test_leaves_what_is_sealed_and_the_other_versions(self, desk: Desk, tmp_path: Path) -> None:
        """The plug-in of a metric is not there: its windows cannot be evaluated, all others can, and it is said."""
        for number in (1, 2, 3):
            month(desk, number, satisfied=36)
        publish(desk, text())
        seal(desk, "contact", first(1), actor=ADMIN)
        publish(desk, text().replace('"csat"', '"acme.joy"'), 2, 3)
        found = of_log(desk, "contact")
        assert [one.name for one in found.windows(BEFORE, first(5))] == ["2026-01", "2026-02"]
        assert [one.status for one in evaluations(desk, found, found.windows(BEFORE, first(5)))] == [
            "baselining", "green",
        ]  # fmt: skip
        with pytest.raises(NotUnderstood, match=r"in force at 2026-03.*version 2: .*no metric 'acme.joy'"):
            seal(desk, "contact", first(3), actor=ADMIN)
        url, words = f"sqlite:///{tmp_path / 'desk.db'}", ["xla", "show", "contact", "--json", "--desk"]
        said = CliRunner().invoke(app, [*words, url])
        assert (said.exit_code, said.stdout.count('"sealed": true')) == (0, 1)
        assert "not evaluated: setting/agreement/contact, version 2" in said.stderr

    def test_all_of_it_leaves_what_is_sealed(self, desk: Desk, tmp_path: Path) -> None:
        """Where no version can be read any more, what was sealed is shown as it was sealed."""
        month(desk, 1, satisfied=36)
        publish(desk, text())
        sealed: Any = seal(desk, "contact", first(1), actor=ADMIN)
        desk.host.metrics.pop("csat")
        found = of_log(desk, "contact")
        assert (list(found.versions), found.windows(None, first(5))) == ([], [sealed.evaluation.window])
        assert found.at(first(1)) is None
