"""What stands beside the log: keys of commands, people's keys and addresses, rows put aside."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.database import Snapshot
from ventanilla.adapters.store.personal import QUARANTINE
from ventanilla.adapters.vault.keyring import FileKeys, KeyRing
from ventanilla.core.errors import Unavailable

_ORPHANS = (
    (
        "key.missing",
        "SELECT DISTINCT subject, sealed_with FROM vault v WHERE NOT EXISTS "
        "(SELECT 1 FROM subject_keys k WHERE k.subject = v.subject AND k.number = v.sealed_with)",
        "texts of {} are sealed with key {}, which is not there: they cannot be opened",
    ),
    (
        "quarantine.key_missing",
        "SELECT source, count(*) FROM quarantine q WHERE NOT EXISTS (SELECT 1 FROM subject_keys k "
        f"WHERE k.subject = '{QUARANTINE}' || q.source AND k.number = q.sealed_with) GROUP BY source ORDER BY source",
        "the key of the rows put aside from {} is gone, and with it {} rows: drop them",
    ),
    (
        "erased.text",
        "SELECT subject, count(*) FROM vault WHERE subject IN (SELECT subject FROM erasures) GROUP BY subject",
        "{} was erased and still has {} sealed texts",
    ),
    (
        "erased.key",
        "SELECT subject, count(*) FROM subject_keys WHERE subject IN (SELECT subject FROM erasures) GROUP BY subject",
        "{} was erased and still has {} keys",
    ),
    (
        "erased.address",
        "SELECT stream, count(*) FROM addresses WHERE stream IN (SELECT subject FROM erasures) GROUP BY stream",
        "{} was erased and still has {} addresses",
    ),
    (
        "address.orphan",
        "SELECT stream, identity FROM addresses a WHERE NOT EXISTS "
        "(SELECT 1 FROM events e WHERE e.originator_id = a.stream)",
        "{} has the address {} and no history",
    ),
)


def look_for_orphans(snapshot: Snapshot, found: Findings) -> None:
    """Look for rows that lack what they refer to, and for what should have been erased."""
    for rule, statement, says in _ORPHANS:
        for row in snapshot.rows(statement):
            found.add(rule, says.format(*row))


def look_at_claims(snapshot: Snapshot, found: Findings, step: Callable[[], None]) -> None:
    """Look whether each command that was carried out has its events."""
    for key, stream, version, events, there in snapshot.rows(
        "SELECT key, stream, version, events, (SELECT count(*) FROM events e WHERE e.originator_id = c.stream "
        "AND e.originator_version > c.version AND e.originator_version <= c.version + c.events) FROM claims c"
    ):
        step()
        if there != events:
            place = f"{stream} after version {version}"
            found.add("claim.orphan", f"the key {key!r} says that {place} has {events} events of it; {there} are there")


def look_at_keys(snapshot: Snapshot, ring: KeyRing, found: Findings, step: Callable[[], None]) -> None:
    """Look whether every person's key opens with the key-encryption keys at hand."""
    known: dict[str, bytes | None] = {}
    for subject, epoch, wrapped in snapshot.rows("SELECT subject, epoch, wrapped FROM subject_keys ORDER BY subject"):
        step()
        if epoch not in known:
            known[epoch] = _key(ring, epoch, found)
        key = known[epoch]
        if key is not None:
            try:
                aes_key_unwrap(key, bytes(wrapped))
            except (InvalidUnwrap, ValueError):
                found.add("key.unopened", f"the key of {subject} does not open with the key-encryption key {epoch!r}")


def _key(ring: KeyRing, epoch: str, found: Findings) -> bytes | None:
    if isinstance(ring, FileKeys) and not ring.path.exists():  # which would make it
        found.add("key.file_missing", f"{ring.path} is not there: without it nothing in the vault can be opened")
        return None
    try:
        return ring.key(epoch)
    except Unavailable as error:
        found.add("key.epoch_missing", str(error))
        return None
