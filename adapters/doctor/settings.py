"""Whether the database is kept and set up so that what is acknowledged stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.database import Snapshot
from ventanilla.adapters.store.schema import FORMAT
from ventanilla.adapters.store.sqlite import APPLICATION_ID, SAFE_FOR_MANY_WRITERS

_VIEW = "SELECT log, position FROM view_progress WHERE name = 'tickets'"
_NEEDED_ON = ("fsync", "full_page_writes", "synchronous_commit")


def look_at_file(path: Path, found: Findings) -> bool:
    """Look at a SQLite file as it lies there, before a desk is opened on it; return whether that can be done."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as file:
            ((owner,),) = file.execute("PRAGMA application_id").fetchall()
            ((version,),) = file.execute("PRAGMA user_version").fetchall()
            ((journal,),) = file.execute("PRAGMA journal_mode").fetchall()
            damage = _damage(file)
    except sqlite3.Error as error:
        found.add("file.unreadable", f"{path} cannot be read as a database: {error}")
        return False
    for said in damage:
        found.add("file.damaged", f"{path} is damaged: {' '.join(said.split())}: restore a backup")
    if owner != APPLICATION_ID:
        found.add("file.foreign", f"{path} says that it belongs to another program: application id {owner:#x}")
    if version != FORMAT:
        found.add("file.format", f"{path} has format {version}; this ventanilla reads {FORMAT}")
    if journal != "wal":
        found.add("file.journal", f"{path} was in journal mode {journal}, not wal: readers would wait for writers")
    return bool(owner == APPLICATION_ID and version == FORMAT)


def _damage(file: sqlite3.Connection) -> list[str]:
    try:
        return [said for (said,) in file.execute("PRAGMA integrity_check(10)") if said != "ok"]
    except sqlite3.DatabaseError as error:  # too damaged to say where
        return [str(error)]


def look_at_version(version: Sequence[int], found: Findings) -> None:
    """Warn if SQLite of that *version* may damage files that several connections write to."""
    if tuple(version) < SAFE_FOR_MANY_WRITERS:
        safe = ".".join(map(str, SAFE_FOR_MANY_WRITERS))
        found.warn(
            "sqlite.version",
            f"SQLite {'.'.join(map(str, version))} can damage a file that several processes write to at the same time: "
            f"let one process write, or use SQLite {safe} or PostgreSQL",
        )


def look_at_sqlite(snapshot: Snapshot, found: Findings) -> None:
    """Look at the settings of a connection to SQLite."""
    ((synchronous,),) = snapshot.rows("PRAGMA synchronous")
    if synchronous < 2:
        said = f"synchronous is {synchronous}, not FULL: a power cut takes acknowledged events"
        found.add("setting.synchronous", said)
    ((secure,),) = snapshot.rows("PRAGMA secure_delete")
    if secure != 1:
        said = f"secure_delete is {secure}, not ON: what is erased stays readable in the file"
        found.add("setting.secure_delete", said)


def look_at_postgres(snapshot: Snapshot, found: Findings) -> None:
    """Look at the settings of a PostgreSQL server."""
    names = ", ".join(f"'{name}'" for name in _NEEDED_ON)
    for name, value in snapshot.rows(f"SELECT name, setting FROM pg_settings WHERE name IN ({names}) ORDER BY name"):
        if value in ("off", "local"):
            found.add(f"setting.{name}", f"the server's {name} is {value}: a power cut takes acknowledged events")
    ((encoding,),) = snapshot.rows("SELECT getdatabaseencoding()")
    if encoding != "UTF8":
        found.add("setting.encoding", f"the database keeps {encoding} text, not UTF8: names are lost")


def look_at_view(path: Path, log: str, head: int, found: Findings) -> None:
    """Look whether the view in the file beside the desk at *path* is one of its log."""
    file = path.with_suffix(".views" + path.suffix)
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as view:
            ((of, position),) = view.execute(_VIEW).fetchall()
    except (sqlite3.Error, ValueError) as error:
        found.warn("view.unreadable", f"{file} cannot be read: {error}; remove it, it is made anew")
        return
    _compare_view(str(file), of == log, position, head, found)


def look_at_view_beside(snapshot: Snapshot, log: str, head: int, found: Findings) -> None:
    """Look whether the view on a server, in the tables beside the log, is one of it."""
    ((there,),) = snapshot.rows("SELECT to_regclass('view_progress') IS NOT NULL")
    for of, position in snapshot.rows(_VIEW) if there else ():
        _compare_view("the view", of == log, position, head, found)


def _compare_view(name: str, ours: bool, position: int, head: int, found: Findings) -> None:
    if not ours:
        found.warn("view.of_another_log", f"{name} was made of another log; it is made anew when the desk is opened")
    elif position > head:
        found.add(
            "view.past_the_head",
            f"{name} has seen position {position:,}, and the log ends at {head:,}: the log lost its end, "
            "or an old copy was put back",
        )
