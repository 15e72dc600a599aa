"""Epochs of key-encryption keys: what was erased cannot be read from an old backup, once its epoch is over.

A backup of the database holds every person's key, wrapped under the key of its day. When an epoch ends, all keys are
wrapped anew under another one and the old one is destroyed: the backup opens nothing any more, whoever is in it. No
text is touched.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from ventanilla.adapters.store.personal import SubjectKey, epochs, retire, retired
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.adapters.vault.keyring import KeyRing, RotatingKeys
from ventanilla.adapters.vault.keys import prove, unwrapped
from ventanilla.core.errors import Conflict, Unavailable

BATCH = 1_000
"""Keys a transaction."""

OVERTAKEN = "another process has begun an epoch meanwhile: run it again"


@frozen(kw_only=True)
class Epoch:
    """What the end of an epoch came to.

    Attributes:
        name: The name of the new one.
        wrapped: How many keys were wrapped anew.
        over: Older ones that nothing in this database needs any more.
        destroyed: Whether their keys are destroyed; else that is the host's to do.
        resumed: Whether it was begun earlier and broken off.
    """

    name: str
    wrapped: int
    over: tuple[str, ...]
    destroyed: bool
    resumed: bool


def new_epoch(
    rows: PersonalRows, ring: KeyRing, progress: Callable[[int, int], None] = lambda _, __: None, batch: int = BATCH
) -> Epoch:
    """Begin an epoch and end those before it; broken off, the next call goes on from there.

    Args:
        rows: The vault's rows.
        ring: The key-encryption keys. Where it cannot make keys itself, the host has added the new one before.
        progress: Told how many keys are done, of how many, after every batch.
        batch: Keys a transaction.

    Raises:
        Unavailable: A key-encryption key is not there, or is not that of this vault, or none was added; nothing was
            destroyed.
        Conflict: Another process has begun another epoch meanwhile.
    """
    rotating = ring if isinstance(ring, RotatingKeys) else None
    if prove(rows, ring) and rotating is None and rows.epochs() == {newest := ring.newest()}:
        others = ", ".join(map(repr, sorted(rows.retired() - {newest})))
        needless = f", and none needs {others} any more" if others else ""
        raise Unavailable(f"all keys are wrapped under {newest!r} already{needless}: add a new one, as the newest")
    with rows.database.write() as cursor:  # and nobody else begins one meanwhile
        resumed = rotating is not None and len(rotating.epochs()) > 1
        if rotating and not resumed:
            rotating.add()
        newest = ring.newest()
        if newest in retired(cursor):
            raise Unavailable(f"the vault's key {newest!r} was retired: add a new one and make it the newest")
        # From here on nobody wraps a key under an older one, so none can slip in behind.
        retire(cursor, {*epochs(cursor), *(rotating.epochs() if rotating else ())} - {newest})
    keys = _keys(rows, ring, newest)

    def again(row: SubjectKey) -> SubjectKey:
        if row.epoch not in keys:
            raise Conflict(OVERTAKEN)
        wrapped = aes_key_wrap(keys[newest], unwrapped(row, keys[row.epoch]))
        return SubjectKey(subject=row.subject, number=row.number, epoch=newest, wrapped=wrapped)

    done, total, place = 0, rows.wrapped_otherwise(newest), ("", 0)
    while some := rows.keys_after(place, newest, batch):
        if not rows.replace_keys([(row, again(row)) for row in some]):
            raise Conflict(OVERTAKEN)
        place = (some[-1].subject, some[-1].number)
        done += len(some)
        progress(done, max(done, total))
    over = rows.retired() - rows.epochs()
    if rotating:
        over &= set(rotating.epochs())
        for epoch in sorted(over):
            rotating.destroy(epoch)
    return Epoch(name=newest, wrapped=done, over=tuple(sorted(over)), destroyed=rotating is not None, resumed=resumed)


def _keys(rows: PersonalRows, ring: KeyRing, newest: str) -> dict[str, bytes]:
    """Return the key-encryption keys that are needed to wrap all keys under *newest*."""
    names = {*rows.epochs(), newest}
    try:
        return {name: ring.key(name) for name in names}
    except Unavailable:
        if {*rows.epochs(), newest} != names:  # another process was faster, and destroyed one
            return _keys(rows, ring, newest)
        if ring.newest() != newest:
            raise Conflict(OVERTAKEN) from None
        raise
