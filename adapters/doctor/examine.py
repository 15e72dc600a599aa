"""The whole examination, in one look at the database: others may go on writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from ventanilla.adapters.doctor import settings
from ventanilla.adapters.doctor.events import Examination
from ventanilla.adapters.doctor.finding import Finding, Findings
from ventanilla.adapters.doctor.rows import look_at_claims, look_at_keys, look_for_orphans
from ventanilla.adapters.doctor.schema import look_at_gaps, look_at_schema
from ventanilla.adapters.store import Store
from ventanilla.adapters.store.database import Snapshot
from ventanilla.adapters.store.schema import FORMAT
from ventanilla.adapters.store.url import database_path, is_server, open_store
from ventanilla.adapters.vault.keyring import KeyRing, default_keys
from ventanilla.core.errors import Unavailable

_STEP = 1_000


def examine(
    url: str, *, keys: KeyRing | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Finding]:
    """Return what is wrong with the desk at *url*; empty if nothing is.

    Args:
        url: The desk's address.
        keys: The vault's key-encryption keys; ``None``: where a desk looks for them.
        progress: Told the rows done and the rows in all.

    Raises:
        Unavailable: There is no desk there.
    """
    found = Findings()
    path = None if is_server(url) else database_path(url)
    if path is not None:
        if not path.is_file():
            raise Unavailable(f"there is no desk at {path}: `ventanilla init` makes one")
        settings.look_at_version(sqlite3.sqlite_version_info, found)
        if not settings.look_at_file(path, found):
            return found.all()
    store, path = open_store(url, create=False)
    with closing(store):
        ring = keys or default_keys(path, server=is_server(url))
        try:
            with store.database.snapshot() as snapshot:
                _look(store, snapshot, ring, found, progress)
                if path is not None:
                    settings.look_at_view(path, *_identity(snapshot, store), found)
                elif is_server(url):
                    settings.look_at_view_beside(snapshot, *_identity(snapshot, store), found)
        except Unavailable as error:
            found.add("database.unreadable", f"the examination broke off: {error}")
    return found.all()


def _look(
    store: Store, snapshot: Snapshot, ring: KeyRing, found: Findings, progress: Callable[[int, int], None]
) -> None:
    look = settings.look_at_postgres if store.database.dialect.name == "postgresql" else settings.look_at_sqlite
    look(snapshot, found)
    look_at_schema(snapshot, store.database.dialect, found)
    if store.database.dialect.name == "sqlite":
        look_at_gaps(snapshot, found)
    _look_at_desk(snapshot, store, found)
    done = 0
    total = sum(next(snapshot.rows(f"SELECT count(*) FROM {name}"))[0] for name in ("events", "claims", "subject_keys"))

    def step() -> None:
        nonlocal done
        done += 1
        if done % _STEP == 0:
            progress(done, total)

    Examination(snapshot, store.database.dialect.position, found, step).run()
    look_at_claims(snapshot, found, step)
    look_at_keys(snapshot, ring, _identity(snapshot, store)[0], found, step)
    look_for_orphans(snapshot, found)
    progress(total, total)


def _look_at_desk(snapshot: Snapshot, store: Store, found: Findings) -> None:
    rows = list(snapshot.rows("SELECT id, format FROM desk"))
    if [format_ for _, format_ in rows] != [FORMAT] or not rows[0][0]:
        found.add("desk.identity", f"the table desk should have one row with an id and format {FORMAT}: {rows}")
    if not store.database.dialect.given:
        return
    _, head = _identity(snapshot, store)
    given = next(snapshot.rows(store.database.dialect.given))[0] or 0
    if given < head:
        said = f"position {given + 1:,} is the next to be given out, and the log has come to {head:,} already"
        found.add("position.next", said)


def _identity(snapshot: Snapshot, store: Store) -> tuple[str, int]:
    log = next(snapshot.rows("SELECT id FROM desk"), ("",))[0]
    head = next(snapshot.rows(f"SELECT max({store.database.dialect.position}) FROM events"))[0]
    return str(log), int(head or 0)
