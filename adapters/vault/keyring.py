"""The key-encryption keys, which the host provides: every person's key is wrapped under one of them.

A ring holds one or more *epochs*, each a name and 256 bits; the newest wraps. They never lie in the database: whoever
has only the database, or an old copy of it, has sealed bytes.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from ventanilla.core.errors import Unavailable

VARIABLE = "VENTANILLA_KEYS"
_BYTES = 32


class KeyRing(Protocol):
    """Where key-encryption keys come from."""

    def newest(self) -> str:
        """Return the name of the epoch whose key wraps from now on.

        Raises:
            Unavailable: There is none.
        """
        ...

    def key(self, epoch: str) -> bytes:
        """Return the 32 bytes of an epoch's key.

        Raises:
            Unavailable: There is no such key, or no longer.
        """
        ...


@runtime_checkable
class RotatingKeys(KeyRing, Protocol):
    """A ring that makes its keys, and destroys them, by itself."""

    def epochs(self) -> tuple[str, ...]:
        """Return the names of the epochs whose keys it has, oldest first."""
        ...

    def add(self) -> str:
        """Make a key, the newest from now on, and return its epoch's name."""
        ...

    def destroy(self, epoch: str) -> None:
        """Destroy the key of an epoch; again, it is idle."""
        ...


class MemoryKeys:
    """Keys that live as long as the object: for desks in memory, and for tests."""

    def __init__(self) -> None:
        self._keys = {"1": secrets.token_bytes(_BYTES)}

    def newest(self) -> str:
        """See :meth:`KeyRing.newest`."""
        return next(reversed(self._keys))

    def key(self, epoch: str) -> bytes:
        """See :meth:`KeyRing.key`."""
        return _known(self._keys, epoch, "this process")

    def epochs(self) -> tuple[str, ...]:
        """See :meth:`RotatingKeys.epochs`."""
        return tuple(self._keys)

    def add(self) -> str:
        """See :meth:`RotatingKeys.add`."""
        name = _next(self._keys)
        self._keys[name] = secrets.token_bytes(_BYTES)
        return name

    def destroy(self, epoch: str) -> None:
        """See :meth:`RotatingKeys.destroy`."""
        self._keys.pop(epoch, None)


class EnvironmentKeys:
    """Keys in an environment variable: ``name:base64`` of each epoch, separated by commas, the newest last.

    Args:
        variable: The variable's name.
    """

    def __init__(self, variable: str = VARIABLE) -> None:
        self._variable = variable

    def newest(self) -> str:
        """See :meth:`KeyRing.newest`."""
        return next(reversed(self._read()))

    def key(self, epoch: str) -> bytes:
        """See :meth:`KeyRing.key`."""
        return _known(self._read(), epoch, self._variable)

    def _read(self) -> dict[str, bytes]:
        text = os.environ.get(self._variable, "")
        if not text:
            raise Unavailable(
                f"personal text needs a key to seal it: set {self._variable} to name:base64 of 32 random bytes, "
                "or give the desk keys="
            )
        return _parse(text.split(","), self._variable)


