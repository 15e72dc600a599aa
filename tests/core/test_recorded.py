from __future__ import annotations

from ventanilla.core.recorded import Actor, Cause


class TestActor:
    def test_is_written_as_kind_and_id(self) -> None:
        """An actor is written into the log as its kind and id, the kind first."""
        assert str(Actor("agent", "a7")) == "agent:a7"


class TestCause:
    def test_is_written_as_kind_and_id(self) -> None:
        """A cause is written into the log as its kind and id, the kind first."""
        assert str(Cause("row", "17")) == "row:17"
