"""Reads the vault's rows, and keeps what is no part of a commit: readings, epochs, what is still to be cleaned up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ventanilla.adapters.store.database import Database, select_in
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.adapters.store.personal import (
    ERASING,
    Address,
    ErasingFact,
    Erasure,
    Sealed,
    SubjectKey,
    TextReading,
    epochs,
    retired,
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

    def any_key(self) -> SubjectKey | None:
        """Return one of the keys, whosever; ``None`` if there is none."""
        rows = self.database.select("SELECT subject, number, epoch, wrapped FROM subject_keys LIMIT 1")
        return _key(rows[0]) if rows else None

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
