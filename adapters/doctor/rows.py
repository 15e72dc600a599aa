"""What stands beside the log: keys of commands, people's keys and addresses, rows put aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.database import Snapshot
from ventanilla.adapters.store.personal import QUARANTINE
from ventanilla.adapters.vault.keyring import FileKeys, KeyRing
from ventanilla.adapters.vault.vault import opens
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

_KEYS = (
    "SELECT k.subject, k.epoch, k.wrapped, coalesce(v.stream, k.subject), coalesce(v.version, q.line), "
    "coalesce(v.field, q.id), coalesce(v.sealed, q.sealed), v.digest FROM subject_keys k "
    "LEFT JOIN vault v ON (v.stream, v.version, v.field) = (SELECT w.stream, w.version, w.field FROM vault w "
    "WHERE w.subject = k.subject AND w.sealed_with = k.number ORDER BY w.stream, w.version, w.field LIMIT 1) "
    "LEFT JOIN quarantine q ON q.id = (SELECT r.id FROM quarantine r "
    f"WHERE '{QUARANTINE}' || r.source = k.subject AND r.sealed_with = k.number ORDER BY r.id LIMIT 1) "
    "ORDER BY k.subject, k.number"
)
"""Each key with one thing that is sealed with it, a text or a row put aside."""


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


def look_at_keys(snapshot: Snapshot, ring: KeyRing, log: str, found: Findings, step: Callable[[], None]) -> None:
    """Look whether every key opens with the key-encryption keys at hand, and opens one text that is sealed with it."""
    known: dict[str, bytes | None] = {}
    for subject, epoch, wrapped, *place, sealed, digest in snapshot.rows(_KEYS):
        step()
        if epoch not in known:
            known[epoch] = _key(ring, epoch, found)
        under = known[epoch]
        if under is None:
            continue
        try:
            key = aes_key_unwrap(under, bytes(wrapped))
        except (InvalidUnwrap, ValueError):
            found.add("key.unopened", f"the key of {subject} does not open with the key-encryption key {epoch!r}")
            continue
        content = bytes(sealed or b"")
        # One that was altered is told of where the log is compared with it.
        is_whole = bool(content) and digest in (None, hashlib.sha256(content).hexdigest())
        if is_whole and not opens(key, content, log, place):
            said = f"is not opened by the key of {subject}: it is another key, or the desk has another id"
            found.add("text.unopened", f"what is sealed at {' '.join(map(str, place))} {said}")


def _key(ring: KeyRing, epoch: str, found: Findings) -> bytes | None:
    if isinstance(ring, FileKeys) and not ring.path.exists():  # which would make it
        found.add("key.file_missing", f"{ring.path} is not there: without it nothing in the vault can be opened")
        return None
    try:
        return ring.key(epoch)
    except Unavailable as error:
        found.add("key.epoch_missing", str(error))
        return None
