"""Takes what a channel was sent: reads it by the plug-in, carries out what it asks for, and loses nothing.

Each command claims an idempotency key made of the channel and the delivery, so a delivery that is sent again gives the
first outcome again, also when we were stopped in its midst. What cannot be read, or may not happen, is put aside whole,
sealed, with the plug-in and the reason; whatever a plug-in does, its failure stays its own.
"""

from __future__ import annotations

import itertools
import json
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

import attrs
from attrs import frozen

from ventanilla.adapters.handling import Outcome
from ventanilla.adapters.vault import PutAside
from ventanilla.core.commands import Command, Open
from ventanilla.core.continuation import Contact
from ventanilla.core.errors import Conflict, DeskError, NotUnderstood, Refused, said
from ventanilla.core.events import IdentityKind
from ventanilla.core.recorded import Actor, Cause
from ventanilla.core.streams import is_ticket
from ventanilla.plugins.channel import Channel, Delivery
from ventanilla.plugins.logs import log

if TYPE_CHECKING:
    from ventanilla.adapters.desk import Desk

MAX_DELIVERY = 25 * 1024 * 1024
"""Bytes of one delivery: a mail with its files."""

MAX_COMMANDS = 1_000
"""Commands of one delivery: whoever yields more would yield for ever."""

SOURCE = "channel/"
"""Before a channel's name, where deliveries in quarantine say what they come from."""

PLUGIN = "plug-in/"
"""Before a plug-in's name, where rows in quarantine say which mapping did not take them."""


@frozen(kw_only=True)
class Delivered:
    """What became of a delivery.

    Attributes:
        id: Names it among those of its channel.
        outcomes: What its commands came to, in order; empty where it asked for nothing.
        aside: What was put aside; ``None``: it was taken. The commands before the one that was refused stay recorded.
    """

    id: str
    outcomes: tuple[Outcome, ...] = ()
    aside: PutAside | None = None

    @property
    def repeated(self) -> bool:
        """Whether it had been taken before."""
        return bool(self.outcomes) and all(outcome.repeated for outcome in self.outcomes)


def deliver(desk: Desk, name: str, delivery: Delivery) -> Delivered:
    """See :meth:`~ventanilla.adapters.desk.Desk.deliver`."""
    channel = desk.host.channel(name)
    if not isinstance(delivery, Delivery):
        raise TypeError(f"{type(delivery).__name__} is no delivery")
    if len(delivery.body) > MAX_DELIVERY:
        size = f"{len(delivery.body):,} bytes, {MAX_DELIVERY:,} at most"
        raise Refused("delivery.too_large", f"a delivery of {name} has {size}")
    if not _is_genuine(desk, channel, delivery):
        raise Refused("delivery.unverified", f"a delivery is not from whom the channel {name} expects it")
    known = _Known(desk)
    # What the plug-in has is its own: what is put aside is as it came, whatever was done to that.
    delivery, lent = (attrs.evolve(delivery, id=channel.id_of(delivery), known=known) for _ in range(2))
    key = f"delivery:{name}:{delivery.id}"
    if before := _first_outcomes(desk, key):
        return Delivered(id=delivery.id, outcomes=before)
    outcomes: list[Outcome] = []
    try:
        _handle(desk, channel, _read(desk, channel, lent, known), known, key, outcomes)
    except NotUnderstood as error:
        aside = _put_aside(desk, channel, delivery, key, "delivery.not_understood", str(error))
    except Refused as error:
        aside = _put_aside(desk, channel, delivery, key, error.rule, error.reason)
    except DeskError:
        raise  # the store's, nobody's: the host delivers it again
    except (Exception, SystemExit) as error:
        _blame(desk, channel, error)
        aside = _put_aside(desk, channel, delivery, key, "plugin.failed", said(error))
    else:
        if SOURCE + channel.name in desk.store.aside_by_source():  # it may be there from an earlier try
            desk.store.append((), recorded_at=desk.now(), released=[key])
        return Delivered(id=delivery.id, outcomes=tuple(outcomes))
    return Delivered(id=delivery.id, outcomes=tuple(outcomes), aside=aside)


def deliver_again(desk: Desk, name: str) -> list[Delivered]:
    """Try the deliveries of a channel that are in quarantine again; those that are taken now leave it."""
    tried: list[Delivered] = []
    for aside in desk.put_aside():
        if aside.source == SOURCE + name and aside.mapping.startswith(PLUGIN):
            delivery = _delivery(aside.row)
            try:
                delivered = deliver(desk, name, delivery)
            except Refused:  # by now it is not genuine: it stays where it is, and the others are tried
                delivered = Delivered(id=delivery.id, aside=aside)
            if delivered.aside is None:
                desk.store.append((), recorded_at=desk.now(), released=[aside.id])
            tried.append(delivered)
    return tried


