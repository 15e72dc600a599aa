"""The clocks that every desk has, declared as a plug-in would declare its own."""

from __future__ import annotations

from ventanilla.core import events as core
from ventanilla.projections.clock import Clock
from ventanilla.projections.triggers import Becomes, Work, on

_OPENED = on(core.TicketOpened)
_ASKED = on(core.MessageReceived, author_kind="customer")
_SAID = on(core.ReplySent, author_kind="agent")
_ANSWERED = on(core.ReplySent, author_kind="agent", opening=False)
_NOTED = on(core.NoteWritten, author_kind="agent", option=("public_only", False))
_BOT_ANSWERED = on(core.ReplySent, author_kind="bot", option=("bot_clears_waiting", True))
_CLOSED = on(core.TicketClosed)
_REOPENED = Work("on")

FIRST_RESPONSE = Clock(
    name="first_response",
    starts=(_OPENED,),
    meets=(_ANSWERED, _NOTED, Becomes("status_counts_as_response")),
    breaks=(_CLOSED,),
    at_stop="stopped",
)
"""From the opening to the first answer by a person."""

NEXT_RESPONSE = Clock(
    name="next_response",
    starts=(_ASKED,),
    meets=(_ANSWERED, _NOTED),
    cancels=(_BOT_ANSWERED,),
    restarts=(on(core.MessageReceived, author_kind="customer", option=("next_response_clock", "latest_unanswered")),),
    at_stop="ended",
    after="first_response",
    holds=True,
)
"""From each unanswered message of the customer to the next answer by a person: an instance a wait."""

PERIODIC_UPDATE = Clock(name="periodic_update", starts=(_SAID, _NOTED), meets=(_SAID, _NOTED), at_stop="ended")
"""From each word to the customer to the next."""

PAUSABLE_UPDATE = Clock(
    name="pausable_update", starts=(_SAID, _NOTED), meets=(_SAID, _NOTED), at_stop="ended", pauses=("pending",)
)
"""The same, and paused while the desk waits for the customer."""

REQUESTER_WAIT = Clock(name="requester_wait", starts=(_OPENED,), at_stop="met", pauses=("pending",))
"""How long the customer has waited for the desk."""

AGENT_WORK = Clock(name="agent_work", starts=(_OPENED,), at_stop="met", pauses=("pending", "hold"))
"""How long it lay with the desk and nobody else."""

RESOLUTION = Clock(name="resolution", starts=(_OPENED,), at_stop="met", pauses=("pending",))
"""From the opening to the settlement, without the time that the customer took."""

TOTAL_RESOLUTION = Clock(name="total_resolution", starts=(_OPENED,), at_stop="met")
"""From the opening to the settlement."""

OWNERSHIP = Clock(name="ownership", starts=(on(core.TicketRouted), _REOPENED), at_stop="met", each="team", follows=True)
"""How long a team has had it: an instance an assignment."""

DUE_DATE = Clock(
    name="due_date",
    starts=(_OPENED,),
    at_stop="met",
    due="due",
    moves=(on(core.TicketDueSet),),
    notes=(on(core.VerdictStated),),
)
"""Settled by the due instant that was set by hand."""

PROMISE = Clock(
    name="promise",
    starts=(on(core.PromiseMade),),
    meets=(on(core.PromiseKept),),
    breaks=(on(core.PromiseBroken),),
    cancels=(on(core.PromiseWithdrawn),),
    each="promise",
    due="due",
)
"""What was promised, by when."""

FOLLOW_UP = Clock(
    name="follow_up",
    starts=(on(core.FollowUpPlanned),),
    meets=(on(core.FollowUpDone),),
    cancels=(on(core.FollowUpDropped),),
    each="follow_up",
    due="due",
)
"""Coming back to the customer, by when."""

STANDARD = (
    FIRST_RESPONSE,
    NEXT_RESPONSE,
    PERIODIC_UPDATE,
    PAUSABLE_UPDATE,
    REQUESTER_WAIT,
    AGENT_WORK,
    RESOLUTION,
    TOTAL_RESOLUTION,
    OWNERSHIP,
    DUE_DATE,
    PROMISE,
    FOLLOW_UP,
)
"""All of them; a clock that another one waits for stands before it."""
