"""Addresses of desks."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ventanilla.adapters.store import open_store
from ventanilla.adapters.store.url import database_path
from ventanilla.core.errors import NotUnderstood, Unavailable


class TestDatabasePath:
    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("sqlite:///desk.db", Path("desk.db")),
            ("sqlite:///some/desk.db", Path("some/desk.db")),
            ("sqlite:////var/desk.db", Path("/var/desk.db")),
            ("sqlite:///with space?.db", Path("with space?.db")),
            ("sqlite:///:memory:", None),
        ],
    )
    def test_names_the_file(self, url: str, path: Path | None) -> None:
        """Three slashes are a relative file, four an absolute one, ``:memory:`` none."""
        assert database_path(url) == path

    @pytest.mark.parametrize(
        "url", ["", "desk.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://desk.db", "postgres:///desk", "://///"]
    )
    def test_other_kinds_are_not_understood(self, url: str) -> None:
        """An address of another kind is refused, named, and a right one shown."""
        with pytest.raises(NotUnderstood) as error:
            database_path(url)
        assert repr(url) in str(error.value)
        assert "sqlite:///desk.db" in str(error.value)


class TestOpenStore:
    def test_makes_the_file(self, tmp_path: Path) -> None:
        """A desk that is not there is made."""
        store, path = open_store(f"sqlite:///{tmp_path}/desk.db", create=True)
        with closing(store):
            assert path is not None
            assert path == tmp_path / "desk.db"
            assert path.exists()
            assert store.head() == 0

    def test_makes_nothing_unasked(self, tmp_path: Path) -> None:
        """Without leave to create, a desk that is not there is unavailable, and nothing is made."""
        with pytest.raises(Unavailable, match="there is no desk at"):
            open_store(f"sqlite:///{tmp_path}/desk.db", create=False)
        assert list(tmp_path.iterdir()) == []

    def test_makes_no_desk_of_an_empty_file(self, tmp_path: Path) -> None:
        """Without leave to create, a file that lost all it had is no new desk."""
        (tmp_path / "desk.db").touch()
        with pytest.raises(Unavailable, match="it is empty"):
            open_store(f"sqlite:///{tmp_path}/desk.db", create=False)

    def test_opens_what_is_there(self, tmp_path: Path) -> None:
        """Without leave to create, a desk that is there opens."""
        open_store(f"sqlite:///{tmp_path}/desk.db", create=True)[0].close()
        store, _ = open_store(f"sqlite:///{tmp_path}/desk.db", create=False)
        with closing(store):
            assert store.head() == 0

    def test_relative(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A relative address means the working directory at the time of opening, whatever it becomes later."""
        monkeypatch.chdir(tmp_path)
        store, _ = open_store("sqlite:///desk.db", create=True)
        with closing(store):
            (tmp_path / "elsewhere").mkdir()
            monkeypatch.chdir(tmp_path / "elsewhere")
            assert store.head() == 0
        assert (tmp_path / "desk.db").exists()
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_memory_leaves_no_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A desk in memory writes no file."""
        monkeypatch.chdir(tmp_path)
        store, path = open_store("sqlite:///:memory:", create=False)
        store.close()
        assert path is None
        assert list(tmp_path.iterdir()) == []

    def test_odd_names(self, tmp_path: Path) -> None:
        """A file name with characters that mean something in a URI is taken as it is."""
        name = "100% desk?mode=ro#1.db"
        store, _ = open_store(f"sqlite:///{tmp_path}/{name}", create=True)
        store.close()
        assert (tmp_path / name).exists()

    @pytest.mark.parametrize("rest", ["", "/no/such/desk.db"])
    def test_folders(self, tmp_path: Path, rest: str) -> None:
        """A folder, or a file in a folder that is not there, cannot be a desk."""
        with pytest.raises(Unavailable, match="folder"):
            open_store(f"sqlite:///{tmp_path}{rest}", create=True)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql+psycopg://ana:hunter2@host/desk",
            "postgres:ana:hunter2@host/desk",
            "host=localhost password=hunter2",
            "postgresql://ana:hunter2%@localhost:1/desk",
            "postgresql://ana:hunter2[@localhost:1/desk",
            "postgresql://ana:x@hunter2@localhost:1/desk",
            "postgresql://ana:x/hunter2@localhost:1/desk",
            "postgresql://ana:x@1@hunter2@localhost:1/desk",
        ],
    )
    def test_no_error_shows_a_password(self, url: str) -> None:
        """An address that is not understood is named without what may be a password, in the error and behind it."""
        with pytest.raises((NotUnderstood, Unavailable)) as error:
            open_store(url, create=False)
        assert "hunter2" not in f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"
