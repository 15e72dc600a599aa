"""What the rows of a fact table are joined with: the ticket, and the customer, that they are of."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs
from attrs import Factory, frozen

from ventanilla.projections.customers import CUSTOMERS, CustomerFacts
from ventanilla.projections.expressions import Row
from ventanilla.projections.metric import Question
from ventanilla.projections.periods import PERIODS
from ventanilla.projections.table import FactTable
from ventanilla.projections.tickets import DIMENSIONS, TICKETS, TicketFacts


@frozen(kw_only=True)
class Joins:
    """What rows are joined with.

    Attributes:
        tickets: The facts of the tickets, by id.
        customers: The facts of the customers, by id.
    """

    tickets: Mapping[str, TicketFacts] = Factory(dict)
    customers: Mapping[str, CustomerFacts] = Factory(dict)


NO_JOINS = Joins()
"""Where rows stand for themselves."""


def joins_needed(questions: Sequence[Question], table: FactTable[Any]) -> frozenset[str]:
    """Return what of :class:`Joins` the *questions* to *table* read: names of its attributes."""
    needed: set[str] = set()
    for question in questions:
        try:
            read = read_by(question)
        except (Exception, SystemExit):  # the metric's own, which whoever answers is told
            continue
        for name in read:
            if name in attrs.fields_dict(table.row):
                continue
            needed |= {"tickets"} if name in _TICKET or "ticket" in attrs.fields_dict(table.row) else set()
            needed |= {"customers"} if name not in _TICKET else set()
    return frozenset(needed - ({"tickets"} if table.name == TICKETS.name else set()))


def is_joined(name: str) -> bool:
    """Return whether a ticket or a customer has the column *name*."""
    return name in _TICKET or name in _CUSTOMER


def joining(table: FactTable[Any], joins: Joins) -> Callable[[Row], Row]:
    """Return what joins a row of *table* with its ticket and its customer."""
    of_ticket = "ticket" in attrs.fields_dict(table.row) and table.name != TICKETS.name
    of_customer = "customer" in attrs.fields_dict(table.row)
    kind = _joined_row(table.row)  # type: ignore[arg-type]  # a class is hashable, whatever its own class says

    def joined(row: Row) -> _Joined:
        ticket = (joins.tickets.get(row.ticket) if of_ticket else None) or _NOBODY
        customer = getattr(row, "customer", None) if of_customer else None
        customer = customer or ticket.customer
        return kind(row, ticket, (joins.customers.get(customer) if customer else None) or _NOBODY)

    return joined


def read_by(question: Question) -> frozenset[str]:
    """Return the columns that decide whether and where a row counts, and as what."""
    metric = question.metric
    read = metric.where.columns() | metric.value.columns() | question.only.keys()
    read = read.union(*(left_out.columns() for left_out in metric.excludes.values()))
    if metric.once is not None:
        read |= metric.once.columns() | metric.dated.columns()
    if question.by in PERIODS or question.since or question.until:
        read |= metric.dated.columns()
    return frozenset(read if question.by is None or question.by in PERIODS else read | {question.by})


def dimension(name: str, table: FactTable[Any]) -> Callable[[Any], Any]:
    """Return what reads the dimension *name* of a row: a column, or else one of the facts given at the opening."""
    if name in (*table.dimensions, *DIMENSIONS, *CUSTOMERS.dimensions):
        return operator.attrgetter(name)
    return lambda row: _fact(row, name)


def _fact(row: Any, name: str) -> str | None:
    found: str | None = row.facts.get(name)
    return row.of_customer.profile.get(name) if found is None and isinstance(row, _Joined) else found


def sources(read: Iterable[str], table: FactTable[Any]) -> list[str]:
    """Return the columns, with the joined row's name before those of a join, that hold the positions behind *read*."""
    found: set[str] = set()
    for name in read:
        if name in attrs.fields_dict(table.row):
            found |= set(table.sources.get(name, ()))
        elif name in _CUSTOMER and name not in _TICKET:
            found |= {f"of_customer.{source}" for source in CUSTOMERS.sources[name]}
        else:
            near = "" if table.name == TICKETS.name else "of_ticket."
            found |= {near + source for source in TICKETS.sources.get(name, TICKETS.sources["facts"])}
    return sorted(found)


class _Joined:
    """A row together with its ticket and its customer, each of which may be missing."""

    __slots__ = ("_row", "of_customer", "of_ticket")

    def __init__(self, row: Row, of_ticket: TicketFacts | _Nobody, of_customer: CustomerFacts | _Nobody) -> None:
        self._row = row
        self.of_ticket = of_ticket
        self.of_customer = of_customer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)  # what is no column


@functools.cache
def _joined_row(row: type) -> type[_Joined]:
    """Return the joined rows of a table of *row*, whose columns are read without a detour: many read each of them."""
    places = {name: f"of_customer.{name}" for name in _CUSTOMER} | {name: f"of_ticket.{name}" for name in _TICKET}
    places |= {name: f"_row.{name}" for name in attrs.fields_dict(row)}
    columns = {name: property(operator.attrgetter(place)) for name, place in places.items()}
    return type("_Joined", (_Joined,), {"__slots__": (), **columns})


class _Nobody:
    """What is known of a ticket or customer that is not there: nothing."""

    facts: Mapping[str, str] = MappingProxyType({})
    profile: Mapping[str, str] = MappingProxyType({})

    def __getattr__(self, name: str) -> None:
        return None


_NOBODY = _Nobody()
_TICKET = attrs.fields_dict(TicketFacts)
_CUSTOMER = attrs.fields_dict(CustomerFacts)
