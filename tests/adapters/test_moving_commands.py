"""Carrying a desk elsewhere from the shell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lived_in import live_in, talk
from moved import export_lived_in

from ventanilla import Desk
from ventanilla.adapters.cli import main
from ventanilla.adapters.cli import moving as commands


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Give an export of a desk in which everything has happened, as plain lines."""
    return export_lived_in(tmp_path)


class TestCommands:
    @pytest.fixture
    def ventanilla(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Callable[..., tuple[int, str, str]]:
        """Give a function that runs a command in an empty folder: its exit code, and what it prints."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("VENTANILLA_DESK", raising=False)

        def run(*words: str) -> tuple[int, str, str]:
            monkeypatch.setattr(sys, "argv", ["ventanilla", *words])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
            out, err = capsys.readouterr()
            return int(ended.value.code or 0), out, err

        return run

    @pytest.mark.parametrize("command", ["export", "import-log", "backup", "doctor"])
    def test_every_command_teaches(self, ventanilla: Callable[..., tuple[int, str, str]], command: str) -> None:
        """Each command says what it does and takes, and leads on."""
        code, out, _ = ventanilla(command, "--help")
        assert (code, "--desk" in out) == (0, True)
        assert len(out.splitlines()) > 12

    def test_there_and_back(self, ventanilla: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
        """Export, import, backup and doctor do what they say, and say what they did."""
        with Desk("sqlite:///desk.db") as desk:
            live_in(desk, tmp_path)
            head = desk.store.head()
        code, out, said = ventanilla("export", "log.jsonl.gz")
        assert (code, out, f"up to position {head:,}" in said) == (0, "", True)
        code, _, said = ventanilla("export", "log.jsonl.gz")
        assert (code, "is there already" in said) == (2, True)
        code, out, _ = ventanilla("import-log", "log.jsonl.gz", "--desk", "sqlite:///new.db")
        assert (code, f"up to position {head:,}" in out, "key-encryption keys" in out) == (0, True, True)
        code, out, _ = ventanilla("doctor", "--desk", "sqlite:///new.db")
        assert (code, "new.db.keys is not there" in out) == (1, True)
        (tmp_path / "new.db.keys").write_bytes((tmp_path / "desk.db.keys").read_bytes())
        code, out, _ = ventanilla("doctor", "--desk", "sqlite:///new.db")
        assert (code, out.splitlines()[-1]) == (0, "Nothing is wrong.")
        code, _, said = ventanilla("import-log", "log.jsonl.gz", "--desk", "sqlite:///new.db")
        assert (code, "this very log is in it already" in said) == (2, True)
        assert ventanilla("backup", "copy.db")[0] == 0
        assert ventanilla("backup", "copy.db")[0] == 2
        assert ventanilla("doctor", "--desk", "sqlite:///copy.db", "--json")[0] == 1  # its keys are kept elsewhere
        asked = [ventanilla("ask", "tickets", "--desk", f"sqlite:///{name}.db") for name in ("desk", "copy", "new")]
        assert asked[0] == asked[1] == asked[2]
        assert asked[0][0] == 0

    def test_to_standard_output(self, ventanilla: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
        """A dash is standard output, with nothing else on it."""
        with Desk("sqlite:///desk.db") as desk:
            talk(desk)
        assert ventanilla("export", "log.jsonl")[0] == 0
        assert ventanilla("export", "-")[1].encode() == (tmp_path / "log.jsonl").read_bytes()

    def test_ctrl_c(
        self, ventanilla: Callable[..., tuple[int, str, str]], exported: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C stops an import: what it says of the desk is so, and the same command begins anew."""

        @contextmanager
        def interrupted(doing: str, what: str) -> Iterator[Callable[[int, int], None]]:
            def stop(done: int, total: int) -> None:
                raise KeyboardInterrupt

            yield stop

        with monkeypatch.context() as patched:
            patched.setattr(commands, "told", interrupted)
            code, _, said = ventanilla("import-log", str(exported))
        assert (code, "nothing was taken" in said) == (130, True)
        with Desk("sqlite:///desk.db") as desk:
            assert desk.store.head() == 0

        @contextmanager
        def too_late(doing: str, what: str) -> Iterator[Callable[[int, int], None]]:
            yield lambda done, total: None
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(commands, "told", too_late)
            code, _, said = ventanilla("import-log", str(exported))
        assert (code, "all of it is in the desk" in said) == (130, True)
        with Desk("sqlite:///desk.db") as desk:
            assert desk.store.head() > 0
