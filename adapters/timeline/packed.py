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
from collections.abc import Collection, Iterable, Mapping, Sequence
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
            for name, data in (*codes.items(), *_steps(numbers)):
                how = zipfile.ZIP_DEFLATED if name in seldom else zipfile.ZIP_STORED
                for part, values in _sparse(name, data):
                    file = io.BytesIO()
                    np.lib.format.write_array(file, values, allow_pickle=False)
                    info = zipfile.ZipInfo(f"{part}.npy")  # of no date: the same columns are the same bytes
                    archive.writestr(info, file.getvalue(), how, compresslevel=1)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error


def read(path: Path, names: Sequence[str], rows: int | None = None) -> dict[str, Array]:
    """Return the columns *names* as they were written.

    Args:
        path: The file.
        names: Which.
        rows: How many rows there are; ``None``: in none of them little is said.

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
                    data, said = np.zeros(rows or 0, data.dtype), data
                    data[archive[f"{_ROWS}{name}"]] = said
                found[name] = _stretched(data, archive[f"{_SCALE}{name}"]) if f"{_SCALE}{name}" in parts else data
            return found
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise Damaged(f"{path}: {reason}; `ventanilla timeline build --anew` makes it again") from error


def _steps(numbers: Mapping[str, Array]) -> Iterable[tuple[str, Array]]:
    """Return each column as counts of steps from its least number, and what a step is."""
    for name, data in numbers.items():
        known = data != UNKNOWN
        said = data[known]
        least, most = (int(said.min()), int(said.max())) if len(said) else (0, 0)
        if most - least > _WIDE:
            yield name, data
            continue
        step = int(np.gcd.reduce(said - least)) or 1
        counts = np.zeros(len(data), np.min_scalar_type((most - least) // step + 1))
        counts[known] = (said - least) // step + 1
        yield name, counts
        yield f"{_SCALE}{name}", np.array([least, step])


def _stretched(counts: Array, scale: Array) -> Array:
    least, step = scale.tolist()
    data = counts.astype(np.int64)
    if step != 1:
        data *= step
    data += least - step
    if not counts.all():
        data[counts == 0] = UNKNOWN
    return data


def _sparse(name: str, data: Array) -> Iterable[tuple[str, Array]]:
    """Return a column whole, or what it says and in which rows, whichever is smaller."""
    if name.startswith(_SCALE):
        return ((name, data),)
    if np.count_nonzero(data) * (data.itemsize + 4) < data.nbytes and len(data) < 2**32:
        rows = np.flatnonzero(data)
        return (name, data[rows]), (f"{_ROWS}{name}", rows.astype(np.uint32))
    return ((name, data),)
