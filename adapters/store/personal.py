"""The vault's rows, in the database of the log: sealed texts, keys, addresses, and who read or erased what.

All that is personal here is sealed: the rows are bytes to whoever lacks the key-encryption key. What seals and opens
them is :mod:`ventanilla.adapters.vault`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from attrs import frozen

from ventanilla.adapters.store.database import Cursor
from ventanilla.core.errors import Conflict
from ventanilla.core.events import AgentErased, CustomerErased

ERASING = f"topic IN ('{CustomerErased.TOPIC}', '{AgentErased.TOPIC}')"
QUARANTINE = "quarantine/"
"""Before the name of a source whose bad rows are kept: its key is destroyed when the last of them goes."""

# NOTE: storage format.
TABLES = (
    """CREATE TABLE IF NOT EXISTS vault (
        stream {text} NOT NULL,
        version BIGINT NOT NULL,
        field {text} NOT NULL,
        subject {text} NOT NULL,
        sealed_with BIGINT NOT NULL,
        digest {text} NOT NULL,
        sealed {blob} NOT NULL,
        PRIMARY KEY (stream, version, field)){rowless}""",
    "CREATE INDEX IF NOT EXISTS vault_by_subject ON vault (subject)",
    """CREATE TABLE IF NOT EXISTS subject_keys (
        subject {text} NOT NULL,
        number BIGINT NOT NULL,
        epoch {text} NOT NULL,
        wrapped {blob} NOT NULL,
        PRIMARY KEY (subject, number)){rowless}""",
    """CREATE TABLE IF NOT EXISTS addresses (
        blind {blob} PRIMARY KEY,
        stream {text} NOT NULL,
        identity {text} NOT NULL,
        UNIQUE (stream, identity)){rowless}""",
    """CREATE TABLE IF NOT EXISTS erasures (
        subject {text} PRIMARY KEY,
        request {text} NOT NULL,
        erased_at BIGINT NOT NULL,
        texts BIGINT NOT NULL,
        addresses BIGINT NOT NULL,
        keys BIGINT NOT NULL,
        purged BIGINT NOT NULL){rowless}""",
    f"CREATE INDEX IF NOT EXISTS events_erasing ON events (originator_id) WHERE {ERASING}",
    """CREATE TABLE IF NOT EXISTS retired_epochs (epoch {text} PRIMARY KEY){rowless}""",
    """CREATE TABLE IF NOT EXISTS readings (
        read_at BIGINT NOT NULL,
        actor {text} NOT NULL,
        allowed_by {text} NOT NULL,
        subject {text} NOT NULL,
        stream {text} NOT NULL,
        version BIGINT NOT NULL,
        field {text} NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS readings_by_subject ON readings (subject)",
)


@frozen(kw_only=True)
class Sealed:
    """A personal text as the vault keeps it.

    Attributes:
        stream: The stream of the event that it belongs to.
        version: The event's version.
        field: The event's field.
        subject: The stream of the person whom it is about.
        sealed_with: The number of that person's key.
        digest: SHA-256 of *sealed*, hexadecimal; the event holds the same.
        sealed: The sealed text: nonce, ciphertext, tag.
    """

    stream: str
    version: int
    field: str
    subject: str
    sealed_with: int
    digest: str
    sealed: bytes


@frozen(kw_only=True)
class SubjectKey:
    """A person's key, wrapped under a key-encryption key.

    Attributes:
        subject: Whose: a customer's or an agent's stream, or a name of the vault's own.
        number: Which of theirs: 1, 2, …
        epoch: The name of the key-encryption key.
        wrapped: The key, wrapped by AES-KW (RFC 3394).
    """

    subject: str
    number: int
    epoch: str
    wrapped: bytes


@frozen(kw_only=True)
class Address:
    """A verified address of a customer, found by its blind index and never readable here.

    Attributes:
        blind: The keyed digest of the address.
        stream: The customer's stream.
        identity: The link's own id.
    """

    blind: bytes
    stream: str
    identity: str


@frozen(kw_only=True)
class Erasure:
    """What was destroyed of a person.

    Attributes:
        subject: The person's stream.
        request: The id of the request.
        erased_at: When: microseconds since 1970, UTC.
        texts: How many texts.
        addresses: How many addresses.
        keys: How many keys.
        purged: Whether the bytes are out of the database's files, too.
    """

    subject: str
    request: str
    erased_at: int
    texts: int = 0
    addresses: int = 0
    keys: int = 0
    purged: int = 0


@frozen(kw_only=True)
class ErasingFact:
    """The event that says that a person was erased, as it lies in the log."""

    position: int
    stream: str
    topic: str
    state: bytes


@frozen(kw_only=True)
class TextReading:
    """That a personal text was read.

    Attributes:
        at: When.
        actor: Who read it, as ``kind:id``.
        allowed_by: The grant that allowed it.
        subject: The stream of the person whom it is about.
        stream: The stream of the event that it belongs to.
        version: The event's version.
        field: The event's field.
    """

    at: datetime
    actor: str
    allowed_by: str
    subject: str
    stream: str
    version: int
    field: str


