"""A folder that is filled whole, or left as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ventanilla.adapters.moving.aside import filled_aside


def fill(folder: Path, word: str) -> None:
    with filled_aside(folder) as making:
        for name in ("a.txt", "b.txt"):
            (making / name).write_text(f"{word} {name}")


def found(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() if file.is_file() else "folder" for file in sorted(folder.iterdir())}


class TestFolder:
    def test_comes_to_be_whole(self, tmp_path: Path) -> None:
        """The folder is there at the end, with its parents, and nothing else."""
        fill(tmp_path / "new" / "deep", "one")
        assert found(tmp_path / "new" / "deep") == {"a.txt": "one a.txt", "b.txt": "one b.txt"}
        assert os.listdir(tmp_path / "new") == ["deep"]

    def test_takes_the_place_of_an_earlier_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Files of the same name are replaced, others stay, also in the folder in which we are."""
        (tmp_path / "mine.txt").write_text("mine")
        fill(tmp_path, "one")
        monkeypatch.chdir(tmp_path)
        fill(Path("."), "two")
        assert found(tmp_path) == {"a.txt": "two a.txt", "b.txt": "two b.txt", "mine.txt": "mine"}

    @pytest.mark.parametrize("error", [OSError(28, "no space left"), KeyboardInterrupt(), ValueError("x")])
    @pytest.mark.parametrize("earlier", [True, False])
    def test_is_as_it_was_after_a_failure(self, tmp_path: Path, error: BaseException, earlier: bool) -> None:
        """What fails half-way leaves no file behind, and loses none."""
        folder = tmp_path / "report"
        if earlier:
            fill(folder, "one")
        before = found(folder) if earlier else None

        def fails() -> None:
            with filled_aside(folder) as making:
                (making / "a.txt").write_text("half")
                raise error

        with pytest.raises(type(error)):
            fails()
        assert (found(folder) if folder.exists() else None) == before
        assert os.listdir(tmp_path) == (["report"] if earlier else [])

    def test_has_all_its_files_again_if_one_cannot_be_moved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A failure in the midst of taking their places brings the earlier files back."""
        fill(tmp_path, "one")
        before, rename, moves = found(tmp_path), Path.rename, [0]

        def stops(file: Path, target: Path) -> Path:
            moves[0] += 1
            if moves[0] == 4:  # the second of two, when the first has been exchanged
                raise OSError(5, "the disk is broken")
            return rename(file, target)

        monkeypatch.setattr(Path, "rename", stops)
        with pytest.raises(OSError, match="the disk is broken"):
            fill(tmp_path, "two")
        assert found(tmp_path) == before
