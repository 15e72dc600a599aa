"""The raw side of the store's benchmark: the same rows, by each database's fastest way in and out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from ventanilla.adapters.store import postgres_database, sqlite
from ventanilla.adapters.store.codec import CATALOGUE
from ventanilla.adapters.store.schema import EVENTS, INSERT_CLAIM, INSERT_EVENT
from ventanilla.adapters.store.sqlite_pool import SETTINGS


class RawSqlite:
    """Bare SQLite with our settings and tables."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        for setting in SETTINGS:
            self.connection.execute(f"PRAGMA {setting}")
        for table in EVENTS:
            self.connection.execute(sqlite.DIALECT.say(table))

    def write(self, events: Sequence[Any], claims: Sequence[Any]) -> None:
        """Write both in one transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(INSERT_EVENT, events)
        self.connection.executemany(INSERT_CLAIM, claims)
        self.connection.execute("COMMIT")

    write_many = write

    def pages(self) -> Iterator[list[Any]]:
        """Read every row."""
        cursor = self.connection.execute("SELECT rowid, originator_id, topic, state FROM events ORDER BY rowid")
        while page := cursor.fetchmany(2_000):
            yield page

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()


class RawPostgres:
    """Bare psycopg with our tables and no lock."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("SET client_min_messages = warning")
        self.connection.execute("DROP SCHEMA IF EXISTS raw CASCADE")
        self.connection.execute("CREATE SCHEMA raw")
        self.connection.execute("SET search_path = raw")
        for table in EVENTS:
            self.connection.execute(postgres_database.DIALECT.say(table).encode())

    def write(self, events: Sequence[Any], claims: Sequence[Any]) -> None:
        """Write both in one transaction, by prepared inserts in one pipeline."""
        with self.connection.pipeline(), self.connection.transaction():
            cursor = self.connection.cursor()
            for row in claims:
                cursor.execute(INSERT_CLAIM.replace("?", "%s").encode(), row, prepare=True)
            for row in events:
                cursor.execute(INSERT_EVENT.replace("?", "%s").encode(), row, prepare=True)

    def write_many(self, events: Sequence[Any], claims: Sequence[Any]) -> None:
        """Write both in one transaction, by binary COPY."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for name, types, some in (
                ("claims (key, stream, version, events)", ("text", "text", "int8", "int8"), claims),
                (
                    "events (originator_id, originator_version, topic, state, recorded_at, actor, cause, allowed_by)",
                    ("text", "int8", "text", "bytea", "int8", "text", "text", "text"),
                    events,
                ),
            ):
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)".encode()) as copy:
                    copy.set_types(types)
                    for row in some:
                        copy.write_row(row)

    def pages(self) -> Iterator[list[Any]]:
        """Read every row, by a binary cursor in pages."""
        place = 0
        while page := self.connection.execute(
            "SELECT notification_id, originator_id, topic, state FROM events WHERE notification_id > %s "
            "ORDER BY notification_id LIMIT 5000", (place,), binary=True, prepare=True,
        ).fetchall():  # fmt: skip
            yield page
            place = page[-1][0]

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()


def read(raw: RawSqlite | RawPostgres) -> None:
    """Read every row, and do nothing with it."""
    for _ in raw.pages():
        pass


def decode(raw: RawSqlite | RawPostgres) -> None:
    """Read every row and decode it in the fastest way there is: no event knows whose it is, or where it stands."""
    decoders = {topic: msgspec.json.Decoder(list[kind]).decode for topic, kind in CATALOGUE.items()}  # type: ignore[valid-type]
    for page in raw.pages():
        documents: dict[str, list[bytes]] = {}
        for _, _, topic, state in page:
            documents.setdefault(topic, []).append(state)
        for topic, some in documents.items():
            decoders[topic](b"[" + b",".join(some) + b"]")
