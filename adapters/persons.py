"""What is personal, read and handed out: only to those who may, and on record before anybody sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from ventanilla.adapters.store import Store
from ventanilla.adapters.store.codec import try_decode
from ventanilla.adapters.store.personal import Sealed, TextReading
from ventanilla.adapters.vault import Vault
from ventanilla.adapters.vault.held import Held, HeldEvent, linked_addresses, references
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import CustomerMerged, CustomerUnmerged, Event, SurveyOffered
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor, Recorded, Unreadable
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


def held(
    store: Store, vault: Vault, subjects: Sequence[str], tickets: Collection[str], actor: Actor, now: datetime
) -> Held:
    """Return all that is held on a person, once it is on record who has it.

    What stays inside the desk, a note say, is opened for who looks after privacy, not for the person themselves. What
    cannot be read is in nobody's way: it is named.

    Args:
        store: The log.
        vault: The vault.
        subjects: The person's stream, and those of the customers who were merged into them, see :func:`one_person`.
        tickets: The tickets that are theirs.
        actor: Who asks for it.
        now: The instant to put on record.

    Raises:
        Refused: *actor* may not have it.
    """
    subject = subjects[0]
    if not subject.startswith((CUSTOMER, AGENT)):
        raise NotUnderstood(f"{subject!r} is no person: write customer/c-1 or agent/a-1")
    decision = may_see_all(actor, subject)
    if not decision.allowed:
        raise Refused("held.forbidden", decision.reason)
    sealed: dict[str, dict[int, list[Sealed]]] = {}
    for text in (text for one in subjects for text in store.personal.texts_about(one)):
        sealed.setdefault(text.stream, {}).setdefault(text.version, []).append(text)
    whole = {*subjects, *tickets, *(stream for one in subjects for stream in _asked(store, one))}
    events: list[HeldEvent] = []
    unreadable: list[Unreadable] = []
    for stream in whole | set(sealed):
        texts = sealed.get(stream, {})
        for one in store.story(stream):
            if isinstance(one, Unreadable):
                unreadable.append(one)
            elif stream in whole or one.version in texts:
                own = _to_open(one, subjects, decision, actor)
                events.append(HeldEvent(recorded=one, texts=vault.open(own, texts.get(one.version, []) if own else [])))
    events.sort(key=lambda event: event.recorded.position)
    unreadable.sort(key=lambda one: one.position)
    _put_on_record(
        store,
        [
            _reading(event.recorded, name, said.of, actor, decision.reason, now)
            for event in events
            for name, said in references(event.recorded).items()
            if name in event.texts
        ],
    )
    addresses = [address for one in subjects for address in linked_addresses(events, one)]
    return Held(subject=subject, events=events, addresses=addresses, unreadable=unreadable)


def one_person(store: Store, subject: str) -> list[str]:
    """Return *subject* and the streams of the customers who were merged into them, at once or by a detour."""
    found = [subject]
    for one in found:  # which grows meanwhile
        name = one.removeprefix(CUSTOMER)
        found += [other for other in _merged_into(store, name) if other not in found] if name != one else []
    return found


def _merged_into(store: Store, customer: str) -> Iterator[str]:
    """Return the streams of the customers who are merged into *customer* now."""
    for stream in dict.fromkeys(stream for stream, _ in _saying(store, CUSTOMER, CustomerMerged, "into", customer)):
        into: str | None = None
        for one in store.story(stream):
            match one.event if isinstance(one, Recorded) else None:
                case CustomerMerged() as event:
                    into = event.into
                case CustomerUnmerged():
                    into = None
                case _:
                    pass
        if into == customer:
            yield stream


def _to_open(one: Recorded, subjects: Sequence[str], decision: Decision, actor: Actor) -> dict[str, Personal]:
    """Return what an event says of the texts about *subjects* that *actor* may have opened, by field."""
    found = {name: said for subject in subjects for name, said in references(one, subject).items()}
    return {name: said for name, said in found.items() if _may_open(decision, actor, one, said.of)}


def _may_open(decision: Decision, actor: Actor, one: Recorded, subject: str) -> bool:
    return decision.reason == PRIVACY or may_read(actor, one.event, subject).allowed


def _asked(store: Store, subject: str) -> Iterable[str]:
    """Return the streams of the surveys that were offered to *subject*."""
    if not subject.startswith(CUSTOMER):
        return
    respondent = subject.removeprefix(CUSTOMER)
    for stream, event in _saying(store, FEEDBACK, SurveyOffered, "respondent", respondent):
        if not isinstance(event, SurveyOffered) or event.respondent == respondent:
            yield stream


def _saying(
    store: Store, prefix: str, kind: type[Event], field: str, value: str
) -> Iterator[tuple[str, Event | Unreadable]]:
    """Return stream and event of those of one *kind* whose payload has *value* in *field*, or reads as if it had."""
    position, holds = store.database.dialect.position, store.database.dialect.holds
    rows = store.database.select(
        f"SELECT originator_id, {position}, topic, state FROM events WHERE originator_id >= ? AND originator_id < ? "
        f"AND topic = ? AND {holds} ORDER BY {position}",
        (prefix, prefix[:-1] + chr(ord("/") + 1), kind.TOPIC, msgspec.json.encode({field: value})[1:-1]),
    )
    for stream, place, topic, state in rows:
        yield stream, try_decode(place, topic, state)


def _reading(one: Recorded, name: str, subject: str, actor: Actor, grant: str, now: datetime) -> TextReading:
    return TextReading(
        at=now, actor=str(actor), allowed_by=grant, subject=subject, stream=one.stream, version=one.version, field=name
    )


def _put_on_record(store: Store, readings: Sequence[TextReading]) -> None:
    if readings:
        store.personal.keep_readings(readings)
