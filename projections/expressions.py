"""What a metric asks of a row, as a small tree that can be read, run and looked into.

Trees, not lambdas: the same declaration is run a row at a time here, names the columns that it reads (and so the
events behind a figure), and can be run over whole columns elsewhere.

Example:
    >>> from ventanilla.projections.expressions import AS_OF, column
    >>> late = column("settled_at").or_else(AS_OF) > column("due_at")
    >>> sorted(late.columns())
    ['due_at', 'settled_at']

Unknown is ``None``: it spreads through comparisons and differences, and where a choice is made it counts as no.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from attrs import frozen

Row: TypeAlias = Any  # a row of a fact table: an attrs instance
Run: TypeAlias = Callable[[Row, datetime], Any]


class Expression(ABC):
    """A node of the tree; build them with operators from :func:`column` and :data:`AS_OF`."""

    __slots__ = ()

    @abstractmethod
    def run(self) -> Run:
        """Return a function of (row, as_of) that gives this expression's value."""

    @abstractmethod
    def columns(self) -> frozenset[str]:
        """Return the names of the columns that it reads."""

    def __lt__(self, other: Expression) -> Expression:
        return Applied("<", (self, other))

    def __le__(self, other: Expression) -> Expression:
        return Applied("<=", (self, other))

    def __gt__(self, other: Expression) -> Expression:
        return Applied(">", (self, other))

    def __ge__(self, other: Expression) -> Expression:
        return Applied(">=", (self, other))

    def __and__(self, other: Expression) -> Expression:
        return Applied("and", (self, other))

    def __or__(self, other: Expression) -> Expression:
        return Applied("or", (self, other))

    def __invert__(self) -> Expression:
        return Applied("not", (self,))

    def __sub__(self, other: Expression) -> Expression:
        """The seconds from *other* to this, both instants."""
        return Applied("seconds", (self, other))

    def equals(self, other: Expression | str) -> Expression:
        """Whether the two are the same value."""
        return Applied("==", (self, Constant(other) if isinstance(other, str) else other))

    def given(self) -> Expression:
        """Whether there is a value at all."""
        return Applied("given", (self,))

    def or_else(self, other: Expression) -> Expression:
        """This where it is given, *other* where not."""
        return Applied("or_else", (self, other))


@frozen(eq=False)
class Column(Expression):
    """A column of the row."""

    name: str

    def run(self) -> Run:
        """See :meth:`Expression.run`."""
        read = operator.attrgetter(self.name)
        return lambda row, _: read(row)

    def columns(self) -> frozenset[str]:
        """See :meth:`Expression.columns`."""
        return frozenset({self.name})


@frozen(eq=False)
class Constant(Expression):
    """A word that stands in the declaration."""

    value: str

    def run(self) -> Run:
        """See :meth:`Expression.run`."""
        value = self.value
        return lambda _row, _as_of: value

    def columns(self) -> frozenset[str]:
        """See :meth:`Expression.columns`."""
        return frozenset()


@frozen(eq=False)
class AsOf(Expression):
    """The instant at which the question is asked."""

    def run(self) -> Run:
        """See :meth:`Expression.run`."""
        return lambda _, as_of: as_of

    def columns(self) -> frozenset[str]:
        """See :meth:`Expression.columns`."""
        return frozenset()


@frozen(eq=False)
class Applied(Expression):
    """An operator on expressions."""

    operator: str
    operands: tuple[Expression, ...]

    def run(self) -> Run:
        """See :meth:`Expression.run`."""
        parts = [operand.run() for operand in self.operands]
        if len(parts) == 1:
            (only,), apply_one = parts, _ONE[self.operator]
            return lambda row, as_of: apply_one(only(row, as_of))
        (left, right), apply_two = parts, _TWO[self.operator]
        return lambda row, as_of: apply_two(left(row, as_of), right(row, as_of))

    def columns(self) -> frozenset[str]:
        """See :meth:`Expression.columns`."""
        return frozenset().union(*(operand.columns() for operand in self.operands))


AS_OF = AsOf()
"""The instant at which the question is asked."""


def column(name: str) -> Expression:
    """Return the expression that reads the column *name*."""
    return Column(name)


def _seconds(end: datetime, start: datetime) -> float:
    return (end - start) / timedelta(seconds=1)


def _known(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: None if left is None or right is None else apply(left, right)


_ONE: dict[str, Callable[[Any], Any]] = {
    "given": lambda value: value is not None,
    "not": lambda value: None if value is None else not value,
}
_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "<": _known(operator.lt),
    "<=": _known(operator.le),
    ">": _known(operator.gt),
    ">=": _known(operator.ge),
    "==": _known(operator.eq),
    "seconds": _known(_seconds),
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
    "or_else": lambda left, right: right if left is None else left,
}
