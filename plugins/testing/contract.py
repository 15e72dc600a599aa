"""What all contracts of the kit have in common: rules, and how one is found broken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NoReturn

_PREFIX = "test_"


class Broken(AssertionError):
    """A rule of the contract is broken; the message says how."""


class Contract(ABC):
    """The rules that a plug-in keeps, one method each.

    A plain class: pytest runs the ``test_`` methods of a subclass whose name begins with ``Test``, as any other runner
    of tests may, and ``ventanilla plugins check`` does without one.
    """

    def rules(self) -> dict[str, Callable[[], None]]:
        """Return the rules by name, in the order in which they are written down."""
        names = {name: None for kind in reversed(type(self).__mro__) for name in vars(kind) if name.startswith(_PREFIX)}
        return {name.removeprefix(_PREFIX): getattr(self, name) for name in names}

    @abstractmethod
    def digest(self) -> str:
        """Return a digest of all that it gives for the material of the kit: the same, wherever and whenever."""


def fail(message: str) -> NoReturn:
    """Say that a rule is broken."""
    raise Broken(message)
