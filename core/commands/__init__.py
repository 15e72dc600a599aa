"""What can be asked of the desk, in the imperative, and :class:`Report` for what it is told.

Every command says on whose stream (``ticket``, ``customer``, …), when it happens (``at``), who asks (``actor``) and, if
the host knows better than "a command", what it comes from (``cause``). It asks for one event; the rules say whether
that happens. Instants in any time zone are taken and kept in UTC; without one they are refused with ``ValueError``.
"""

from __future__ import annotations

from typing import TypeAlias

from ventanilla.core.commands.agent import (
    AddAgent,
    CancelShift,
    EraseAgent,
    GrantRole,
    JoinTeam,
    LeaveTeam,
    LiftAgentHold,
    PlaceAgentHold,
    PlanShift,
    RemoveAgent,
    RevokeRole,
)
from ventanilla.core.commands.base import Asked
from ventanilla.core.commands.customer import (
    AddCustomer,
    EraseCustomer,
    LiftCustomerHold,
    LinkIdentity,
    MergeCustomer,
    PlaceCustomerHold,
    UnlinkIdentity,
    UnmergeCustomer,
)
from ventanilla.core.commands.feedback import OfferSurvey, PlanAction, TakeAction
from ventanilla.core.commands.links import (
    AddParticipant,
    Link,
    Merge,
    Rejoin,
    RemoveParticipant,
    Split,
    Unlink,
    Unmerge,
)
from ventanilla.core.commands.report import Report
from ventanilla.core.commands.setting import PublishSetting, RestateSetting, SealWindow, WithdrawSetting
from ventanilla.core.commands.talk import HandOver, JoinConversation, LeaveConversation, Receive, Reply, WriteNote
from ventanilla.core.commands.team import DisbandTeam, FormTeam, OwnJourney
from ventanilla.core.commands.ticket import (
    Assign,
    Categorise,
    Classify,
    ClearSpam,
    Close,
    Escalate,
    MarkSpam,
    NameCustomer,
    Open,
    Pause,
    Prioritise,
    Queue,
    Reopen,
    Resolve,
    Resume,
    Route,
    SetDue,
    SetFact,
    StateVerdict,
    Tag,
    Unassign,
    Untag,
)
from ventanilla.core.commands.work import (
    BreakPromise,
    DropFollowUp,
    FinishFollowUp,
    GrantGoodwill,
    KeepPromise,
    MakePromise,
    PlanFollowUp,
    WithdrawPromise,
)

Command: TypeAlias = (
    Open
    | Classify
    | Categorise
    | Prioritise
    | NameCustomer
    | Tag
    | Untag
    | SetFact
    | Route
    | Queue
    | Assign
    | Unassign
    | SetDue
    | Pause
    | Resume
    | Escalate
    | Resolve
    | Reopen
    | Close
    | MarkSpam
    | ClearSpam
    | StateVerdict
    | Link
    | Unlink
    | Merge
    | Unmerge
    | Split
    | Rejoin
    | AddParticipant
    | RemoveParticipant
    | JoinConversation
    | LeaveConversation
    | Receive
    | Reply
    | WriteNote
    | HandOver
    | MakePromise
    | KeepPromise
    | BreakPromise
    | WithdrawPromise
    | PlanFollowUp
    | FinishFollowUp
    | DropFollowUp
    | GrantGoodwill
    | AddCustomer
    | LinkIdentity
    | UnlinkIdentity
    | MergeCustomer
    | UnmergeCustomer
    | PlaceCustomerHold
    | LiftCustomerHold
    | EraseCustomer
    | AddAgent
    | RemoveAgent
    | JoinTeam
    | LeaveTeam
    | GrantRole
    | RevokeRole
    | PlanShift
    | CancelShift
    | PlaceAgentHold
    | LiftAgentHold
    | EraseAgent
    | FormTeam
    | OwnJourney
    | DisbandTeam
    | OfferSurvey
    | PlanAction
    | TakeAction
    | PublishSetting
    | RestateSetting
    | SealWindow
    | WithdrawSetting
    | Report
)

__all__ = [
    "AddAgent",
    "AddCustomer",
    "AddParticipant",
    "Asked",
    "Assign",
    "BreakPromise",
    "CancelShift",
    "Categorise",
    "Classify",
    "ClearSpam",
    "Close",
    "Command",
    "DisbandTeam",
    "DropFollowUp",
    "EraseAgent",
    "EraseCustomer",
    "Escalate",
    "FinishFollowUp",
    "FormTeam",
    "GrantGoodwill",
    "GrantRole",
    "HandOver",
    "JoinConversation",
    "JoinTeam",
    "KeepPromise",
    "LeaveConversation",
    "LeaveTeam",
    "LiftAgentHold",
    "LiftCustomerHold",
    "Link",
    "LinkIdentity",
    "MakePromise",
    "MarkSpam",
    "Merge",
    "MergeCustomer",
    "NameCustomer",
    "OfferSurvey",
    "Open",
    "OwnJourney",
    "Pause",
    "PlaceAgentHold",
    "PlaceCustomerHold",
    "PlanAction",
    "PlanFollowUp",
    "PlanShift",
    "Prioritise",
    "PublishSetting",
    "Queue",
    "Receive",
    "Rejoin",
    "RemoveAgent",
    "RemoveParticipant",
    "Reopen",
    "Reply",
    "Report",
    "Resolve",
    "RestateSetting",
    "Resume",
    "RevokeRole",
    "Route",
    "SealWindow",
    "SetDue",
    "SetFact",
    "Split",
    "StateVerdict",
    "Tag",
    "TakeAction",
    "Unassign",
    "Unlink",
    "UnlinkIdentity",
    "Unmerge",
    "UnmergeCustomer",
    "Untag",
    "WithdrawPromise",
    "WithdrawSetting",
    "WriteNote",
]
