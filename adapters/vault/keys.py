"""The key of each person: AES-256-GCM, kept wrapped (AES-KW) under a key-encryption key of the host."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ventanilla.adapters.store.personal import SubjectKey
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.adapters.vault.keyring import KeyRing
from ventanilla.core.errors import Refused, Unavailable

INDEX = "vault/index"
"""Whose key makes the blind index of addresses: nobody's."""

_CACHED = 10_000


class SubjectKeys:
    """The keys of persons, unwrapped when they are first needed.

    Args:
        rows: Where they are kept.
        ring: The key-encryption keys.
    """

    def __init__(self, rows: PersonalRows, ring: KeyRing) -> None:
        self._rows = rows
        self._ring = ring
        self._keys: dict[tuple[str, int], AESGCM] = {}
        self._newest: dict[str, int] = {}
        self._index: bytes | None = None
        self._proved = False

    def of(
        self, subjects: Collection[str], *, reborn: bool = False
    ) -> tuple[dict[str, tuple[int, AESGCM]], tuple[SubjectKey, ...]]:
        """Return number and key of each of *subjects*, and those that had to be made.

        Args:
            subjects: Whose.
            reborn: They may have a new key after theirs was destroyed.

        Raises:
            Refused: One of them was erased.
            Unavailable: There is no key to wrap a new one with.
        """
        found: dict[str, tuple[int, AESGCM]] = {}
        for subject in subjects:
            if (number := self._newest.get(subject)) and (key := self._keys.get((subject, number))):
                found[subject] = (number, key)
        missing = set(subjects) - set(found)
        for subject, row in self._rows.keys(missing).items():
            found[subject] = (row.number, self._remember(row))
            self._newest[subject] = row.number
        missing -= set(found)
        if missing and not reborn and (erased := self._rows.erasures(missing)):
            raise Refused("text.erased", f"{erased[0].subject} was erased: who writes again is somebody new")
        if not missing:
            return found, ()
        epoch, under = self._newest_epoch()
        new: list[SubjectKey] = []
        for subject in sorted(missing):
            fresh = os.urandom(32)
            # A number that was never used, lest a copy of the destroyed key pass for the new one.
            number = secrets.randbelow(2**62) + 1 if reborn else 1
            wrapped = aes_key_wrap(under, fresh)
            new.append(SubjectKey(subject=subject, number=number, epoch=epoch, wrapped=wrapped))
            found[subject] = (number, AESGCM(fresh))  # remembered once it is in the database, not before
        return found, tuple(new)

    def one(self, subject: str, number: int) -> AESGCM | None:
        """Return a key; ``None`` if it was destroyed."""
        if key := self._keys.get((subject, number)):
            return key
        row = self._rows.key(subject, number)
        return None if row is None else self._remember(row)

    def index(self) -> bytes | None:
        """Return the key of the blind index; ``None`` if no address was ever linked."""
        if self._index is None and (row := self._rows.key(INDEX, 1)):
            self._index = self._unwrapped(row)
        return self._index

    def new_index(self) -> tuple[bytes, SubjectKey]:
        """Return a new key for the blind index, bare and wrapped."""
        fresh = os.urandom(32)
        epoch, under = self._newest_epoch()
        return fresh, SubjectKey(subject=INDEX, number=1, epoch=epoch, wrapped=aes_key_wrap(under, fresh))

    def forget(self) -> None:
        """Forget the keys at hand: another process may have destroyed one."""
        self._keys.clear()
        self._newest.clear()
        self._index = None

    def _newest_epoch(self) -> tuple[str, bytes]:
        """Return the name and the key of the epoch that wraps now."""
        self._proved = self._proved or prove(self._rows, self._ring)
        epoch = self._ring.newest()
        try:
            if self._rows.is_retired(epoch):
                raise Unavailable(f"the vault's key {epoch!r} was retired: give this process the newest ones")
            return epoch, self._ring.key(epoch)
        except Unavailable:
            if self._ring.newest() == epoch:
                raise
            return self._newest_epoch()  # an epoch ended just now

    def _remember(self, row: SubjectKey) -> AESGCM:
        key = AESGCM(self._unwrapped(row))
        if len(self._keys) >= _CACHED:
            self.forget()
        self._keys[row.subject, row.number] = key
        return key

    def _unwrapped(self, row: SubjectKey) -> bytes:
        try:
            return unwrapped(row, self._ring.key(row.epoch))
        except Unavailable:
            now = self._rows.key(row.subject, row.number)
            if now is None or now.epoch == row.epoch:
                raise
            return self._unwrapped(now)  # an epoch ended just now


def prove(rows: PersonalRows, ring: KeyRing) -> bool:
    """Return whether a key that is there opens with those of *ring*; False: there is none.

    What is sealed under the keys of another ring, after a restore without the right ones, would be lost with them.

    Raises:
        Unavailable: It does not open.
    """
    row = rows.any_key()
    if row is None:
        return False
    try:
        unwrapped(row, ring.key(row.epoch))
    except Unavailable:
        now = rows.key(row.subject, row.number)
        if now is not None and now.epoch == row.epoch:
            raise
        return prove(rows, ring)  # an epoch ended just now
    return True


def unwrapped(row: SubjectKey, under: bytes) -> bytes:
    """Return the bare key of *row*, which is wrapped *under* a key-encryption key.

    Raises:
        Unavailable: It is another one.
    """
    try:
        return aes_key_unwrap(under, row.wrapped)
    except InvalidUnwrap as error:
        raise Unavailable(f"the key of {row.subject} does not open with the key {row.epoch!r}") from error
