"""Who bought what, up to when: what customers' lifetimes are expected from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from ventanilla.adapters.store import Store
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.recorded import Recorded
from ventanilla.core.streams import StreamKind
from ventanilla.projections.custom import READS, Buyer, buyers

CUSTOMERS: tuple[StreamKind, ...] = ("customer",)


def bought(
    store: Store,
    as_of: datetime,
    *,
    currency: str | None = None,
    known_at: datetime | None = None,
    zone: tzinfo,
    tell: Callable[[int], None] = lambda count: None,
) -> tuple[list[Buyer], list[str]]:
    """Return all who bought something in *currency*, by id, and who cannot be read.

    Args:
        store: The log.
        as_of: What happened later is left out.
        currency: ISO 4217; ``None``: there is but one.
        known_at: What was recorded later is left out; ``None``: nothing is.
        zone: Where days begin.
        tell: Told how many customers were read.

    Raises:
        NotUnderstood: Nobody bought anything in that currency, or there are several.
    """
    found: list[Buyer] = []
    unreadable: list[str] = []
    for count, (stream, story) in enumerate(store.stories(CUSTOMERS, store.head(), reads=READS, known_at=known_at)):
        history = [one for one in story if isinstance(one, Recorded)]
        if len(history) < len(story):
            unreadable.append(stream)
        else:
            found += buyers(history, as_of, zone)
        if count % 1_000 == 0:
            tell(count)
    currencies = sorted({one.currency for one in found})
    there = f"there are orders in {', '.join(currencies)}" if currencies else "there are no orders"
    if currency is None and len(currencies) > 1:
        raise NotUnderstood(f"money of several currencies is never added up: say one; {there}")
    wanted = [one for one in found if currency in (None, one.currency)]
    if not wanted:
        raise NotUnderstood(f"nobody bought anything{f' in {currency}' if currency else ''} up to then: {there}")
    return wanted, unreadable
