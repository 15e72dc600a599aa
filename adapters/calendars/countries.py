"""Public holidays by country, from the package ``holidays`` (extra ``calendars``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ventanilla.core.errors import Unavailable
from ventanilla.projections.calendar import CalendarNotUnderstood


def public_holidays(
    country: str,
    subdivision: str | None = None,
    *,
    years: Sequence[int] = (1990, 2100),
    categories: Sequence[str] | None = None,
    observed: bool = True,
    place: str = "holidays",
) -> tuple[date, ...]:
    """Return the public holidays of a country or a part of it, oldest first.

    Args:
        country: Its ISO 3166-1 code, ``"ES"``.
        subdivision: The part's ISO 3166-2 code without the country, ``"MD"``; where the country's differ and none is
            given, those that all have.
        years: The first and the last year.
        categories: The package's categories; if none is given, its default: public holidays.
        observed: Whether a holiday that is moved to a working day is closed on that day, too.
        place: Where it was asked for, for messages.

    Raises:
        CalendarNotUnderstood: There is no such country, part or category, or no such year.
        Unavailable: The package is not installed.
    """
    try:
        import holidays
    except ModuleNotFoundError as error:
        raise Unavailable(f"public holidays need {error.name}: pip install 'ventanilla[calendars]'") from error
    first, last = years
    if not 1 <= first <= last <= 9999:
        raise CalendarNotUnderstood("bad_date", f"{place}: {first} to {last} are no years, the first and the last")
    try:
        found = holidays.country_holidays(
            country,
            subdiv=subdivision,
            years=range(first, last + 1),
            categories=None if categories is None else tuple(categories),
            observed=observed,
        )
    except (NotImplementedError, ValueError) as error:  # as the package says: no such country, part, category
        raise CalendarNotUnderstood("bad_calendar", f"{place}: {error}") from error
    return tuple(sorted(found))
