"""What can happen: every event there is, by what it happens to.

Every name of the modules here is importable from this package.
"""

from __future__ import annotations

from typing import TypeAlias

from ventanilla.core.events.agent import (
    AgentErased,
    AgentHoldLifted,
    AgentHoldPlaced,
    AgentJoined,
    AgentLeft,
    AgentRecognised,
    RoleGranted,
    RoleRevoked,
    ShiftCancelled,
    ShiftPlanned,
    ShiftWorked,
    SkillSet,
    TeamJoined,
    TeamLeft,
    TrainingCompleted,
)
from ventanilla.core.events.base import Happened
from ventanilla.core.events.customer import (
    ChannelPreferred,
    CustomerAdded,
    CustomerErased,
    CustomerHoldLifted,
    CustomerHoldPlaced,
    CustomerMerged,
    CustomerUnmerged,
    IdentityClaimed,
    IdentityKind,
    IdentityLinked,
    IdentityUnlinked,
    JourneyStageReached,
    OrderPlaced,
    OrderReturned,
    ProfileFactSet,
    ReferenceSet,
    SegmentSet,
    SelfServed,
    SubscriptionEnded,
    SubscriptionRenewed,
    SubscriptionStarted,
    ValueStated,
)
from ventanilla.core.events.feedback import (
    AboutKind,
    ActionPlanned,
    ActionTaken,
    ActionTold,
    AnswerAmended,
    AnswerWithdrawn,
    Better,
    CommentLeft,
    DriverCoded,
    FeedbackRemoved,
    Instrument,
    Level,
    MentionKind,
    MentionPosted,
    Mode,
    ReviewPosted,
    SentimentScored,
    SignalRecorded,
    SurveyAnswered,
    SurveyDelivered,
    SurveyOffered,
)
from ventanilla.core.events.links import (
    LinkKind,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantRole,
    TicketLinked,
    TicketMerged,
    TicketRejoined,
    TicketSplit,
    TicketUnlinked,
    TicketUnmerged,
)
from ventanilla.core.events.setting import SettingPublished, SettingRestated, SettingWithdrawn, WindowSealed
from ventanilla.core.events.talk import (
    AttachmentKept,
    AuthorKind,
    CallDirection,
    CallEnded,
    CallOutcome,
    ConversationJoined,
    ConversationLeft,
    DeliveryReported,
    DeliveryState,
    HandedToHuman,
    HumanRequested,
    Judge,
    MessageReceived,
    NoteWritten,
    RepetitionNoticed,
    ReplySent,
    SessionEnd,
    SessionEnded,
)
from ventanilla.core.events.team import JourneyOwned, TeamDisbanded, TeamFormed
from ventanilla.core.events.ticket import (
    CustomerNamed,
    FactSet,
    Origin,
    PauseReason,
    StageReached,
    TicketAssigned,
    TicketCategorised,
    TicketClassified,
    TicketClearedOfSpam,
    TicketClosed,
    TicketDueSet,
    TicketEscalated,
    TicketMarkedSpam,
    TicketOpened,
    TicketPaused,
    TicketPrioritised,
    TicketQueued,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRouted,
    TicketTagged,
    TicketUnassigned,
    TicketUntagged,
    Verdict,
    VerdictStated,
)
from ventanilla.core.events.work import (
    ArticleJudged,
    ArticleSuggested,
    AutomationDecided,
    AutomationReviewed,
    CancellationAttempted,
    CancellationOutcome,
    CancellationSettled,
    CaseReviewed,
    FollowUpDone,
    FollowUpDropped,
    FollowUpPlanned,
    GoodwillGranted,
    Judgement,
    OpportunityLost,
    OpportunityWon,
    PromiseBroken,
    PromiseKept,
    PromiseKeptTold,
    PromiseMade,
    PromiseWithdrawn,
    ReviewKind,
    Suggester,
    TimeSpent,
)

