"""From the instants of a source, as they are written there, to UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ventanilla.adapters.history.mapping import Instant


class Unreadable(ValueError):
    """An instant that cannot be.

    Attributes:
        rule: The stable name of what is wrong.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


def reader(how: Instant) -> Callable[[str], datetime | None]:
    """Return a function from text to an aware instant in UTC; ``None`` for an empty cell.

    The function raises :class:`Unreadable` for text of another form, for a local instant without a zone, for one
    that the clock skipped, and for one that occurred twice if the mapping refuses these.
    """
    parse = _parser(how.format)
    zone = ZoneInfo(how.zone) if how.zone else None
    empty = {"", *how.empty}
    fold = 1 if how.ambiguous == "second" else 0

    def read(text: str) -> datetime | None:
        if text in empty:
            return None
        try:
            instant = parse(text)
        except (ValueError, OverflowError) as error:
            raise Unreadable("instant.unreadable", f"is no instant of the form {how.format!r}") from error
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
        if zone is None:
            raise Unreadable("instant.no_zone", "has no time zone, and the mapping gives none")
        local = instant.replace(tzinfo=zone, fold=fold)
        # Only an instant that is skipped or occurs twice has two offsets.
        if local.utcoffset() != local.replace(fold=1 - fold).utcoffset():
            _refuse_odd(local, how)
        return local.astimezone(UTC)

    return read


def _refuse_odd(local: datetime, how: Instant) -> None:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Unreadable("instant.skipped", f"does not exist in {how.zone}: the clock was set forward over it")
    if how.ambiguous == "refuse":
        raise Unreadable("instant.ambiguous", f"occurred twice in {how.zone}: the clock was set back")


def _parser(form: str) -> Callable[[str], datetime]:
    match form:
        case "iso":
            return datetime.fromisoformat
        case "unix":
            return lambda text: datetime.fromtimestamp(float(text), UTC)
        case "unix_ms":
            return lambda text: datetime.fromtimestamp(float(text) / 1000, UTC)
        case _:
            return lambda text: datetime.strptime(text, form)  # noqa: DTZ007  # the zone is added by the caller
