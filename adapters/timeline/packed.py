"""Columns of whole numbers in one file: an ``.npz`` as numpy reads it, each column in as few bytes as it needs.

Not compressed where it counts: to unpack a column is one pass over it, and the file is still a tenth of the log. What
hardly anybody reads is deflated as well.

NOTE: storage format. A column is kept as counts of steps from its least number, 0 standing for what is not said; of
one in which little is said there are only the rows that say something, in ``rows:NAME``.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ventanilla.adapters.timeline.coding import UNKNOWN, Array
from ventanilla.core.errors import Damaged, Unavailable

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise Unavailable(f"the timeline needs {error.name}: pip install 'ventanilla[audit]'") from error

_ROWS, _SCALE = "rows:", "scale:"
_WIDE = 2**62
"""A column that spans more than this is kept as it is."""


def write(path: Path, codes: Mapping[str, Array], numbers: Mapping[str, Array], *, seldom: Collection[str]) -> None:
    """Write columns into a new file.

    Args:
        path: The file.
        codes: Columns of codes from 0, which stands for nothing said.
        numbers: Columns of numbers, with :data:`UNKNOWN` for nothing said.
        seldom: The names of those that hardly anybody reads.

    Raises:
        Unavailable: It cannot be written.
    """
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in codes.items():
                _add(archive, _sparse(name, data), name in seldom)
            for name, data in numbers.items():
                counts, scale = _steps(data)
                _add(archive, _sparse(name, counts) | {f"{_SCALE}{name}": scale}, name in seldom)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error


def read(path: Path, names: Sequence[str], rows: int) -> dict[str, Array]:
    """Return the columns *names* as they were written.

    Args:
        path: The file.
        names: Which.
        rows: How many rows the columns have in which little is said.

    Raises:
        Damaged: It is lost, or cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            parts = frozenset(archive.files)
            found = {}
            for name in names:
                data = archive[name]
                if f"{_ROWS}{name}" in parts:
                    data, said = np.zeros(rows, data.dtype), data
                    data[archive[f"{_ROWS}{name}"]] = said
                scale = archive[f"{_SCALE}{name}"].tolist() if f"{_SCALE}{name}" in parts else []
                found[name] = _numbers(data, *scale) if scale else data
            return found
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise Damaged(f"{path}: {reason}; `ventanilla timeline build --anew` makes it again") from error


def _add(archive: zipfile.ZipFile, parts: Mapping[str, Array], deflated: bool) -> None:
    for name, values in parts.items():
        file = io.BytesIO()
        np.lib.format.write_array(file, values, allow_pickle=False)
        info = zipfile.ZipInfo(f"{name}.npy")  # of no date: the same columns are the same bytes
        archive.writestr(
            info, file.getvalue(), zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED, compresslevel=1
        )


def _sparse(name: str, data: Array) -> dict[str, Array]:
    """Return a column whole, or what it says and in which rows, whichever is smaller."""
    if np.count_nonzero(data) * (data.itemsize + 4) >= data.nbytes or len(data) >= 2**32:
        return {name: data}
    rows = np.flatnonzero(data)
    return {name: data[rows], f"{_ROWS}{name}": rows.astype(np.uint32)}


def _steps(data: Array) -> tuple[Array, Array]:
    """Return a column as counts of steps from its least number; and that number, and what a step is.

    One that spans too much is returned as it is, with neither.
    """
    known = data != UNKNOWN
    said = data[known]
    least, most = (int(said.min()), int(said.max())) if len(said) else (0, 0)
    if most - least > _WIDE:
        return data, np.zeros(0, np.int64)
    step = int(np.gcd.reduce(said - least)) or 1
    counts = np.zeros(len(data), np.min_scalar_type((most - least) // step + 1))
    counts[known] = (said - least) // step + 1
    return counts, np.array([least, step])


def _numbers(counts: Array, least: int, step: int) -> Array:
    data = counts.astype(np.int64)
    if step != 1:
        data *= step
    data += least - step
    if not counts.all():
        data[counts == 0] = UNKNOWN
    return data
