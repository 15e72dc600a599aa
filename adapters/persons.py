"""What is personal, read and handed out: only to those who may, and on record before anybody sees it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from ventanilla.adapters.store import Store
from ventanilla.adapters.store.codec import decode
from ventanilla.adapters.store.personal import Sealed, TextReading
from ventanilla.adapters.vault import Vault
from ventanilla.adapters.vault.held import Held, HeldEvent, linked_addresses, references
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import SurveyOffered
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.core.rights import PRIVACY, Decision, may_read, may_see_all
from ventanilla.core.streams import AGENT, CUSTOMER, FEEDBACK


def read(store: Store, vault: Vault, recorded: Sequence[Recorded], actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Return the texts of each of *recorded* by field, once it is on record who read them.

    Raises:
        Refused: There is one that *actor* may not read.
    """
    grant = ""
    for one in recorded:
        for said in references(one).values():
            decision = may_read(actor, one.event, said.of)
            if not decision.allowed:
                raise Refused("read.forbidden", decision.reason)
            grant = decision.reason
    opened = [
        dict(vault.open(found, store.personal.texts(one.stream, one.version))) if (found := references(one)) else {}
        for one in recorded
    ]
    _put_on_record(
        store,
        [
            _reading(one, name, said.of, actor, grant, now)
            for one, texts in zip(recorded, opened, strict=True)
            for name, said in references(one).items()
            if name in texts
        ],
    )
    return opened


def held(store: Store, vault: Vault, subject: str, tickets: Collection[str], actor: Actor, now: datetime) -> Held:
    """Return all that is held on *subject*, once it is on record who has it.

    What stays inside the desk, a note say, is opened for who looks after privacy, not for the person themselves.

    Args:
        store: The log.
        vault: The vault.
        subject: The person's stream.
        tickets: The tickets that are theirs.
        actor: Who asks for it.
        now: The instant to put on record.

    Raises:
        Refused: *actor* may not have it.
    """
    if not subject.startswith((CUSTOMER, AGENT)):
        raise NotUnderstood(f"{subject!r} is no person: write customer/c-1 or agent/a-1")
    decision = may_see_all(actor, subject)
    if not decision.allowed:
        raise Refused("held.forbidden", decision.reason)
    sealed: dict[tuple[str, int], list[Sealed]] = {}
    for text in store.personal.texts_about(subject):
        sealed.setdefault((text.stream, text.version), []).append(text)
    whole = {subject, *tickets, *_asked(store, subject)}
    histories = (store.load(stream) for stream in whole | {stream for stream, _ in sealed})
    events: list[HeldEvent] = []
    for one in itertools.chain.from_iterable(histories):
        place = (one.stream, one.version)
        if one.stream in whole or place in sealed:
            own = references(one, subject) if _may_open(decision, actor, one, subject) else {}
            events.append(HeldEvent(recorded=one, texts=vault.open(own, sealed.get(place, []) if own else [])))
    events.sort(key=lambda event: event.recorded.position)
    _put_on_record(
        store,
        [_reading(e.recorded, name, subject, actor, decision.reason, now) for e in events for name in e.texts],
    )
    return Held(subject=subject, events=events, addresses=linked_addresses(events, subject))


def _may_open(decision: Decision, actor: Actor, one: Recorded, subject: str) -> bool:
    return decision.reason == PRIVACY or may_read(actor, one.event, subject).allowed


def _asked(store: Store, subject: str) -> Iterable[str]:
    """Return the streams of the surveys that were offered to *subject*."""
    if not subject.startswith(CUSTOMER):
        return
    respondent = subject.removeprefix(CUSTOMER)
    said = msgspec.json.encode({"respondent": respondent}).decode()[1:-1]
    for sign in "\\%_":
        said = said.replace(sign, f"\\{sign}")
    dialect = store.database.dialect
    rows = store.database.select(
        f"SELECT originator_id, {dialect.position}, topic, state FROM events WHERE originator_id >= ? "
        f"AND originator_id < ? AND topic = ? AND {dialect.shown[0]} LIKE ? ESCAPE '\\'",
        (FEEDBACK, FEEDBACK[:-1] + chr(ord("/") + 1), SurveyOffered.TOPIC, f"%{said}%"),
    )
    for stream, position, topic, state in rows:
        event = decode(position, topic, state)
        if isinstance(event, SurveyOffered) and event.respondent == respondent:
            yield stream


def _reading(one: Recorded, name: str, subject: str, actor: Actor, grant: str, now: datetime) -> TextReading:
    return TextReading(
        at=now, actor=str(actor), allowed_by=grant, subject=subject, stream=one.stream, version=one.version, field=name
    )


def _put_on_record(store: Store, readings: Sequence[TextReading]) -> None:
    if readings:
        store.personal.keep_readings(readings)
