"""One matter as people read it: over all channels, and over tickets that were merged or split.

Reading follows the links; the log is never rewritten for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ventanilla.adapters.store import Store
from ventanilla.adapters.views import TicketView
from ventanilla.core import events as on
from ventanilla.core.recorded import Recorded

MESSAGES = (on.MessageReceived, on.ReplySent, on.NoteWritten, on.AttachmentKept, on.DeliveryReported)
"""What belongs to a message, and goes with it when a ticket is split."""


def timeline(store: Store, view: TicketView, ticket: str) -> list[Recorded]:
    """Return all that belongs to the matter of *ticket*, by the instant at which it happened.

    Args:
        store: The log.
        view: The fact table, up to date: it knows which tickets go on in which.
        ticket: The ticket.
    """
    todo, histories = [ticket], dict[str, Sequence[Recorded]]()
    while todo:
        stream = todo.pop()
        if stream not in histories:
            histories[stream] = store.load(stream)
            todo += [row.ticket for row in view.rows_where("merged_into", stream)]
    messages = [recorded for history in histories.values() for recorded in _split_off(store, history)]
    everything = itertools.chain(*histories.values(), messages)
    by_position = {recorded.position: recorded for recorded in everything}
    return sorted(by_position.values(), key=lambda recorded: (recorded.event.at, recorded.position))


def _split_off(store: Store, history: Sequence[Recorded]) -> Iterator[Recorded]:
    """Return the messages of other tickets that the ticket with this *history* was split from."""
    parts: dict[str, tuple[str, ...]] = {}
    for event in (recorded.event for recorded in history):
        if isinstance(event, on.TicketSplit):
            parts[event.source] = (*parts.get(event.source, ()), *event.messages)
        elif isinstance(event, on.TicketRejoined):
            parts.pop(event.source, None)
    for source, messages in parts.items():
        for recorded in store.load(source):
            if isinstance(recorded.event, MESSAGES) and recorded.event.message in messages:
                yield recorded