class FileKeys:
    """Keys in a file that only its owner may read: a line ``name:base64`` for each epoch, the newest last.

    Made with one key when something is first to be sealed. Keep it out of the database's backups, and its own copies
    apart from them: together they open everything. It is of one desk: the end of an epoch destroys what another one
    would need.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def newest(self) -> str:
        """See :meth:`KeyRing.newest`."""
        return next(reversed(self._made()))

    def key(self, epoch: str) -> bytes:
        """See :meth:`KeyRing.key`."""
        return _known(self._read(), epoch, str(self.path))

    def epochs(self) -> tuple[str, ...]:
        """See :meth:`RotatingKeys.epochs`."""
        return tuple(self._made())

    def add(self) -> str:
        """See :meth:`RotatingKeys.add`."""
        self._made()
        with self._alone():
            keys = self._read()
            name = _next(keys)
            self._write({**keys, name: secrets.token_bytes(_BYTES)})
        return name

    def destroy(self, epoch: str) -> None:
        """See :meth:`RotatingKeys.destroy`. The line goes; what the disk keeps of it is the file system's to say."""
        with self._alone():
            keys = self._read()
            if keys.pop(epoch, None):
                self._write(keys)

    def _made(self) -> dict[str, bytes]:
        """Return the keys; the file is made if there is none."""
        if not self.path.exists():
            self._make()
        return self._read()

    def _read(self) -> dict[str, bytes]:
        try:
            # What is no text is no key; an error of decoding would show the bytes.
            lines = self.path.read_bytes().decode("utf-8", "replace").split()
        except FileNotFoundError:
            raise Unavailable(f"the keys of the vault are not at {self.path}: put their file back there") from None
        except OSError as error:
            raise Unavailable(f"the keys of the vault cannot be read: {error}") from error
        return _parse(lines, str(self.path))

    def _make(self) -> None:
        # Written aside and linked into place, so that of two processes one wins and no one reads half a key.
        with self._aside({"1": secrets.token_bytes(_BYTES)}) as aside, contextlib.suppress(FileExistsError):
            os.link(aside, self.path)

    def _write(self, keys: Mapping[str, bytes]) -> None:
        with self._aside(keys) as aside:
            os.replace(aside, self.path)

    @contextmanager
    def _aside(self, keys: Mapping[str, bytes]) -> Iterator[Path]:
        """Lend a file with *keys* beside the real one; whatever became of it is on the disk afterwards."""
        aside = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}")
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.writelines(f"{name}:{base64.b64encode(key).decode()}\n" for name, key in keys.items())
                file.flush()
                os.fsync(file.fileno())
            try:
                yield aside
            finally:
                aside.unlink(missing_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable(f"the keys of the vault cannot be kept: {error}") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the file."""
        import fcntl  # there is none on every system, and whoever only reads needs none

        place = self.path.with_name(self.path.name + ".lock")
        try:
            with open(place, "a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise Unavailable(f"the keys of the vault cannot be changed: {error}") from error


class HostKeys:
    """Keys from the host's own functions: a key management service, a hardware module.

    Args:
        newest: Gives the name of the epoch whose key wraps from now on.
        key: Gives an epoch's 32 bytes; raises ``LookupError`` for one that there is not.
    """

    def __init__(self, newest: Callable[[], str], key: Callable[[str], bytes]) -> None:
        self._newest = newest
        self._key = key

    def newest(self) -> str:
        """See :meth:`KeyRing.newest`."""
        return self._newest()

    def key(self, epoch: str) -> bytes:
        """See :meth:`KeyRing.key`."""
        try:
            found = self._key(epoch)
        except LookupError as error:
            raise Unavailable(f"the host has no key {epoch!r} for the vault") from error
        if len(found) != _BYTES:
            raise Unavailable(f"the host's key {epoch!r} has {len(found)} bytes, not {_BYTES}")
        return found


def default_keys(path: Path | None, *, server: bool = False) -> KeyRing:
    """Return the ring of a desk whose host gave none.

    Args:
        path: The desk's file; ``None``: it has none.
        server: Whether it lies on a server, where there is no file beside it.
    """
    if os.environ.get(VARIABLE) or server:
        return EnvironmentKeys()
    return FileKeys(path.with_name(path.name + ".keys")) if path else MemoryKeys()


def _next(names: Mapping[str, object]) -> str:
    """Return a name that comes after all of *names*."""
    return str(max((int(name) for name in names if name.isdecimal()), default=0) + 1)


def _parse(parts: list[str], where: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, part in enumerate(filter(None, map(str.strip, parts)), 1):
        name, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not name or len(key) != _BYTES or name in keys:  # and nothing of it is shown
            raise Unavailable(
                f"key {number} of {where} is no name:base64 of {_BYTES} bytes, or its name is twice there"
            )
        keys[name] = key
    if not keys:
        raise Unavailable(f"{where} has no key for the vault")
    return keys


def _known(keys: dict[str, bytes], epoch: str, where: str) -> bytes:
    try:
        return keys[epoch]
    except KeyError:
        raise Unavailable(f"{where} has no key {epoch!r}: the vault cannot be opened without it") from None
