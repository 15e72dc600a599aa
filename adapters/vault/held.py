"""All that is held on a person, to be handed to them: facts, texts and addresses, and nobody else's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
import msgspec
from attrs import frozen

from ventanilla.core.events import CustomerErased, IdentityLinked, IdentityUnlinked
from ventanilla.core.fields import Personal, personal_fields
from ventanilla.core.recorded import Recorded, Unreadable


@frozen(kw_only=True)
class HeldEvent:
    """An event about a person.

    Attributes:
        recorded: The event, with all that is recorded around it.
        texts: Those of its personal texts that are about them, by field.
    """

    recorded: Recorded
    texts: Mapping[str, str]


@frozen(kw_only=True)
class HeldAddress:
    """An address that is linked to a person.

    Attributes:
        identity: The link's id.
        kind: Of which sort.
        provider: Where it is one; ``None`` where that says nothing.
        address: The address; ``None`` if none was kept.
    """

    identity: str
    kind: str
    provider: str | None
    address: str | None


@frozen(kw_only=True)
class Held:
    """All that is held on a person.

    Attributes:
        subject: The person's stream.
        events: What happened to them and on their tickets, and whatever else has a text about them, by position.
        addresses: The addresses that are linked to them.
        unreadable: What is there and cannot be read, by position: written by a later version, or damaged.
    """

    subject: str
    events: Sequence[HeldEvent]
    addresses: Sequence[HeldAddress]
    unreadable: Sequence[Unreadable] = ()

    def lines(self) -> Iterator[str]:
        """Return it as JSON Lines: first the addresses, then an event a line, at last what cannot be read."""
        for address in self.addresses:
            yield _line({"what": "address", "of": self.subject, **attrs.asdict(address)})
        for held in self.events:
            recorded, event = held.recorded, held.recorded.event
            hidden = personal_fields(type(event))
            facts = {f.name: getattr(event, f.name) for f in attrs.fields(type(event)) if f.name not in hidden}
            around = attrs.asdict(recorded, filter=lambda field, _: field.name != "event")
            yield _line({"what": "event", "topic": event.TOPIC, **around, "facts": facts, "texts": held.texts})
        for one in self.unreadable:
            yield _line({"what": "unreadable", **attrs.asdict(one)})


def references(recorded: Recorded, of: str | None = None) -> dict[str, Personal]:
    """Return what an event says of its personal texts, of all or of those about one person, by field."""
    found = {name: getattr(recorded.event, name) for name in personal_fields(type(recorded.event))}
    return {name: said for name, said in found.items() if said is not None and of in (None, said.of)}


def linked_addresses(events: Sequence[HeldEvent], stream: str) -> list[HeldAddress]:
    """Return the addresses that *events* on a customer's own *stream* leave linked."""
    found: dict[str, HeldAddress] = {}
    for held in events:
        match held.recorded.event:
            case IdentityLinked() as event if held.recorded.stream == stream:
                found[event.identity] = HeldAddress(
                    identity=event.identity,
                    kind=event.kind,
                    provider=event.provider,
                    address=held.texts.get("address"),
                )
            case IdentityUnlinked() as event:
                found.pop(event.identity, None)
            case CustomerErased():
                found.clear()
            case _:
                pass
    return list(found.values())


def _line(value: Mapping[str, object]) -> str:
    return msgspec.json.encode(value).decode() + "\n"
