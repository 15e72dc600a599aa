"""What a driver analysis is made of: responses, each with what was known of the matter when it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

Value: TypeAlias = float | bool | str | None


@frozen(kw_only=True)
class Response:
    """One response to a survey: a row of the table.

    Attributes:
        score: What was answered, higher being better.
        features: What was known when it was given, by name: numbers, yes or no, or words of a list; ``None``: not
            known.
        customer: Who answered, an id; ``None``: nobody who answered before or after.
        position: The event in the log that it comes from; ``None``: none.
    """

    score: float
    features: Mapping[str, Value]
    customer: str | None = None
    position: int | None = None
