"""The vault's rows, in the database of the log: sealed texts, keys, addresses, and who read or erased what.

All that is personal here is sealed: the rows are bytes to whoever lacks the key-encryption key. What seals and opens
them is :mod:`ventanilla.adapters.vault`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from ventanilla.adapters.store.database import Cursor, Database, select_in
from ventanilla.adapters.store.instants import instant, stamp
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


class PersonalRows:
    """The vault's rows, one by one: what a commit changes in them, :func:`change` does.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

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
        return {row[0]: _key(row) for row in select_in(self.database, statement, subjects)}

    def key(self, subject: str, number: int) -> SubjectKey | None:
        """Return one key; ``None`` if there is no such key, or no longer."""
        statement = "SELECT subject, number, epoch, wrapped FROM subject_keys WHERE subject = ? AND number = ?"
        rows = self.database.select(statement, (subject, number))
        return _key(rows[0]) if rows else None

    def erasures(self, subjects: Collection[str] | None = None) -> list[Erasure]:
        """Return what was erased, of all or of *subjects*, by person."""
        statement = "SELECT subject, request, erased_at, texts, addresses, keys, purged FROM erasures"
        if subjects is None:
            rows: Iterable[tuple[object, ...]] = self.database.select(f"{statement} ORDER BY subject")
        else:
            rows = select_in(self.database, f"{statement} WHERE subject IN ({{}})", subjects)
        names = ("subject", "request", "erased_at", "texts", "addresses", "keys", "purged")
        return [Erasure(**dict(zip(names, row, strict=True))) for row in rows]  # type: ignore[arg-type]

    def erasing_facts(self, subject: str | None = None) -> list[ErasingFact]:
        """Return the erasing events of the log, of all or of one person, by position; it has an index for them."""
        return self._facts(*(("originator_id = ?", (subject,)) if subject else ("1 = 1", ())))

    def not_carried_out(self) -> list[ErasingFact]:
        """Return the erasing events of persons of whom the vault has something, or knows nothing of the erasure.

        There are such when the vault's tables were restored from an older copy than the log.
        """
        return self._facts(
            "(NOT EXISTS (SELECT 1 FROM erasures WHERE subject = originator_id) "
            "OR EXISTS (SELECT 1 FROM subject_keys WHERE subject = originator_id) "
            "OR EXISTS (SELECT 1 FROM vault WHERE subject = originator_id) "
            "OR EXISTS (SELECT 1 FROM addresses WHERE addresses.stream = originator_id))"
        )

    def purge(self) -> bool:
        """Take the bytes of who was erased out of the database's files; return whether nothing is left to do."""
        waiting = self.database.select("SELECT subject FROM erasures WHERE purged = 0")
        if not waiting:
            return True
        if not self.database.purge():
            return False
        with self.database.write() as cursor:
            cursor.executemany("UPDATE erasures SET purged = 1 WHERE subject = ?", waiting)
        return True

    def epochs(self) -> set[str]:
        """Return the names of the epochs under whose keys a person's key is wrapped."""
        with self.database.write() as cursor:
            return epochs(cursor)

    def retired(self) -> set[str]:
        """Return the names of the epochs under whose keys nobody wraps any more."""
        with self.database.write() as cursor:
            return retired(cursor)

    def is_retired(self, epoch: str) -> bool:
        """Return whether nobody wraps under that epoch's key any more."""
        return bool(self.database.select("SELECT 1 FROM retired_epochs WHERE epoch = ?", (epoch,)))

    def wrapped_otherwise(self, epoch: str) -> int:
        """Return how many keys are wrapped under the key of another epoch."""
        ((count,),) = self.database.select("SELECT count(*) FROM subject_keys WHERE epoch <> ?", (epoch,))
        return int(count)

    def keys_after(self, place: tuple[str, int], epoch: str, limit: int) -> list[SubjectKey]:
        """Return up to *limit* keys wrapped under the key of another epoch, from the first past (subject, number)."""
        rows = self.database.select(
            "SELECT subject, number, epoch, wrapped FROM subject_keys "
            "WHERE (subject, number) > (?, ?) AND epoch <> ? ORDER BY subject, number LIMIT ?",
            (*place, epoch, limit),
        )
        return [_key(row) for row in rows]

    def replace_keys(self, keys: Sequence[tuple[SubjectKey, SubjectKey]]) -> bool:
        """Put new wrappings in place of those before; return False, with nothing done, if their epoch is retired.

        A key that was destroyed, or wrapped anew by somebody else, meanwhile stays so.
        """
        epochs = {after.epoch for _, after in keys}
        with self.database.write() as cursor:
            for epoch in epochs:
                cursor.execute("SELECT 1 FROM retired_epochs WHERE epoch = ?", (epoch,))
                if cursor.fetchall():
                    return False
            cursor.executemany(
                "UPDATE subject_keys SET epoch = ?, wrapped = ? WHERE subject = ? AND number = ? AND epoch = ?",
                [(new.epoch, new.wrapped, old.subject, old.number, old.epoch) for old, new in keys],
            )
        return True

    def keep_readings(self, readings: Collection[TextReading]) -> None:
        """Put *readings* on record."""
        with self.database.write() as cursor:
            cursor.executemany(
                "INSERT INTO readings (read_at, actor, allowed_by, subject, stream, version, field) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(stamp(r.at), r.actor, r.allowed_by, r.subject, r.stream, r.version, r.field) for r in readings],
            )

    def readings(self, subject: str) -> list[TextReading]:
        """Return who read what about a person, oldest first."""
        rows = self.database.select(
            "SELECT read_at, actor, allowed_by, subject, stream, version, field FROM readings "
            "WHERE subject = ? ORDER BY read_at, stream, version, field",
            (subject,),
        )
        names = ("actor", "allowed_by", "subject", "stream", "version", "field")
        return [TextReading(at=instant(row[0]), **dict(zip(names, row[1:], strict=True))) for row in rows]

    def address(self, blind: bytes) -> Address | None:
        """Return the address of that blind index; ``None`` if nobody has it."""
        rows = self.database.select("SELECT stream, identity FROM addresses WHERE blind = ?", (blind,))
        return Address(blind=blind, stream=str(rows[0][0]), identity=str(rows[0][1])) if rows else None

    def _facts(self, condition: str, values: Sequence[object] = ()) -> list[ErasingFact]:
        position = self.database.dialect.position
        rows = self.database.select(
            f"SELECT events.{position}, originator_id, topic, state FROM events "
            f"WHERE {ERASING} AND {condition} ORDER BY 1",
            values,
        )
        return [ErasingFact(position=row[0], stream=row[1], topic=row[2], state=row[3]) for row in rows]

    def _texts(self, condition: str, values: Sequence[object]) -> list[Sealed]:
        rows = self.database.select(
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
