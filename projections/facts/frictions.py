"""The fact table of frictions: one row a ticket, with what made it hard for the customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from ventanilla.core import events as on
from ventanilla.projections.facts.history import History, history_table
from ventanilla.projections.facts.standing import VOIDING, Void, opening, settlement, void

LOOP = 3
"""After so many answers of a bot in a row, a customer who has to write again is in a loop."""


@frozen(kw_only=True)
class Friction:
    """What made a ticket hard for the customer.

    Attributes:
        ticket: The ticket.
        void: Why it counts in no rate.
        opened_at: When it arrived.
        settled_at: When it was settled; ``None``: it is open.
        transfers: How often it went from one team to another, or from one agent to another in a team.
        repetitions: How often the customer had to say again what the desk knew.
        repeated: Whether they had to, at all.
        channels: How many channels the customer used.
        switched: Whether it was more than one.
        smooth: Whether they changed the channel and had to repeat nothing; ``None``: they did not change it.
        bot_loops: How often they had to write again to a bot that had answered :data:`LOOP` times in a row.
        opened_position: The opening.
        settled_position: The settlement.
        transfer_positions: The transfers.
        repetition_positions: The repetitions.
        channel_positions: The opening, and what the customer said or joined.
        loop_positions: The messages in the loops.
    """

    ticket: str
    void: Void | None
    opened_at: datetime
    settled_at: datetime | None
    transfers: int
    repetitions: int
    repeated: bool
    channels: int
    switched: bool
    smooth: bool | None
    bot_loops: int
    opened_position: int
    settled_position: int | None
    transfer_positions: tuple[int, ...]
    repetition_positions: tuple[int, ...]
    channel_positions: tuple[int, ...]
    loop_positions: tuple[int, ...]


SOURCES: Mapping[str, tuple[str, ...]] = {
    "ticket": ("opened_position",),
    "void": (),
    "opened_at": ("opened_position",),
    "settled_at": ("settled_position",),
    "transfers": ("opened_position", "transfer_positions"),
    "repetitions": ("opened_position", "repetition_positions"),
    "repeated": ("opened_position", "repetition_positions"),
    "channels": ("channel_positions",),
    "switched": ("channel_positions",),
    "smooth": ("channel_positions", "repetition_positions"),
    "bot_loops": ("opened_position", "loop_positions"),
}


def _rows(history: History, _: datetime) -> Iterable[Friction]:
    opened = opening(history)
    if opened is None:
        return
    settled, transfers = settlement(history), _transfers(history)
    repetitions = [one.position for one in history if isinstance(one.event, on.RepetitionNoticed)]
    channels, places = _channels(history)
    loops = _loops(history)
    yield Friction(
        ticket=history[0].stream,
        void=void(history),
        opened_at=opened[0].at,
        settled_at=settled[0] if settled else None,
        transfers=len(transfers),
        repetitions=len(repetitions),
        repeated=bool(repetitions),
        channels=len(channels),
        switched=len(channels) > 1,
        smooth=not repetitions if len(channels) > 1 else None,
        bot_loops=len(loops),
        opened_position=opened[1],
        settled_position=settled[1] if settled else None,
        transfer_positions=tuple(transfers),
        repetition_positions=tuple(repetitions),
        channel_positions=tuple(places),
        loop_positions=tuple(loops),
    )


def _transfers(history: History) -> list[int]:
    """Return the positions of the transfers: an agent who gets it together with a new team is no further one."""
    team = agent = None
    found: list[int] = []
    for recorded in history:
        match recorded.event:
            case on.TicketRouted(team=to):
                if team is not None and to != team:
                    found.append(recorded.position)
                    agent = None
                team = to
            case on.TicketAssigned(agent=to):
                if agent is not None and to != agent:
                    found.append(recorded.position)
                agent = to
            case _:
                pass
    return found


def _channels(history: History) -> tuple[set[str], list[int]]:
    channels, places = set[str](), list[int]()
    for recorded in history:
        match recorded.event:
            case (
                on.TicketOpened(channel=channel)
                | on.ConversationJoined(channel=channel)
                | on.MessageReceived(channel=channel, author_kind="customer")
                | on.CallEnded(channel=channel, direction="inbound")
            ):
                channels.add(channel)
                places.append(recorded.position)
            case _:
                pass
    return channels, places


def _loops(history: History) -> list[int]:
    said, found = 0, list[int]()
    for recorded in history:
        match recorded.event:
            case on.ReplySent(author_kind="bot"):
                said += 1
            case on.ReplySent(author_kind="agent") | on.HandedToHuman():
                said = 0
            case on.MessageReceived(author_kind="customer") if said >= LOOP:
                found.append(recorded.position)
                said = 0
            case _:
                pass
    return found


FRICTIONS = history_table(
    name="frictions",
    about="one row a ticket: what made it hard for the customer",
    row=Friction,
    reads=VOIDING
    | {
        on.TicketOpened,
        on.TicketResolved,
        on.TicketClosed,
        on.TicketReopened,
        on.TicketRouted,
        on.TicketAssigned,
        on.RepetitionNoticed,
        on.ConversationJoined,
        on.MessageReceived,
        on.ReplySent,
        on.CallEnded,
        on.HandedToHuman,
    },
    rows=_rows,
    sources=SOURCES,
)
"""The table."""
