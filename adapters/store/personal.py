"""The vault's rows, in the database of the log: sealed texts, keys, addresses, and who read or erased what.

All that is personal here is sealed: the rows are bytes to whoever lacks the key-encryption key. What seals and opens
them is :mod:`ventanilla.adapters.vault`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from ventanilla.adapters.store.database import Cursor, Database, select_in
from ventanilla.core.errors import Conflict

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
        keys BIGINT NOT NULL){rowless}""",
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
    """

    subject: str
    request: str
    erased_at: int
    texts: int = 0
    addresses: int = 0
    keys: int = 0


@frozen(kw_only=True)
class PersonalChanges:
    """What a commit changes in the vault, in the transaction of its events.

    Attributes:
        keys: New keys.
        texts: Sealed texts.
        linked: New addresses.
        unlinked: (stream, identity) of addresses that go.
        erased: Persons of whom everything goes; the counts are found out here.
    """

    keys: tuple[SubjectKey, ...] = ()
    texts: tuple[Sealed, ...] = ()
    linked: tuple[Address, ...] = ()
    unlinked: tuple[tuple[str, str], ...] = ()
    erased: tuple[Erasure, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.texts or self.linked or self.unlinked or self.erased)


def change(cursor: Cursor, changes: PersonalChanges) -> None:
    """Make *changes* in the transaction of *cursor*.

    Raises:
        Conflict: A key was destroyed, or a person erased, since the texts were sealed: seal them again.
    """
    for key in changes.keys:
        cursor.execute(
            "INSERT INTO subject_keys (subject, number, epoch, wrapped) SELECT ?, ?, ?, ? "
            "WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE subject = ?)",
            (key.subject, key.number, key.epoch, key.wrapped, key.subject),
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
    for stream, identity in changes.unlinked:
        cursor.execute("DELETE FROM addresses WHERE stream = ? AND identity = ?", (stream, identity))
    cursor.executemany(
        "INSERT INTO addresses (blind, stream, identity) VALUES (?, ?, ?)",
        [(address.blind, address.stream, address.identity) for address in changes.linked],
    )
    for erasure in changes.erased:
        erase(cursor, erasure)


def erase(cursor: Cursor, erasure: Erasure) -> None:
    """Destroy all that the vault has of a person, and note how much; again, it is idle."""
    counts = []
    for statement in (
        "DELETE FROM vault WHERE subject = ?",
        "DELETE FROM addresses WHERE stream = ?",
        "DELETE FROM subject_keys WHERE subject = ?",
    ):
        cursor.execute(statement, (erasure.subject,))
        counts.append(cursor.rowcount)
    cursor.execute(
        "INSERT INTO erasures (subject, request, erased_at, texts, addresses, keys) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (erasure.subject, erasure.request, erasure.erased_at, *counts),
    )


class PersonalRows:
    """Reads the vault's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def texts(self, stream: str, version: int) -> list[Sealed]:
        """Return the sealed texts of an event; empty if there are none, or no longer."""
        return self._texts("stream = ? AND version = ?", (stream, version))

    def texts_about(self, subject: str) -> list[Sealed]:
        """Return all sealed texts about a person, by stream and version."""
        return self._texts("subject = ?", (subject,))

    def keys(self, subjects: Collection[str]) -> Mapping[str, SubjectKey]:
        """Return the newest key of each of *subjects* that has one."""
        statement = (
            "SELECT subject, number, epoch, wrapped FROM subject_keys WHERE subject IN ({}) ORDER BY subject, number"
        )
        return {row[0]: _key(row) for row in select_in(self._database, statement, subjects)}

    def key(self, subject: str, number: int) -> SubjectKey | None:
        """Return one key; ``None`` if there is no such key, or no longer."""
        statement = "SELECT subject, number, epoch, wrapped FROM subject_keys WHERE subject = ? AND number = ?"
        rows = self._database.select(statement, (subject, number))
        return _key(rows[0]) if rows else None

    def erasures(self, subjects: Collection[str] | None = None) -> list[Erasure]:
        """Return what was erased, of all or of *subjects*, by person."""
        statement = "SELECT subject, request, erased_at, texts, addresses, keys FROM erasures"
        if subjects is None:
            rows: Iterable[tuple[object, ...]] = self._database.select(f"{statement} ORDER BY subject")
        else:
            rows = select_in(self._database, f"{statement} WHERE subject IN ({{}})", subjects)
        names = ("subject", "request", "erased_at", "texts", "addresses", "keys")
        return [Erasure(**dict(zip(names, row, strict=True))) for row in rows]  # type: ignore[arg-type]

    def customer(self, blind: bytes) -> str | None:
        """Return the stream of the customer with the address of that blind index; ``None`` if nobody has it."""
        rows = self._database.select("SELECT stream FROM addresses WHERE blind = ?", (blind,))
        return str(rows[0][0]) if rows else None

    def _texts(self, condition: str, values: Sequence[object]) -> list[Sealed]:
        rows = self._database.select(
            "SELECT stream, version, field, subject, sealed_with, digest, sealed FROM vault "
            f"WHERE {condition} ORDER BY stream, version, field",
            values,
        )
        names = ("stream", "version", "field", "subject", "sealed_with", "digest", "sealed")
        return [Sealed(**dict(zip(names, row, strict=True))) for row in rows]


def _key(row: Sequence[object]) -> SubjectKey:
    subject, number, epoch, wrapped = row
    return SubjectKey(subject=str(subject), number=int(str(number)), epoch=str(epoch), wrapped=bytes(wrapped))  # type: ignore[call-overload]


def _refuse_unchanged(cursor: Cursor, subject: str) -> None:
    if cursor.rowcount != 1:
        raise Conflict(f"the key of {subject} was destroyed meanwhile")
