"""Columns in a file come back as they were, in few bytes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.adapters.timeline.coding import UNKNOWN
from ventanilla.adapters.timeline.packed import read, write
from ventanilla.core.errors import Damaged, Unavailable

NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(0, 5) | st.just(UNKNOWN)


@given(
    numbers=st.lists(NUMBERS, max_size=60),
    codes=st.lists(st.integers(0, 255) | st.just(0), max_size=60),
    seldom=st.sets(st.sampled_from(["n", "c"])),
)
def test_every_column_comes_back(numbers: list[int], codes: list[int], seldom: set[str]) -> None:
    """Whatever is in a column, known or not, in many rows or few, deflated or not, is read as it was written."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        columns = {"n": np.array(numbers, np.int64)}
        write(path, {"c": np.array(codes, np.uint8)}, columns, seldom=seldom)
        assert read(path, ["n"], len(numbers))["n"].tolist() == numbers
        assert read(path, ["c"], len(codes))["c"].tolist() == codes


def test_instants_of_whole_seconds_take_four_bytes(tmp_path: Path) -> None:
    """A column is kept in steps of what all its numbers have in common."""
    seconds = np.arange(0, 100_000, 100)
    write(tmp_path / "a.npz", {}, {"at": 1_700_000_000_000_000 + seconds * 1_000_000}, seldom=())
    assert (tmp_path / "a.npz").stat().st_size < 4 * len(seconds) + 1_000


def test_what_is_said_seldom_takes_little(tmp_path: Path) -> None:
    """Of a column in which one row in a thousand says something, only that is kept."""
    codes = np.zeros(100_000, np.uint8)
    codes[::1_000] = 7
    write(tmp_path / "a.npz", {"priority": codes}, {}, seldom=())
    assert (tmp_path / "a.npz").stat().st_size < 2_000
    assert (read(tmp_path / "a.npz", ["priority"], len(codes))["priority"] == codes).all()


def test_the_same_columns_are_the_same_bytes(tmp_path: Path) -> None:
    """Two files of the same columns have the same digest, whenever they were written."""
    for name in "ab":
        write(tmp_path / name, {"c": np.arange(9, dtype=np.uint8)}, {"n": np.arange(9)}, seldom=("n",))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("keep", [0, 10, -40])
def test_what_was_cut_short_is_named(tmp_path: Path, keep: int) -> None:
    """A file that ends too early cannot be read, and the error says which and what to do."""
    path = tmp_path / "a.npz"
    write(path, {"c": np.arange(1, 100, dtype=np.uint8)}, {}, seldom=())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Damaged, match=r"a\.npz: .*build --anew"):
        read(path, ["c"], 99)
    with pytest.raises(Damaged, match="no-such"):
        read(tmp_path / "no-such", ["c"], 99)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """What cannot be written is no traceback of another library."""
    with pytest.raises(Unavailable, match="cannot be written: No such file"):
        write(tmp_path / "no" / "a.npz", {}, {}, seldom=())
