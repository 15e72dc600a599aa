"""Whether a new contact continues a matter that is there already, on whatever channel it comes.

A customer who phoned yesterday and writes on Facebook today goes on with the same ticket, if the desk's rules say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from attrs import frozen

Standing: TypeAlias = Literal["open", "resolved", "closed"]


@frozen(kw_only=True)
class Contact:
    """A customer turns up.

    Attributes:
        customer: Who, an id: verified, else nothing may be continued.
        channel: Where.
        at: When.
        category: What about; ``None`` if not known yet.
    """

    customer: str
    channel: str
    at: datetime
    category: str | None = None


@frozen(kw_only=True)
class Matter:
    """A ticket of that customer.

    Attributes:
        ticket: Its id.
        status: Where it stands.
        category: What it is about; ``None`` if nobody said.
        last_at: When something last happened to it.
    """

    ticket: str
    status: Standing
    category: str | None
    last_at: datetime


@frozen(kw_only=True)
class Rule:
    """When a contact continues a matter.

    Attributes:
        statuses: Where the ticket may stand.
        within: How long ago something may last have happened to it, at most.
        category: Only for tickets of this category; ``None``: of any.
        same_category: Whether a contact of another category is another matter; one of no category is not known to be.
    """

    statuses: frozenset[Standing]
    within: timedelta
    category: str | None = None
    same_category: bool = True


DEFAULT = (
    Rule(statuses=frozenset({"open"}), within=timedelta(days=30)),
    Rule(statuses=frozenset({"resolved"}), within=timedelta(days=7)),
)
"""An open matter goes on for a month, a resolved one for a week, a closed one never."""


def continued(contact: Contact, matters: Iterable[Matter], rules: Sequence[Rule] = DEFAULT) -> str | None:
    """Return the ticket that *contact* continues, of those that fit the one touched last; ``None``: a new matter."""
    fitting = [matter for matter in matters if any(_fits(contact, matter, rule) for rule in rules)]
    last = max(fitting, key=lambda matter: (matter.last_at, matter.ticket), default=None)
    return last.ticket if last else None


def _fits(contact: Contact, matter: Matter, rule: Rule) -> bool:
    if rule.category is not None and rule.category != matter.category:
        return False
    if rule.same_category and None not in (contact.category, matter.category) and contact.category != matter.category:
        return False
    return matter.status in rule.statuses and contact.at - matter.last_at <= rule.within
