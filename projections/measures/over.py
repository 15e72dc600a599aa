"""Expressions over whole columns: the same tree, run for many rows at once. Needs numpy (extra ``audit``).

Words are codes into a list of them, and what an expression makes of one column of words it makes of the list: the
expression itself is run, word by word, so it cannot come out otherwise than for a single row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from attrs import field, frozen

from ventanilla.core.errors import Unavailable
from ventanilla.projections.expressions import Applied, AsOf, Column, Constant, Expression

try:
    import numpy as np
    from numpy.typing import NDArray
except ModuleNotFoundError as error:
    raise Unavailable(f"whole columns need {error.name}: pip install 'ventanilla[audit]'") from error

Array: TypeAlias = NDArray[Any]
Flags: TypeAlias = NDArray[np.bool_]


@frozen(eq=False)
class Values:
    """A column.

    Attributes:
        data: Numbers, booleans, or codes.
        known: Where there is a value; ``None``: everywhere.
        words: What the codes stand for, the first of them ``None``; empty: they are no codes.
    """

    data: Array
    known: Flags | None = None
    words: tuple[Any, ...] = field(default=(), kw_only=True)

    def given(self) -> Flags:
        """Return where there is a value."""
        if self.words:
            return np.not_equal(self.data, 0)
        return np.ones(self.data.shape, np.bool_) if self.known is None else self.known

    def take(self, rows: Array) -> Values:
        """Return those of *rows*, by number or as flags."""
        known = None if self.known is None else self.known[rows]
        return Values(self.data[rows], known, words=self.words)

    def repeat(self, times: Array) -> Values:
        """Return each value so many *times*."""
        known = None if self.known is None else np.repeat(self.known, times)
        return Values(np.repeat(self.data, times), known, words=self.words)

    def where(self, there: Flags) -> Values:
        """Return it with nothing known but where it is *there*."""
        if self.words:
            return Values(np.where(there, self.data, 0), words=self.words)
        return Values(self.data, there if self.known is None else self.known & there)

    def to_list(self) -> list[Any]:
        """Return the values in plain Python, ``None`` where there is none."""
        if self.words:
            return [self.words[code] for code in self.data.tolist()]
        found = self.data.tolist()
        return (
            found
            if self.known is None
            else [one if there else None for one, there in zip(found, self.known.tolist(), strict=True)]
        )


def values_of(found: Sequence[Any]) -> Values:
    """Return plain values, all of one kind or ``None``, as a column."""
    known = np.array([one is not None for one in found], np.bool_)
    if any(isinstance(one, str) for one in found):
        words: dict[Any, int] = {None: 0}
        return Values(np.array([words.setdefault(one, len(words)) for one in found], np.int64), words=tuple(words))
    kind: type = next((type(one) for one in found if one is not None), bool)
    data = np.array([kind() if one is None else one for one in found], {bool: np.bool_, int: np.int64}.get(kind))
    return Values(data, None if known.all() else known)


class Over:
    """Runs expressions over a table; what several have in common is run once.

    Args:
        rows: How many rows the table has.
        column: Returns a column of the table by its name.
        as_of: The instant of looking, microseconds since 1970; ``None``: no expression asks for it.
    """

    def __init__(self, rows: int, column: Callable[[str], Values], as_of: int | None = None) -> None:
        self._rows = rows
        self._column = column
        self._as_of = as_of
        # With the expression: or its id might be given anew.
        self._known: dict[int, tuple[Expression, Values]] = {}
        self._held: dict[int, tuple[Expression, Flags]] = {}

    def flags(self, expression: Expression) -> Flags:
        """Return where *expression* holds; where it is not known, it does not."""
        if id(expression) not in self._held:
            self._held[id(expression)] = expression, self._hold(expression)
        return self._held[id(expression)][1]

    def values(self, expression: Expression) -> Values:
        """Return what *expression* comes to in each row."""
        if id(expression) not in self._known:
            self._known[id(expression)] = expression, self._run(expression)
        return self._known[id(expression)][1]

    def _hold(self, expression: Expression) -> Flags:
        if (only := self._words(expression)) is not None:
            return _hits(_of_words(expression, *only), only[1].data)
        match expression:
            case Applied(operator="and" | "or" as name, operands=(left, right)):
                both: Flags = _BOTH[name](self.flags(left), self.flags(right))
                return both
            case _:
                return _truth(self.values(expression))

    def _words(self, expression: Expression) -> tuple[str, Values] | None:
        """Return the column of words that is all that *expression* reads, if it is so."""
        names = expression.columns()
        if len(names) != 1 or _is_dated(expression):
            return None
        (name,) = names
        found = self._column(name)
        return (name, found) if found.words else None

    def _run(self, expression: Expression) -> Values:
        if isinstance(expression, Column):
            return self._column(expression.name)
        if (only := self._words(expression)) is not None:
            of_words, codes = _of_words(expression, *only), only[1].data
            if of_words.data.dtype == np.bool_ and of_words.known is None:
                return Values(_hits(of_words, codes))
            return of_words.take(codes)
        match expression:
            case Applied(operator="and" | "or"):
                return Values(self.flags(expression))
            case AsOf():
                return Values(np.full(self._rows, self._as_of, np.int64))
            case Applied(operator="among", operands=(one, Constant(value=others))):
                found = self.values(one)
                return Values(np.isin(found.data, sorted(others)), found.known)
            case Constant() if isinstance(expression.value, str):
                return Values(np.ones(self._rows, np.uint8), words=(None, expression.value))
            case Constant():
                return Values(np.full(self._rows, expression.value))
            case Applied():
                return _apply(expression.operator, *map(self.values, expression.operands))
            case _:
                raise TypeError(f"a {type(expression).__name__} reads one column of words")


def _is_dated(expression: Expression) -> bool:
    return isinstance(expression, AsOf) or (
        isinstance(expression, Applied) and any(map(_is_dated, expression.operands))
    )


_FEW = 8


def _of_words(expression: Expression, name: str, column: Values) -> Values:
    """Return what *expression* comes to for each word of *column*."""
    run = expression.run()
    return values_of([run(SimpleNamespace(**{name: word}), None) for word in column.words])


def _hits(of_words: Values, codes: Array) -> Flags:
    """Return which of *codes* stand for words that hold."""
    holds = _truth(of_words)
    # Comparing is many times as fast as looking up, and most predicates ask for a few words, or for all but a few.
    most = bool(holds.mean() > 0.5)
    few = np.flatnonzero(holds != most).tolist()  # plain: or all codes would be widened
    if len(few) > _FEW:
        found: Flags = holds[codes]
        return found
    hits = np.full(codes.shape, most)
    for code in few:
        hits ^= codes == code
    return hits


def _apply(name: str, left: Values, *others: Values) -> Values:
    if name == "given":
        return Values(left.given())
    if name == "not":
        return Values(~_truth(left), left.given() if left.words else left.known)
    (right,) = others
    left, right = _of_one_kind(left, right)
    if name == "or_else":
        there = left.given()
        data = np.where(there, left.data, right.data)
        return Values(data, words=left.words) if left.words else Values(data, _less(there | right.given()))
    return Values(_BOTH[name](left.data, right.data), _less(left.given() & right.given()))


def _truth(values: Values) -> Flags:
    if values.words:
        return np.array([bool(word) for word in values.words])[values.data]
    data = values.data if values.data.dtype == np.bool_ else values.data != 0
    return data if values.known is None else data & values.known


def _of_one_kind(left: Values, right: Values) -> tuple[Values, Values]:
    """Return both, words by codes that are in the order of the words."""
    if not left.words and not right.words:
        return left, right
    left, right = _as_words(left), _as_words(right)
    words = (None, *sorted({*left.words, *right.words} - {None}))
    place: Mapping[Any, int] = {word: code for code, word in enumerate(words)}
    both = (Values(np.array([place[word] for word in one.words])[one.data], words=words) for one in (left, right))
    first, second = both
    return first, second


def _as_words(values: Values) -> Values:
    """Return words as they are, and what is nowhere known as a word that is nowhere known."""
    if values.words:
        return values
    if values.given().any():
        raise TypeError("words and numbers cannot be compared")
    return Values(np.zeros(values.data.shape, np.uint8), words=(None,))


def _less(known: Flags) -> Flags | None:
    return None if known.all() else known


_BOTH: dict[str, Callable[[Any, Any], Any]] = {
    "and": np.logical_and,
    "or": np.logical_or,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
}
