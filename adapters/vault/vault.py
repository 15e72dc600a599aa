"""Seals personal text on its way into the database, and opens it for those who may read.

Each person has a key of their own (AES-256-GCM), wrapped (AES-KW) under the host's key-encryption key. What is sealed
is bound to its place by associated data: it opens nowhere else. The log keeps a digest of the sealed bytes, so that an
auditor can prove what was recorded without a key.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import attrs
from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ventanilla.adapters.store.instants import stamp
from ventanilla.adapters.store.limits import refuse_large_text
from ventanilla.adapters.store.personal import QUARANTINE, Address, Erasure, PersonalChanges, Sealed, SubjectKey
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.adapters.store.port import SealedRow
from ventanilla.adapters.vault import epochs
from ventanilla.adapters.vault.index import blind
from ventanilla.adapters.vault.keyring import KeyRing
from ventanilla.adapters.vault.keys import SubjectKeys
from ventanilla.core.errors import Refused, Unavailable
from ventanilla.core.events import AgentErased, CustomerErased, Event, IdentityLinked, IdentityUnlinked
from ventanilla.core.fields import Personal, personal_fields

_NONCE = 12
_FORMAT = 1
_FIELDS: dict[type[Event], tuple[str, ...]] = {cls: names for cls in get_args(Event) if (names := personal_fields(cls))}


@frozen(kw_only=True)
class PutAside:
    """A row that could not be taken, kept whole so that nothing is lost.

    Attributes:
        id: The idempotency key that the row would have claimed; the same bad row is kept once.
        source: The file it came from.
        line: The row's last line in that file, the header being line 1.
        mapping: The name of the mapping that did not take it.
        row: The row itself, as JSON text.
        column: The column to blame; ``None`` for the row as a whole.
        value: What stands there; ``None`` for the row as a whole.
        rule: The stable name of what it broke: ``"instant.unreadable"``, ``"resolve.before_opened"``.
        reason: Why, in words.
    """

    id: str
    source: str
    line: int
    mapping: str
    row: str
    column: str | None
    value: str | None
    rule: str
    reason: str


class Vault:
    """The vault of one log.

    Args:
        rows: Its rows in the database.
        ring: The key-encryption keys.
        log: The log's id: what is sealed for one log opens in no other.
    """

    def __init__(self, rows: PersonalRows, ring: KeyRing, log: str) -> None:
        self._rows = rows
        self._ring = ring
        self._log = log
        self._keys = SubjectKeys(rows, ring)

    def seal(self, events: Sequence[Event], stream: str, version: int) -> tuple[tuple[Event, ...], PersonalChanges]:
        """Return *events* with references in place of personal texts, and what that changes in the vault.

        Args:
            events: What is about to be recorded.
            stream: Their stream.
            version: The stream's version before.

        Raises:
            Refused: A text is about a person who was erased, or is too large; an address is somebody's already.
            Unavailable: There is no key to seal it with.
        """
        found = [
            (number, event, name, value)
            for number, event in enumerate(events, version + 1)
            for name in _FIELDS.get(type(event), ())
            if (value := getattr(event, name)) is not None
        ]
        erased = tuple(
            Erasure(subject=stream, request=event.request, erased_at=stamp(event.at))
            for event in events
            if isinstance(event, CustomerErased | AgentErased)
        )
        unlinked = tuple((stream, event.identity) for event in events if isinstance(event, IdentityUnlinked))
        if not found:
            return tuple(events), PersonalChanges(erased=erased, unlinked=unlinked)
        keys, new = self._keys.of({value.of for *_, value in found})
        linked, index = self._linked(events, stream)
        texts: list[Sealed] = []
        references: dict[int, dict[str, Personal]] = {}
        for number, _, name, value in found:
            refuse_large_text(value.of, value.length)
            key_number, key = keys[value.of]
            sealed = self._close(key, value.text.encode(), stream, number, name)
            digest = hashlib.sha256(sealed).hexdigest()
            texts.append(
                Sealed(
                    stream=stream,
                    version=number,
                    field=name,
                    subject=value.of,
                    sealed_with=key_number,
                    digest=digest,
                    sealed=sealed,
                )
            )
            references.setdefault(number, {})[name] = Personal(None, of=value.of, digest=digest, length=value.length)
        bare = [
            attrs.evolve(event, **changed) if (changed := references.get(number)) else event  # type: ignore[arg-type]
            for number, event in enumerate(events, version + 1)
        ]
        return tuple(bare), PersonalChanges(
            keys=(*new, *index), texts=tuple(texts), linked=linked, unlinked=unlinked, erased=erased
        )

    def open(self, references: Mapping[str, Personal], texts: Sequence[Sealed]) -> Mapping[str, str]:
        """Return the texts of one event by field; those of a person who was erased are left out.

        Args:
            references: What the event says of them, by field.
            texts: What the vault has at its place.

        Raises:
            Unavailable: A text is not what was recorded, or is gone though nobody was erased; or the key-encryption
                key is not there.
        """
        opened: dict[str, str] = {}
        for text in texts:
            said = references.get(text.field)
            place = (text.stream, text.version, text.field)
            same = said and (said.of, said.digest) == (text.subject, hashlib.sha256(text.sealed).hexdigest())
            if not same:
                raise _changed(*place)
            if key := self._keys.one(text.subject, text.sealed_with):
                opened[text.field] = self._read(key, text.sealed, *place).decode()
        gone = {said.of for name, said in references.items() if name not in opened}
        if gone and (lost := gone - {erasure.subject for erasure in self._rows.erasures(gone)}):
            raise Unavailable(
                f"the vault lacks a text about {min(lost)}, who was not erased: was the log copied without its vault?"
            )
        return opened

    def customer_of(self, kind: str, address: str, provider: str | None) -> str | None:
        """Return the stream of the customer to whom an address is linked; ``None`` if it is nobody's."""
        key = self._keys.index()
        digest = blind(key, kind, provider, address) if key else None
        found = self._rows.address(digest) if digest else None
        return found.stream if found else None

    def new_epoch(self, progress: Callable[[int, int], None] = lambda _, __: None) -> epochs.Epoch:
        """Begin an epoch and end those before it: see :func:`ventanilla.adapters.vault.epochs.new_epoch`."""
        return epochs.new_epoch(self._rows, self._ring, progress)

    def seal_rows(self, rows: Sequence[PutAside]) -> tuple[list[SealedRow], PersonalChanges]:
        """Return *rows* sealed, and the keys that are new for it."""
        keys, new = self._keys.of({QUARANTINE + row.source for row in rows}, reborn=True)
        sealed: list[SealedRow] = []
        for row in rows:
            number, key = keys[QUARANTINE + row.source]
            content = json.dumps([row.row, row.value, row.reason], ensure_ascii=False).encode()
            sealed.append(
                SealedRow(
                    id=row.id,
                    source=row.source,
                    line=row.line,
                    mapping=row.mapping,
                    column=row.column,
                    rule=row.rule,
                    sealed_with=number,
                    sealed=self._close(key, content, QUARANTINE + row.source, row.line, row.id),
                )
            )
        needs = tuple((subject, number) for subject, (number, _) in keys.items())
        return sealed, PersonalChanges(keys=new, needs=needs)

    def open_rows(self, rows: Sequence[SealedRow]) -> list[PutAside]:
        """Return *rows* opened, in their order.

        Raises:
            Unavailable: One was changed, or the key-encryption key is not there.
        """
        opened: list[PutAside] = []
        for sealed in rows:
            subject = QUARANTINE + sealed.source
            key = self._keys.one(subject, sealed.sealed_with)
            if key is None:
                raise Unavailable(f"the key of the rows put aside from {sealed.source} is gone: drop them")
            content = self._read(key, sealed.sealed, subject, sealed.line, sealed.id)
            row, value, reason = json.loads(content)
            opened.append(
                PutAside(
                    id=sealed.id,
                    source=sealed.source,
                    line=sealed.line,
                    mapping=sealed.mapping,
                    row=row,
                    column=sealed.column,
                    value=value,
                    rule=sealed.rule,
                    reason=reason,
                )
            )
        return opened

    def belong_to(self, log: str) -> None:
        """Seal and open for the log called *log* from now on."""
        self._log = log
        self.forget()

    def forget(self) -> None:
        """Forget the keys at hand: another process may have destroyed one."""
        self._keys.forget()

    def _linked(self, events: Sequence[Event], stream: str) -> tuple[tuple[Address, ...], tuple[SubjectKey, ...]]:
        """Return the addresses that become findable, and the key of the index if it had to be made."""
        new: tuple[SubjectKey, ...] = ()
        linked: list[Address] = []
        for event in events:
            if not isinstance(event, IdentityLinked) or event.address is None:
                continue
            key = self._keys.index()
            if key is None:
                key, made = self._keys.new_index()
                new = (made,)
            digest = blind(key, event.kind, event.provider, event.address.text)
            if digest is None:
                raise Refused("linkidentity.empty", f"the {event.kind} of {event.identity} has nothing to tell it by")
            if there := self._rows.address(digest):
                raise _taken(event, stream, there)
            linked.append(Address(blind=digest, stream=stream, identity=event.identity))
        return tuple(linked), new

    def _close(self, key: AESGCM, content: bytes, *place: Any) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + key.encrypt(nonce, content, _bound(self._log, place))

    def _read(self, key: AESGCM, sealed: bytes, *place: Any) -> bytes:
        try:
            return _opened(key, sealed, self._log, place)
        except InvalidTag as error:
            raise _changed(*place) from error


def opens(key: bytes, sealed: bytes, log: str, place: Sequence[Any]) -> bool:
    """Return whether the bare *key* opens what was *sealed* for that *place* of the log called *log*."""
    try:
        _opened(AESGCM(key), sealed, log, place)
    except (InvalidTag, ValueError):
        return False
    return True


def _opened(key: AESGCM, sealed: bytes, log: str, place: Sequence[Any]) -> bytes:
    return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(log, place))


def _bound(log: str, place: Sequence[Any]) -> bytes:
    return json.dumps([_FORMAT, log, *place]).encode()


def _changed(stream: str, version: int, field: str) -> Unavailable:
    return Unavailable(f"what is sealed at {stream} {version} {field} was changed, or moved there")


def _taken(event: IdentityLinked, stream: str, there: Address) -> Refused:
    if there.stream == stream:
        return Refused("linkidentity.exists", f"{stream} has this {event.kind} already, as identity {there.identity!r}")
    return Refused(
        "linkidentity.taken",
        f"this {event.kind} is {there.stream}'s, as identity {there.identity!r}: merge the two if they are one person, "
        "or unlink it there first",
    )
