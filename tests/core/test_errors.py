from __future__ import annotations

import inspect
import re

import pytest

from ventanilla.core import errors
from ventanilla.core.errors import DeskError, Refused

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


class TestTree:
    @pytest.mark.parametrize("kind", CLASSES)
    def test_is_caught_by_its_root(self, kind: type[Exception]) -> None:
        """Catching ``DeskError`` catches all that is raised on purpose."""
        assert issubclass(kind, DeskError)

    def test_is_drawn_as_it_is(self) -> None:
        """The module's drawing shows every error there is, and no other."""
        drawn = re.findall(r"^ {4}[├└│─ ]*\b([A-Z]\w+)", errors.__doc__ or "", flags=re.MULTILINE)
        assert sorted(drawn) == sorted(kind.__name__ for kind in CLASSES)

    @pytest.mark.parametrize("kind", CLASSES)
    def test_is_no_programming_error(self, kind: type[Exception]) -> None:
        """What is raised on purpose is never caught by catching programming errors."""
        assert not issubclass(kind, TypeError | ValueError)


class TestRefused:
    def test_carries_its_rule(self) -> None:
        """A refusal keeps rule and reason apart for programs, and says both to people."""
        refused = Refused("resolve.unborn", "there is no ticket T-1 yet")
        assert (refused.rule, refused.reason) == ("resolve.unborn", "there is no ticket T-1 yet")
        assert str(refused) == "there is no ticket T-1 yet (resolve.unborn)"
