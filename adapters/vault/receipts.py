"""What proves that a person was erased, and carries it out again where an older copy was restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from attrs import field, frozen

from ventanilla.adapters.store.codec import try_decode
from ventanilla.adapters.store.instants import instant, stamp
from ventanilla.adapters.store.personal import ErasingFact, Erasure, erase
from ventanilla.adapters.store.personal_rows import PersonalRows
from ventanilla.core.commands import EraseAgent, EraseCustomer
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import AgentErased, CustomerErased
from ventanilla.core.recorded import Actor
from ventanilla.core.streams import AGENT, CUSTOMER
from ventanilla.plugins.logs import log as lines

UNREADABLE = "unreadable"
"""Why somebody was erased whose erasing event can no longer be read."""


@frozen(kw_only=True)
class Receipt:
    """That a person was erased.

    Attributes:
        log: The id of the log.
        subject: The person's stream.
        request: The id of the request.
        because: Why, a code.
        position: The place in the log of the fact.
        at: When.
        texts: How many texts were destroyed.
        addresses: How many addresses were unlinked.
        keys: How many keys were destroyed.
        purged: Whether the database's files are clean, too: of SQLite every byte is gone; of PostgreSQL the keys are,
            and what free space may keep of sealed texts opens by nothing. If a reader holds them it is tried again
            when the desk is next opened or closed, or somebody else is erased.
        repeated: Whether they had been erased before.
        merged: The streams of the customers who were merged into them: the same person, and not erased with them.
    """

    log: str
    subject: str
    request: str
    because: str
    position: int
    at: datetime
    texts: int
    addresses: int
    keys: int
    purged: bool = field(default=False, eq=False)
    repeated: bool = field(default=False, eq=False)
    merged: tuple[str, ...] = field(default=(), eq=False)


def carry_out(rows: PersonalRows) -> int:
    """Carry out erasures that the log knows of and the vault does not, and return of how many persons.

    It lacks them when its tables were restored from a copy older than the log. An event that cannot be read does not
    say who asked, and may be no erasing one at all: it erases nobody, and the doctor names it.
    """
    facts: list[tuple[ErasingFact, CustomerErased | AgentErased]] = []
    for fact in rows.not_carried_out():
        if said := _said(fact):
            facts.append((fact, said))
        else:
            lines("vault").warning("erasure.unreadable", position=fact.position)
    if facts:
        with rows.database.write() as cursor:
            for fact, said in facts:
                erase(cursor, Erasure(subject=fact.stream, request=said.request, erased_at=stamp(said.at)))
    return len(facts)


def receipts(rows: PersonalRows, log: str, subject: str | None = None) -> list[Receipt]:
    """Return the receipts of all erasures, or of one person's, by position.

    Of one whose event can no longer be read the vault knows the request and the instant, and nobody the reason.
    """
    counts = {erasure.subject: erasure for erasure in rows.erasures(None if subject is None else [subject])}
    return [
        Receipt(
            log=log,
            subject=fact.stream,
            request=said.request if said else found.request,
            because=said.because if said else UNREADABLE,
            position=fact.position,
            at=said.at if said else instant(found.erased_at),
            texts=found.texts,
            addresses=found.addresses,
            keys=found.keys,
            purged=bool(found.purged),
        )
        for fact in rows.erasing_facts(subject)
        for said in [_said(fact)]
        if (found := counts.get(fact.stream))
    ]


def command_of(receipt: Receipt, actor: Actor) -> EraseCustomer | EraseAgent:
    """Return the command that carries an erasure out again.

    Raises:
        NotUnderstood: It is of neither a customer nor an agent.
    """
    said = {"at": receipt.at, "actor": actor, "request": receipt.request, "because": receipt.because}
    if receipt.subject.startswith(CUSTOMER):
        return EraseCustomer(customer=receipt.subject.removeprefix(CUSTOMER), **said)  # type: ignore[arg-type]
    if receipt.subject.startswith(AGENT):
        return EraseAgent(agent=receipt.subject.removeprefix(AGENT), **said)  # type: ignore[arg-type]
    raise NotUnderstood(f"{receipt.subject} is neither a customer nor an agent")


def write_register(found: Sequence[Receipt]) -> str:
    """Return receipts as JSON Lines: keep them where the database's backups are not."""
    return "".join(f"{msgspec.json.encode(receipt).decode()}\n" for receipt in found)


def read_register(lines: Iterable[str]) -> list[Receipt]:
    """Return the receipts that :func:`write_register` wrote.

    Raises:
        NotUnderstood: A line is none; it is named by its number, and nothing of it is shown.
    """
    found: list[Receipt] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Receipt))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise NotUnderstood(f"line {number} of the register is no receipt of an erasure: {error}") from error
    return found


def _said(fact: ErasingFact) -> CustomerErased | AgentErased | None:
    """Return the event; ``None`` if it cannot be read."""
    event = try_decode(fact.position, fact.topic, fact.state)
    return event if isinstance(event, CustomerErased | AgentErased) else None


def reapply(register: Iterable[Receipt], log: str, erase: Callable[[Receipt], Receipt]) -> list[Receipt]:
    """Carry out the erasures of *register* again, and return their receipts.

    Args:
        register: The receipts.
        log: The id of the log that they must be of.
        erase: Carries one out.

    Raises:
        NotUnderstood: The register is of another log; nothing was done.
        Refused: Some are under a legal hold; the others were erased.
    """
    todo = list(register)
    if other := next((receipt.log for receipt in todo if receipt.log != log), None):
        raise NotUnderstood(f"the register is of another log than {log}: {other}")
    done: list[Receipt] = []
    held: list[Refused] = []
    for receipt in todo:
        try:
            done.append(erase(receipt))
        except Refused as error:
            if not error.rule.endswith(".held"):
                raise
            held.append(error)
    if held:
        raise Refused("reapply.held", "; ".join(error.reason for error in held))
    return done
