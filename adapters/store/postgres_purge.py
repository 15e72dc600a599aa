"""Takes what opens an erased person's texts out of the files of a PostgreSQL server.

VACUUM leaves old bytes in the free space of a page; only VACUUM FULL writes all pages anew, and everybody waits for it.
The tables with keys and addresses are small enough for that, the vault is not: what its free space may keep of sealed
texts is opened by no key. Write-ahead logs and backups keep old pages until the epoch of keys is over.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.rows import TupleRow


def purge(connection: psycopg.Connection[TupleRow]) -> bool:
    """Return whether the keys and addresses that were deleted are out of the files.

    They are not while somebody may still see them, or where the tables are not ours to clean up.
    """
    if not _is_past_all(connection):
        return False
    before = _files(connection)
    connection.execute("SELECT set_config('lock_timeout', '1s', false)")  # who comes after us waits as well
    try:
        connection.execute("VACUUM vault")
        connection.execute("VACUUM (FULL) subject_keys, addresses")
    finally:
        connection.execute("SELECT set_config('lock_timeout', '5s', false)")
    # Of a table that is not ours it says no more than a warning, which may be switched off: new files are the proof.
    return not before & _files(connection)


def _is_past_all(connection: psycopg.Connection[TupleRow]) -> bool:
    """Return whether nobody may still see what was deleted before now; wait for them a little."""
    row = connection.execute("SELECT pg_current_xact_id()::xid").fetchone()
    for _ in range(10):
        held = connection.execute(
            "SELECT count(*) FROM (SELECT backend_xmin FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "UNION ALL SELECT backend_xid FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "UNION ALL SELECT xmin FROM pg_replication_slots UNION ALL SELECT transaction FROM pg_prepared_xacts"
            ") AS seen (since) WHERE age(since) > age(%s::xid)",
            row,
        ).fetchone()
        if held == (0,):
            return True
        time.sleep(0.05)
    return False


def _files(connection: psycopg.Connection[TupleRow]) -> set[Any]:
    """Return the files of the tables that are written anew when somebody was erased."""
    rows = connection.execute("SELECT pg_relation_filenode(t) FROM unnest('{subject_keys,addresses}'::regclass[]) AS t")
    return {file for (file,) in rows}