TicketEvent: TypeAlias = (
    TicketOpened
    | TicketCategorised
    | TicketPrioritised
    | TicketRouted
    | TicketDueSet
    | TicketResolved
    | TicketReopened
    | TicketClosed
    | VerdictStated
    | TicketClassified
    | CustomerNamed
    | TicketTagged
    | TicketUntagged
    | FactSet
    | StageReached
    | TicketQueued
    | TicketAssigned
    | TicketUnassigned
    | TicketPaused
    | TicketResumed
    | TicketMarkedSpam
    | TicketClearedOfSpam
    | TicketEscalated
    | TicketLinked
    | TicketUnlinked
    | TicketMerged
    | TicketUnmerged
    | TicketSplit
    | TicketRejoined
    | ParticipantAdded
    | ParticipantRemoved
    | ConversationJoined
    | ConversationLeft
    | SessionEnded
    | MessageReceived
    | ReplySent
    | NoteWritten
    | DeliveryReported
    | AttachmentKept
    | CallEnded
    | RepetitionNoticed
    | HumanRequested
    | HandedToHuman
    | PromiseMade
    | PromiseKept
    | PromiseBroken
    | PromiseWithdrawn
    | PromiseKeptTold
    | FollowUpPlanned
    | FollowUpDone
    | FollowUpDropped
    | TimeSpent
    | ArticleSuggested
    | ArticleJudged
    | GoodwillGranted
    | CancellationAttempted
    | CancellationSettled
    | OpportunityWon
    | OpportunityLost
    | AutomationDecided
    | AutomationReviewed
    | CaseReviewed
)

CustomerEvent: TypeAlias = (
    CustomerAdded
    | IdentityClaimed
    | IdentityLinked
    | IdentityUnlinked
    | SegmentSet
    | ChannelPreferred
    | JourneyStageReached
    | ReferenceSet
    | ProfileFactSet
    | ValueStated
    | OrderPlaced
    | OrderReturned
    | SubscriptionStarted
    | SubscriptionRenewed
    | SubscriptionEnded
    | SelfServed
    | CustomerMerged
    | CustomerUnmerged
    | CustomerHoldPlaced
    | CustomerHoldLifted
    | CustomerErased
)

AgentEvent: TypeAlias = (
    AgentJoined
    | AgentLeft
    | TeamJoined
    | TeamLeft
    | RoleGranted
    | RoleRevoked
    | SkillSet
    | TrainingCompleted
    | ShiftPlanned
    | ShiftCancelled
    | ShiftWorked
    | AgentRecognised
    | AgentHoldPlaced
    | AgentHoldLifted
    | AgentErased
)

TeamEvent: TypeAlias = TeamFormed | JourneyOwned | TeamDisbanded

FeedbackEvent: TypeAlias = (
    SurveyOffered
    | SurveyDelivered
    | SurveyAnswered
    | CommentLeft
    | AnswerAmended
    | AnswerWithdrawn
    | DriverCoded
    | SentimentScored
    | ReviewPosted
    | MentionPosted
    | SignalRecorded
    | FeedbackRemoved
    | ActionPlanned
    | ActionTaken
    | ActionTold
)

SettingEvent: TypeAlias = SettingPublished | SettingRestated | SettingWithdrawn | WindowSealed

Event: TypeAlias = TicketEvent | CustomerEvent | AgentEvent | TeamEvent | FeedbackEvent | SettingEvent
"""Everything that can stand in a log."""

TicketObservation: TypeAlias = (
    StageReached
    | SessionEnded
    | DeliveryReported
    | AttachmentKept
    | CallEnded
    | RepetitionNoticed
    | HumanRequested
    | PromiseKeptTold
    | TimeSpent
    | ArticleSuggested
    | ArticleJudged
    | CancellationAttempted
    | CancellationSettled
    | OpportunityWon
    | OpportunityLost
    | AutomationDecided
    | AutomationReviewed
    | CaseReviewed
)

CustomerObservation: TypeAlias = (
    IdentityClaimed
    | SegmentSet
    | ChannelPreferred
    | JourneyStageReached
    | ReferenceSet
    | ProfileFactSet
    | ValueStated
    | OrderPlaced
    | OrderReturned
    | SubscriptionStarted
    | SubscriptionRenewed
    | SubscriptionEnded
    | SelfServed
)

AgentObservation: TypeAlias = SkillSet | TrainingCompleted | ShiftWorked | AgentRecognised

FeedbackObservation: TypeAlias = (
    SurveyDelivered
    | SurveyAnswered
    | CommentLeft
    | AnswerAmended
    | AnswerWithdrawn
    | DriverCoded
    | SentimentScored
    | ReviewPosted
    | MentionPosted
    | SignalRecorded
    | FeedbackRemoved
    | ActionTold
)

