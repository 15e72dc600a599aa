"""From responses to columns of numbers: complete rows, words as dummies, nothing constant. Needs numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from ventanilla.core.errors import NotUnderstood, Unavailable
from ventanilla.projections.drivers.bootstrap import Integers
from ventanilla.projections.drivers.response import Response, Value
from ventanilla.projections.drivers.weights import Floats
from ventanilla.projections.plain import number

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"driver analysis needs {error.name}: pip install 'ventanilla[drivers]'") from error

FEWEST = 10
"""How many responses must differ from the most common value of a column, for it to be one. Our choice."""

OTHER = "(other)"
"""What rare words of a list are taken together as."""


@frozen
class Column:
    """What a column stands for; see :class:`~ventanilla.projections.drivers.Driver`."""

    name: str
    feature: str
    reference: str | None = None


@frozen(kw_only=True)
class Columns:
    """The table of the complete responses.

    Attributes:
        columns: What the columns of *x* stand for, by name.
        x: The drivers, rows by drivers.
        y: The score.
        customers: Who gave each row: 0, 1, 2, …
        missing: In how many responses each feature was unknown.
        left_out: Features that were not used, and why.
        used: Which responses the rows are.
    """

    columns: tuple[Column, ...]
    x: Floats
    y: Floats
    customers: Integers
    missing: Mapping[str, int]
    left_out: Mapping[str, str]
    used: Sequence[int]


def columns_of(responses: Sequence[Response], without: Collection[str] = ()) -> Columns:
    """Return the table of those *responses* of which every feature that is used is known.

    A feature that is unknown in half of the responses or more is left out, rather than the responses. Nothing is ever
    filled in.

    Args:
        responses: The responses.
        without: Features to leave out.

    Raises:
        NotUnderstood: A score is no number; a feature is neither number, yes or no, nor word, or not always the same.
    """
    kinds = _kinds(responses)
    if unknown := set(without) - kinds.keys():
        raise NotUnderstood(f"there is no feature {', '.join(sorted(unknown))}; there are {', '.join(sorted(kinds))}")
    missing = {name: sum(response.features.get(name) is None for response in responses) for name in sorted(kinds)}
    left_out = dict.fromkeys(sorted(without), "as asked")
    for name, count in missing.items():
        if 2 * count >= len(responses):
            left_out.setdefault(name, f"known in {len(responses) - count:,} of {len(responses):,} responses only")
    names = [name for name in missing if name not in left_out]
    used = [
        place
        for place, response in enumerate(responses)
        if all(response.features.get(name) is not None for name in names)
    ]
    columns: dict[Column, Floats] = {}
    for name in names:
        values = [responses[place].features[name] for place in used]
        found = _dummies(name, [str(value) for value in values]) if kinds[name] is str else _numbers(name, values)
        kept = {column: numbers for column, numbers in found.items() if _varies(numbers)}
        if not kept:
            left_out[name] = f"the same in all but fewer than {FEWEST} responses"
        columns |= kept
    people = [_person(responses[place], place) for place in used]
    codes = {person: code for code, person in enumerate(dict.fromkeys(people))}
    return Columns(
        columns=tuple(columns),
        x=np.column_stack(list(columns.values())) if columns else np.empty((len(used), 0)),
        y=np.array([responses[place].score for place in used], np.float64),
        customers=np.array([codes[person] for person in people], np.int64),
        missing={name: count for name, count in missing.items() if count},
        left_out=left_out,
        used=used,
    )


def _kinds(responses: Sequence[Response]) -> dict[str, type | None]:
    kinds: dict[str, type | None] = {}
    for place, response in enumerate(responses, 1):
        number(response.score, f"response {place}: score")
        for name, value in response.features.items():
            kind = _kind(value, f"response {place}: {name}")
            if kinds.setdefault(name, kind) is None:
                kinds[name] = kind
            elif kind is not None and kinds[name] is not kind:
                raise NotUnderstood(f"response {place}: {name} is {value!r:.60}, of another kind than before")
    return kinds


def _kind(value: Value, place: str) -> type | None:
    if value is None or isinstance(value, bool | str):
        return None if value is None else type(value)
    number(value, place)
    return float


def _numbers(name: str, values: Sequence[Value]) -> dict[Column, Floats]:
    return {Column(name, name): np.array(values, np.float64)}


def _dummies(name: str, words: Sequence[str]) -> dict[Column, Floats]:
    counts = Counter(words)
    merged = [word if counts[word] >= FEWEST else OTHER for word in words]
    by_count = sorted(Counter(merged).items(), key=lambda pair: (-pair[1], pair[0]))
    if not by_count:
        return {}
    (reference, _), *others = by_count
    return {
        Column(f"{name}: {word}", name, reference): np.array([one == word for one in merged], np.float64)
        for word, _ in sorted(others)
    }


def _varies(numbers: Floats) -> bool:
    _, counts = np.unique(numbers, return_counts=True)
    return len(numbers) > 0 and int(len(numbers) - counts.max()) >= FEWEST


def _person(response: Response, place: int) -> tuple[str, str | int]:
    return ("", place) if response.customer is None else ("customer", response.customer)
