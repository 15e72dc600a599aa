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
from datetime import timedelta
from typing import Any, TypeAlias

from attrs import frozen

Row: TypeAlias = Any  # a row of a fact table: an attrs instance
Plain: TypeAlias = "str | int | float | bool"
Run: TypeAlias = Callable[[Row, Any], Any]  # of a row and the instant of looking, in the form of the row's instants


class Expression(ABC):
    """A node of the tree; build them with operators from :func:`column` and :data:`AS_OF`."""

    __slots__ = ()

    @abstractmethod
    def run(self) -> Run:
        """Return a function of (row, as_of) that gives this expression's value."""

    @abstractmethod
    def columns(self) -> frozenset[str]:
        """Return the names of the columns that it reads."""

    def __lt__(self, other: Expression | Plain) -> Expression:
        return Applied("<", (self, of(other)))

    def __le__(self, other: Expression | Plain) -> Expression:
        return Applied("<=", (self, of(other)))

    def __gt__(self, other: Expression | Plain) -> Expression:
        return Applied(">", (self, of(other)))

    def __ge__(self, other: Expression | Plain) -> Expression:
        return Applied(">=", (self, of(other)))

    def __and__(self, other: Expression) -> Expression:
        return Applied("and", (self, other))

    def __or__(self, other: Expression) -> Expression:
        return Applied("or", (self, other))

    def __invert__(self) -> Expression:
        return Applied("not", (self,))

    def __sub__(self, other: Expression | Plain) -> Expression:
        """The difference of two numbers, or the seconds from *other* to this, both instants."""
        return Applied("-", (self, of(other)))

    def __add__(self, other: Expression | Plain) -> Expression:
        return Applied("+", (self, of(other)))

    def __mul__(self, other: Expression | Plain) -> Expression:
        return Applied("*", (self, of(other)))

    def __truediv__(self, other: Expression | Plain) -> Expression:
        """The quotient; unknown where *other* is 0."""
        return Applied("/", (self, of(other)))

    def equals(self, other: Expression | Plain) -> Expression:
        """Whether the two are the same value."""
        return Applied("==", (self, of(other)))

    def among(self, *others: Plain) -> Expression:
        """Whether this is one of *others*; unknown where it is."""
        return Applied("among", (self, Constant(frozenset(others))))

    def paired(self, other: Expression | Plain) -> Expression:
        """This and *other*, for summaries of pairs."""
        return Applied("pair", (self, of(other)))

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
    """A value that stands in the declaration."""

    value: Any

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


def of(value: Expression | Plain) -> Expression:
    """Return *value* as an expression."""
    return value if isinstance(value, Expression) else Constant(value)


def _difference(left: Any, right: Any) -> Any:
    found = left - right
    return found / timedelta(seconds=1) if isinstance(found, timedelta) else found


def _quotient(left: Any, right: Any) -> Any:
    return left / right if right else None


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
    "-": _known(_difference),
    "+": _known(operator.add),
    "*": _known(operator.mul),
    "/": _known(_quotient),
    "among": _known(lambda value, values: value in values),
    "pair": lambda left, right: (left, right),
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
    "or_else": lambda left, right: right if left is None else left,
}