Observation: TypeAlias = TicketObservation | CustomerObservation | AgentObservation | FeedbackObservation
"""What the desk does not decide but is told; see :class:`~ventanilla.core.commands.Report`."""

__all__ = [
    "AboutKind",
    "ActionPlanned",
    "ActionTaken",
    "ActionTold",
    "AgentErased",
    "AgentEvent",
    "AgentHoldLifted",
    "AgentHoldPlaced",
    "AgentJoined",
    "AgentLeft",
    "AgentObservation",
    "AgentRecognised",
    "AnswerAmended",
    "AnswerWithdrawn",
    "ArticleJudged",
    "ArticleSuggested",
    "AttachmentKept",
    "AuthorKind",
    "AutomationDecided",
    "AutomationReviewed",
    "Better",
    "CallDirection",
    "CallEnded",
    "CallOutcome",
    "CancellationAttempted",
    "CancellationOutcome",
    "CancellationSettled",
    "CaseReviewed",
    "ChannelPreferred",
    "CommentLeft",
    "ConversationJoined",
    "ConversationLeft",
    "CustomerAdded",
    "CustomerErased",
    "CustomerEvent",
    "CustomerHoldLifted",
    "CustomerHoldPlaced",
    "CustomerMerged",
    "CustomerNamed",
    "CustomerObservation",
    "CustomerUnmerged",
    "DeliveryReported",
    "DeliveryState",
    "DriverCoded",
    "Event",
    "FactSet",
    "FeedbackEvent",
    "FeedbackObservation",
    "FeedbackRemoved",
    "FollowUpDone",
    "FollowUpDropped",
    "FollowUpPlanned",
    "GoodwillGranted",
    "HandedToHuman",
    "Happened",
    "HumanRequested",
    "IdentityClaimed",
    "IdentityKind",
    "IdentityLinked",
    "IdentityUnlinked",
    "Instrument",
    "JourneyOwned",
    "JourneyStageReached",
    "Judge",
    "Judgement",
    "Level",
    "LinkKind",
    "MentionKind",
    "MentionPosted",
    "MessageReceived",
    "Mode",
    "NoteWritten",
    "Observation",
    "OpportunityLost",
    "OpportunityWon",
    "OrderPlaced",
    "OrderReturned",
    "Origin",
    "ParticipantAdded",
    "ParticipantRemoved",
    "ParticipantRole",
    "PauseReason",
    "ProfileFactSet",
    "PromiseBroken",
    "PromiseKept",
    "PromiseKeptTold",
    "PromiseMade",
    "PromiseWithdrawn",
    "ReferenceSet",
    "RepetitionNoticed",
    "ReplySent",
    "ReviewKind",
    "ReviewPosted",
    "RoleGranted",
    "RoleRevoked",
    "SegmentSet",
    "SelfServed",
    "SentimentScored",
    "SessionEnd",
    "SessionEnded",
    "SettingEvent",
    "SettingPublished",
    "SettingRestated",
    "SettingWithdrawn",
    "ShiftCancelled",
    "ShiftPlanned",
    "ShiftWorked",
    "SignalRecorded",
    "SkillSet",
    "StageReached",
    "SubscriptionEnded",
    "SubscriptionRenewed",
    "SubscriptionStarted",
    "Suggester",
    "SurveyAnswered",
    "SurveyDelivered",
    "SurveyOffered",
    "TeamDisbanded",
    "TeamEvent",
    "TeamFormed",
    "TeamJoined",
    "TeamLeft",
    "TicketAssigned",
    "TicketCategorised",
    "TicketClassified",
    "TicketClearedOfSpam",
    "TicketClosed",
    "TicketDueSet",
    "TicketEscalated",
    "TicketEvent",
    "TicketLinked",
    "TicketMarkedSpam",
    "TicketMerged",
    "TicketObservation",
    "TicketOpened",
    "TicketPaused",
    "TicketPrioritised",
    "TicketQueued",
    "TicketRejoined",
    "TicketReopened",
    "TicketResolved",
    "TicketResumed",
    "TicketRouted",
    "TicketSplit",
    "TicketTagged",
    "TicketUnassigned",
    "TicketUnlinked",
    "TicketUnmerged",
    "TicketUntagged",
    "TimeSpent",
    "TrainingCompleted",
    "ValueStated",
    "Verdict",
    "VerdictStated",
    "WindowSealed",
]
