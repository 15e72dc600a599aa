"""How a ticket stands, as its clocks see it: its status in a word, and the facts that policies ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs
from attrs import Factory, frozen

from ventanilla.core import events as on
from ventanilla.core.events import TicketEvent
from ventanilla.projections.reopening import is_courtesy

PAUSED = {"customer": "pending", "third_party": "hold", "snoozed": "snoozed"}
"""The status of a paused ticket, by what it waits for."""

STATUS = "status"
"""The fact that holds a desk's own word for the status; it counts until the status changes again."""


@frozen(kw_only=True)
class Situation:
    """How a ticket stands.

    Attributes:
        status: ``open``, ``pending``, ``hold``, ``snoozed``, ``resolved``, ``closed``, or the desk's own word.
        facts: What policies ask for: channel, origin, kind, type, category, priority, team, agent, customer, stage, and
            the ticket's further facts, each as it is now.
        opened_at: When it was opened; ``None`` before.
        opening: Whether the next reply is the text with which an agent opened it.
        settled: ``resolved`` or ``closed``, until the ticket is reopened, whatever the desk's own word; ``None``: open.
        until: When a pause ends by itself; ``None``: not by itself.
        off: Why no clock runs at all: it is ``merged`` with another, or ``spam``; ``None`` as a rule.
    """

    status: str = "open"
    facts: Mapping[str, str] = Factory(dict)
    opened_at: datetime | None = None
    opening: bool = False
    settled: str | None = None
    until: datetime | None = None
    off: str | None = None

    def resumed(self) -> Situation:
        """Return it after a pause has ended by itself."""
        return attrs.evolve(self, status="open", until=None)

    def is_stopped(self, stop: Collection[str]) -> bool:
        """Return whether the work has ended, by one of the statuses in *stop*."""
        return self.status in stop or self.settled in stop

    def after(self, event: TicketEvent) -> Situation:
        """Return how the ticket stands after *event*."""
        match event:
            case on.TicketOpened():
                named = {
                    "channel": event.channel,
                    "origin": event.origin,
                    "kind": event.kind,
                    "customer": event.customer,
                }
                facts = {**event.facts, **{name: value for name, value in named.items() if value is not None}}
                return attrs.evolve(
                    self,
                    status=event.facts.get(STATUS, "open"),
                    facts=facts,
                    opened_at=event.at,
                    opening=event.origin == "agent",
                )
            case on.ReplySent(author_kind="agent") if self.opening:
                return attrs.evolve(self, opening=False)
            case on.TicketPaused():
                return attrs.evolve(self, status=PAUSED[event.reason], until=event.until)
            case on.TicketResumed():
                return self.resumed()
            case on.TicketReopened() if is_courtesy(event):
                return self
            case on.TicketReopened():
                return attrs.evolve(self, status="open", settled=None, until=None)
            case on.TicketResolved():
                return attrs.evolve(self, status="resolved", settled="resolved", until=None)
            case on.TicketClosed():
                return attrs.evolve(self, status="closed", settled="closed", until=None)
            case on.FactSet(name=name, value=value) if name == STATUS:
                return attrs.evolve(self, status=value, until=None, facts={**self.facts, name: value})
            case on.TicketMerged():
                return attrs.evolve(self, off="merged")
            case on.TicketMarkedSpam():
                return attrs.evolve(self, off="spam")
            case on.TicketUnmerged() | on.TicketClearedOfSpam():
                return attrs.evolve(self, off=None)
            case _:
                return self._told(event)

    def is_opening_text(self, event: TicketEvent) -> bool:
        """Return whether *event* is the text with which an agent opens the ticket, no answer to anybody."""
        return self.opening and isinstance(event, on.ReplySent) and event.at == self.opened_at

    def _told(self, event: TicketEvent) -> Situation:
        """Return it with the facts that *event* tells."""
        told: Mapping[str, str | None]
        match event:
            case on.TicketCategorised():
                told = {"category": event.category}
            case on.TicketPrioritised():
                told = {"priority": event.priority}
            case on.TicketRouted():
                told = {"team": event.team}
            case on.TicketAssigned():
                told = {"agent": event.agent}
            case on.TicketUnassigned():
                told = {"agent": None}
            case on.TicketClassified():
                told = {"kind": event.kind, "type": event.type}
            case on.CustomerNamed():
                told = {"customer": event.customer}
            case on.StageReached():
                told = {"stage": event.stage}
            case on.FactSet():
                told = {event.name: event.value}
            case _:
                return self
        facts = {name: value for name, value in {**self.facts, **told}.items() if value is not None}
        return self if facts == self.facts else attrs.evolve(self, facts=facts)
