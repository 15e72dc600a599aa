from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ventanilla.core.commands import Open, Reopen, SetDue
from ventanilla.core.recorded import Actor

AGENT = Actor("agent", "a7")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class TestInstants:
    def test_become_utc(self) -> None:
        """A command's instants may be told in any time zone and are kept in UTC."""
        boston = timezone(timedelta(hours=-5))
        asked = SetDue(
            ticket="T-1",
            at=datetime(2026, 1, 5, 7, tzinfo=boston),
            actor=AGENT,
            due=datetime(2026, 1, 5, 8, tzinfo=boston),
        )
        assert (asked.at, asked.at.tzinfo) == (NOON, UTC)
        assert (asked.due, asked.due.tzinfo) == (NOON + timedelta(hours=1), UTC)

    def test_without_a_zone_are_refused(self) -> None:
        """Nobody can know when an instant without a time zone was, so a command refuses it."""
        naive = NOON.replace(tzinfo=None)
        with pytest.raises(ValueError, match="has no time zone"):
            Reopen(ticket="T-1", at=naive, actor=AGENT)
        with pytest.raises(ValueError, match="has no time zone"):
            SetDue(ticket="T-1", at=NOON, actor=AGENT, due=naive)


class TestDefaults:
    def test_a_command_names_no_cause_of_its_own(self) -> None:
        """Without a cause, and without further facts, a command says so rather than making them up."""
        asked = Open(ticket="T-1", at=NOON, actor=AGENT, channel="phone")
        assert (asked.cause, asked.facts) == (None, {})