class _Known:
    """Asks the desk whose a verified address is, and keeps in mind who was found: they are verified.

    Why it could not be asked is kept in mind, too, in case that the plug-in passes over it.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.found: set[str] = set()
        self.failed: DeskError | None = None

    def __call__(self, kind: IdentityKind, address: str) -> str | None:
        try:
            customer = self._desk.customer_of(kind=kind, address=address)
        except DeskError as error:
            self.failed = error
            raise
        if customer:
            self.found.add(customer)
        return customer


def _is_genuine(desk: Desk, channel: Channel, delivery: Delivery) -> bool:
    try:
        return channel.verify is None or channel.verify(attrs.evolve(delivery)) is True
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a broken guard keeps the door shut
        _blame(desk, channel, error)
        return False


def _read(desk: Desk, channel: Channel, delivery: Delivery, known: _Known) -> list[Command]:
    """Return what the plug-in makes of *delivery*.

    Raises:
        Refused: It does not understand it, or fails: whatever the error, it is the plug-in's.
        DeskError: The desk could not be asked whose an address is.
    """
    found: list[Command] = []
    try:
        found = _commands(channel, delivery)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if known.failed is None:
            raise _refusal(desk, channel, error) from error
    if known.failed is not None:
        raise known.failed
    return found


def _refusal(desk: Desk, channel: Channel, error: BaseException) -> Refused:
    if isinstance(error, NotUnderstood):
        return Refused("delivery.not_understood", said(error).partition(": ")[2] or "it gives no reason")
    _blame(desk, channel, error)
    return Refused("plugin.failed", said(error))


def _commands(channel: Channel, delivery: Delivery) -> list[Command]:
    found = list(itertools.islice(channel.read(delivery), MAX_COMMANDS + 1))
    if len(found) > MAX_COMMANDS:
        raise ValueError(f"more than {MAX_COMMANDS:,} commands of one delivery")
    for command in found:
        if not isinstance(command, get_args(Command)):
            raise TypeError(f"a {type(command).__name__} is no command")
    return found


def _handle(
    desk: Desk, channel: Channel, commands: Sequence[Command], known: _Known, key: str, outcomes: list[Outcome]
) -> None:
    """Carry *commands* out, one after the other, and add what each comes to to *outcomes*.

    A ticket that a verified customer opens may be one that goes on: then it is not opened, and the rest goes there.
    """
    # The last has the bare key: once that is claimed, the whole was taken.
    keys = [f"{key}:{number}" for number in range(len(commands) - 1)] + [key]
    claimed = desk.store.claimed(keys) if commands else {}
    into = {
        command.stream: claimed[key].stream
        for command, key in zip(commands, keys, strict=False)
        if key in claimed and is_ticket(command.stream)
    }
    actor = Actor("channel", channel.name, via="signature" if channel.verify else "host")
    cause = Cause("delivery", key.removeprefix("delivery:"))
    for command, own_key in zip(commands, keys, strict=False):
        stream = command.stream
        if isinstance(command, Open) and command.customer in known.found and stream not in into:
            into[stream] = _going_on(desk, command) or stream
        goes_to = into.get(stream, stream)
        if isinstance(command, Open) and goes_to != stream:
            continue
        outcomes.append(desk.handle(_addressed(command, goes_to, actor, cause), key=own_key))


def _going_on(desk: Desk, opens: Open) -> str | None:
    customer = opens.customer or ""
    return desk.continued(Contact(customer=customer, channel=opens.channel, at=opens.at))


def _addressed(command: Command, stream: str, actor: Actor, cause: Cause) -> Command:
    """Return *command* as the channel's own: whom a payload claims to speak for is nothing to us."""
    changes: dict[str, Any] = {"actor": actor, "cause": cause}
    if stream != command.stream:
        changes["ticket"] = stream
    return attrs.evolve(command, **changes)


def _first_outcomes(desk: Desk, key: str) -> tuple[Outcome, ...]:
    """Return what the commands of a delivery came to when it was taken; empty if it was not."""
    last = desk.first_outcome(key)
    if last is None:
        return ()
    numbered = [f"{key}:{number}" for number in range(MAX_COMMANDS)]
    claimed = desk.store.claimed(numbered)
    before = (desk.first_outcome(one) for one in numbered if one in claimed)
    return (*(outcome for outcome in before if outcome), last)


def _blame(desk: Desk, channel: Channel, error: BaseException) -> None:
    # Without its message: the plug-in has seen the delivery, and may repeat what is personal in it.
    where = traceback.format_tb(error.__traceback__)[-1].strip()
    plugin = desk.host.owner("channel", channel.name)
    log("plugins").error("plugin.failed", plugin=plugin, channel=channel.name, error=type(error).__name__, at=where)


def _put_aside(desk: Desk, channel: Channel, delivery: Delivery, key: str, rule: str, reason: str) -> PutAside:
    """Keep *delivery* whole, sealed; it is logged by what it broke, never by what it says."""
    plugin = desk.host.owner("channel", channel.name)
    aside = PutAside(
        id=key,
        source=SOURCE + channel.name,
        line=0,
        mapping=PLUGIN + plugin,
        row=_row(delivery),
        column=None,
        value=None,
        rule=rule,
        reason=f"plug-in {plugin}: {reason}".encode("utf-8", "backslashreplace").decode(),
    )
    for last in (False, True):
        sealed, changes = desk.vault.seal_rows([aside])
        try:
            # What is there from an earlier try goes in the same transaction: today's reason holds.
            desk.store.append((), recorded_at=desk.now(), aside=sealed, released=[key], changes=changes)
            break
        except Conflict:  # another process has destroyed the source's key, with all that was put aside of it
            if last:
                raise
            desk.vault.forget()
    log("channels").warning("delivery.put_aside", channel=channel.name, plugin=plugin, delivery=delivery.id, rule=rule)
    return aside


def _row(delivery: Delivery) -> str:
    # Latin 1 has a character for each byte, and JSON an escape for each of those.
    kept = {
        "body": delivery.body.decode("latin-1"),
        "headers": dict(delivery.headers),
        "received_at": delivery.received_at.isoformat(),
    }
    return json.dumps(kept)


def _delivery(row: str) -> Delivery:
    kept = json.loads(row)
    return Delivery(
        body=kept["body"].encode("latin-1"),
        headers=kept["headers"],
        received_at=datetime.fromisoformat(kept["received_at"]),
    )