@frozen(kw_only=True)
class PersonalChanges:
    """What a commit changes in the vault, in the transaction of its events.

    Attributes:
        keys: New keys.
        texts: Sealed texts.
        linked: New addresses.
        unlinked: (stream, identity) of addresses that go.
        erased: Persons of whom everything goes; the counts are found out here.
        needs: (subject, number) of keys that were used and must still be there.
    """

    keys: tuple[SubjectKey, ...] = ()
    texts: tuple[Sealed, ...] = ()
    linked: tuple[Address, ...] = ()
    unlinked: tuple[tuple[str, str], ...] = ()
    erased: tuple[Erasure, ...] = ()
    needs: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.texts or self.linked or self.unlinked or self.erased or self.needs)


NO_CHANGES = PersonalChanges()
"""What nearly every commit changes in the vault: nothing."""


def change(cursor: Cursor, changes: PersonalChanges) -> None:
    """Make *changes* in the transaction of *cursor*.

    Raises:
        Conflict: A key was destroyed, an epoch retired or a person erased since the texts were sealed, or an address
            is linked already: try again.
    """
    for key in changes.keys:
        cursor.execute(
            "INSERT INTO subject_keys (subject, number, epoch, wrapped) SELECT ?, ?, ?, ? "
            "WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE subject = ?) "
            "AND NOT EXISTS (SELECT 1 FROM retired_epochs WHERE epoch = ?)",
            (key.subject, key.number, key.epoch, key.wrapped, key.subject, key.epoch),
        )
        _refuse_unchanged(cursor, key.subject)
    for text in changes.texts:
        # Under a key that is still there: whoever holds a copy of a destroyed key must not write with it.
        cursor.execute(
            "INSERT INTO vault (stream, version, field, subject, sealed_with, digest, sealed) "
            "SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM subject_keys WHERE subject = ? AND number = ?)",
            (
                text.stream, text.version, text.field, text.subject, text.sealed_with, text.digest, text.sealed,
                text.subject, text.sealed_with,
            ),
        )  # fmt: skip
        _refuse_unchanged(cursor, text.subject)
    for subject, number in changes.needs:
        cursor.execute("SELECT 1 FROM subject_keys WHERE subject = ? AND number = ?", (subject, number))
        if not cursor.fetchall():
            raise Conflict(f"the key of {subject} was destroyed meanwhile")
    for stream, identity in changes.unlinked:
        cursor.execute("DELETE FROM addresses WHERE stream = ? AND identity = ?", (stream, identity))
    cursor.executemany(
        "INSERT INTO addresses (blind, stream, identity) VALUES (?, ?, ?)",
        [(address.blind, address.stream, address.identity) for address in changes.linked],
    )
    for erasure in changes.erased:
        erase(cursor, erasure)


def erase(cursor: Cursor, erasure: Erasure) -> None:
    """Destroy all that the vault has of a person, and note how much the first time."""
    counts = []
    for statement in (
        "DELETE FROM vault WHERE subject = ?",
        "DELETE FROM addresses WHERE stream = ?",
        "DELETE FROM subject_keys WHERE subject = ?",
    ):
        cursor.execute(statement, (erasure.subject,))
        counts.append(cursor.rowcount)
    cursor.execute(
        "INSERT INTO erasures (subject, request, erased_at, texts, addresses, keys, purged) "
        "VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (subject) DO UPDATE SET purged = 0",
        (erasure.subject, erasure.request, erasure.erased_at, *counts),
    )


def drop_idle_keys(cursor: Cursor) -> None:
    """Destroy the keys of sources of which no row is in quarantine any more."""
    cursor.execute(
        "DELETE FROM subject_keys WHERE subject >= ? AND subject < ? "
        "AND NOT EXISTS (SELECT 1 FROM quarantine WHERE ? || source = subject)",
        (QUARANTINE, QUARANTINE[:-1] + chr(ord("/") + 1), QUARANTINE),
    )


def epochs(cursor: Cursor) -> set[str]:
    """Return the names of the epochs under whose keys a person's key is wrapped."""
    cursor.execute("SELECT DISTINCT epoch FROM subject_keys")
    return {str(row[0]) for row in cursor.fetchall()}


def retired(cursor: Cursor) -> set[str]:
    """Return the names of the epochs under whose keys nobody wraps any more."""
    cursor.execute("SELECT epoch FROM retired_epochs")
    return {str(row[0]) for row in cursor.fetchall()}


def retire(cursor: Cursor, names: Collection[str]) -> None:
    """Let nobody wrap under the keys of the epochs *names* any more."""
    cursor.executemany(
        "INSERT INTO retired_epochs (epoch) VALUES (?) ON CONFLICT DO NOTHING", [(name,) for name in names]
    )


def _refuse_unchanged(cursor: Cursor, subject: str) -> None:
    if cursor.rowcount != 1:
        raise Conflict(f"the key of {subject} was destroyed meanwhile")
