"""Reports of a period: which periods there are, and the page, which stands alone."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lived_in import live_in
from period_figures import MADRID, figures_of
from tags import Tags

from ventanilla import Actor, Desk
from ventanilla.adapters.audit import period
from ventanilla.adapters.report import period_page
from ventanilla.adapters.vault.keyring import MemoryKeys
from ventanilla.core.commands import Open
from ventanilla.core.errors import NotUnderstood

KEYS = MemoryKeys()
MARIA = Actor("agent", "maria", roles=("lead", "admin"))


class TestPeriods:
    @given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1)))
    def test_follow_each_other(self, day: date) -> None:
        """Every day lies in its month and its quarter, in any zone; the one before ends where it begins."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=MADRID)
        for kind, name in (("month", f"{day:%Y-%m}"), ("quarter", f"{day.year}-Q{(day.month + 2) // 3}")):
            this, before = period.named(kind, name, MADRID)
            assert before.until == this.since <= noon < this.until
            assert (this.since.astimezone(MADRID).hour, this.since.astimezone(MADRID).day) == (0, 1)

    @pytest.mark.parametrize(("kind", "name"), [("month", "2015-13"), ("month", "2015"), ("quarter", "2015-Q5")])
    def test_what_is_none_is_refused(self, kind: str, name: str) -> None:
        """A name that is no month or quarter is refused with the value."""
        with pytest.raises(NotUnderstood, match=f"--{kind} '{name}'"):
            period.named(kind, name, UTC)


class TestPage:
    def page(self, folder: Path) -> str:
        with Desk("sqlite:///:memory:", keys=KEYS) as desk:
            live_in(desk, folder)
            at = datetime(2025, 3, 5, tzinfo=UTC)
            desk.handle(Open(ticket="X", at=at, actor=MARIA, channel="<script>alert(1)</script>"))
            figures = figures_of(desk)[1]
        this, before = period.named("month", "2025-03", MADRID)
        return period_page.render(figures, this, before, title="Desk & Co", zone=MADRID, head="abc")

    def test_stands_alone_and_is_escaped(self, tmp_path: Path) -> None:
        """The page needs nothing from anywhere else, and what comes from the log cannot act in it."""
        text = self.page(tmp_path)
        found = Tags()
        found.feed(text)
        assert not {"script", "link", "img", "iframe"} & set(found.tags)
        assert not {"src", "href", "onload"} & set(found.attributes)
        assert "&lt;script&gt;alert(1)" in text
        assert "http" not in text
        assert found.tags.count("svg") >= 6

    @pytest.mark.skipif(
        not shutil.which("chromium"), reason="no chromium here, and a browser comes from no package index"
    )
    def test_a_browser_draws_it(self, tmp_path: Path) -> None:
        """A real browser loads the page and draws its charts."""
        file = tmp_path / "page.html"
        file.write_text(self.page(tmp_path), encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        program = [shutil.which("chromium") or "", *flags, f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*program, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=True
        )
        assert done.stdout.count("<rect") > 50
        assert "Desk &amp; Co" in done.stdout
