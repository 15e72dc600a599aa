"""A channel is a way in: from the bytes that somebody delivered to the commands that they mean."""

from __future__ import annotations

import hashlib
import reprlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import Factory, field, frozen
from attrs.validators import deep_iterable, instance_of, is_callable, matches_re, optional

from ventanilla.core.commands import Command
from ventanilla.core.events import IdentityKind
from ventanilla.core.fields import utc

Known: TypeAlias = Callable[[IdentityKind, str], str | None]


def nobody(kind: IdentityKind, address: str) -> None:
    """Know nobody: what a delivery asks until a desk has taken it."""


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise TypeError(f"the headers are a {type(headers).__name__}, no mapping of names to texts")
    for name, value in headers.items():  # which are not shown: one may be a secret
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"a header is a {type(name).__name__} with a {type(value).__name__}: give both as text")
    return {name.lower(): value for name, value in headers.items()}


def _names(headers: Iterable[str]) -> tuple[str, ...]:
    names = () if isinstance(headers, str) or not isinstance(headers, Iterable) else tuple(headers)
    if headers != () and not (names and all(isinstance(name, str) for name in names)):
        raise TypeError(f"id_headers is no tuple of names but {reprlib.repr(headers)}")
    return tuple(name.lower() for name in names)


def _digest(delivery: Delivery) -> str:
    return hashlib.blake2b(delivery.body, digest_size=16).hexdigest()


@frozen(kw_only=True)
class Delivery:
    """What came in, as it came in.

    Attributes:
        body: The bytes.
        headers: What was said around them; names in lower case.
        received_at: When we got it: aware, UTC.
        id: Names it: the same delivery, sent again, has the same. To make ids of, where the sender gives none.
        known: Returns the id of the customer to whom a verified address is linked, ``None`` if it is nobody's; to be
            asked only where the channel vouches for the address. A desk puts itself here.

    Example:
        >>> from datetime import UTC, datetime
        >>> delivery = Delivery(body=b"hola", headers={"X-From": "7"}, received_at=datetime(2026, 1, 5, tzinfo=UTC))
        >>> delivery.headers["x-from"], delivery.known("phone", "+34600")
        ('7', None)
    """

    body: bytes = field(validator=instance_of(bytes), repr=lambda body: f"<{len(body):,} bytes>")
    headers: Mapping[str, str] = field(factory=dict, converter=_lower, repr=lambda headers: f"<{len(headers)}>")
    received_at: datetime = field(converter=utc)
    id: str = Factory(_digest, takes_self=True)
    known: Known = field(default=nobody, eq=False, repr=False)


Read: TypeAlias = Callable[[Delivery], Iterable[Command]]


@frozen(kw_only=True)
class Channel:
    """A way in.

    Attributes:
        name: Its name, in lower case: ``"sms"``.
        read: Returns what a delivery asks for, in order; nothing where it asks for nothing. It does no I/O and reads no
            clock. The desk says who asks: it puts the channel in place of whatever actor a command names. Raises
            :class:`~ventanilla.core.errors.NotUnderstood` at what makes no sense.
        samples: Deliveries as they really come, for the kit of :mod:`ventanilla.plugins.testing`.
        verify: Returns whether a delivery is from whom it should be: its signature, in constant time. ``None``: the
            host has seen to it.
        id_headers: The headers that tell one delivery from another with the same body: ``("webhook-id",)``.
    """

    name: str = field(validator=matches_re(r"[a-z0-9][a-z0-9._-]{0,63}"))
    read: Read = field(validator=is_callable())
    samples: tuple[Delivery, ...] = field(default=(), validator=deep_iterable(instance_of(Delivery)))
    verify: Callable[[Delivery], bool] | None = field(default=None, validator=optional(is_callable()))
    id_headers: tuple[str, ...] = field(default=(), converter=_names)

    def id_of(self, delivery: Delivery) -> str:
        """Return what names *delivery* among those of this channel."""
        told = hashlib.blake2b(delivery.body, digest_size=16, person=b"delivery")
        for name in self.id_headers:
            told.update(f"\0{name}\0{delivery.headers.get(name, '')}".encode("utf-8", "surrogatepass"))
        return told.hexdigest()
