"""What is done for a ticket: promises, follow-ups, time, knowledge, goodwill, machine decisions, reviews."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import Personal, fact, personal

CancellationOutcome: TypeAlias = Literal["saved", "cancelled", "undecided"]
Judgement: TypeAlias = Literal["accepted", "overruled"]
ReviewKind: TypeAlias = Literal["quality", "post_case"]
Suggester: TypeAlias = Literal["agent", "bot", "search", "customer"]


@frozen(kw_only=True)
class PromiseMade(Happened):
    """The desk promised the customer something by an instant.

    Attributes:
        promise: Its id, unique on this ticket.
        due: By when; kept exactly then is kept.
        what: A code: ``"call_back"``, ``"delivery"``.
        text: In which words.
    """

    TOPIC: ClassVar[str] = "promise.made/1"

    promise: str = fact()
    due: datetime
    what: str = fact()
    text: Personal | None = personal(default=None)


@frozen(kw_only=True)
class PromiseKept(Happened):
    """It was done; late if after the due instant.

    Attributes:
        promise: Which.
    """

    TOPIC: ClassVar[str] = "promise.kept/1"

    promise: str = fact()


@frozen(kw_only=True)
class PromiseBroken(Happened):
    """It will not be done.

    Attributes:
        promise: Which.
    """

    TOPIC: ClassVar[str] = "promise.broken/1"

    promise: str = fact()


@frozen(kw_only=True)
class PromiseWithdrawn(Happened):
    """It was called off with the customer's consent: neither kept nor broken.

    Attributes:
        promise: Which.
    """

    TOPIC: ClassVar[str] = "promise.withdrawn/1"

    promise: str = fact()


@frozen(kw_only=True)
class PromiseKeptTold(Happened):
    """The customer was told, unasked, that it was kept.

    Attributes:
        promise: Which.
        message: By which message; ``None``: by no recorded one.
    """

    TOPIC: ClassVar[str] = "promise.kept-told/1"

    promise: str = fact()
    message: str | None = fact(default=None)


@frozen(kw_only=True)
class FollowUpPlanned(Happened):
    """Somebody will come back to the customer after the contact.

    Attributes:
        follow_up: Its id, unique on this ticket.
        due: By when.
        agent: Who, an id; ``None``: whoever is free.
    """

    TOPIC: ClassVar[str] = "follow-up.planned/1"

    follow_up: str = fact()
    due: datetime
    agent: str | None = fact(default=None)


@frozen(kw_only=True)
class FollowUpDone(Happened):
    """Somebody came back to the customer.

    Attributes:
        follow_up: Which.
    """

    TOPIC: ClassVar[str] = "follow-up.done/1"

    follow_up: str = fact()


@frozen(kw_only=True)
class FollowUpDropped(Happened):
    """It is not needed any more.

    Attributes:
        follow_up: Which.
    """

    TOPIC: ClassVar[str] = "follow-up.dropped/1"

    follow_up: str = fact()


@frozen(kw_only=True)
class TimeSpent(Happened):
    """An agent put working time in.

    Attributes:
        entry: The entry's id, unique on this ticket.
        agent: Who, an id.
        seconds: How much work, not how long it took.
        activity: On what, one of the desk's words.
    """

    TOPIC: ClassVar[str] = "work.time-spent/1"

    entry: str = fact()
    agent: str = fact()
    seconds: int
    activity: str = fact(default="work")


@frozen(kw_only=True)
class ArticleSuggested(Happened):
    """An article of the knowledge base was shown.

    Attributes:
        article: Its id.
        by: Who found it.
    """

    TOPIC: ClassVar[str] = "knowledge.suggested/1"

    article: str = fact()
    by: Suggester


@frozen(kw_only=True)
class ArticleJudged(Happened):
    """It became known whether an article solved the matter.

    Attributes:
        article: Its id.
        solved: Whether it did.
    """

    TOPIC: ClassVar[str] = "knowledge.judged/1"

    article: str = fact()
    solved: bool


@frozen(kw_only=True)
class GoodwillGranted(Happened):
    """The customer got something to make up for the trouble.

    Attributes:
        goodwill: The grant's id, unique on this ticket.
        kind: ``"coupon"``, ``"refund"``, ``"bonus"``, ``"apology"``.
        amount: Its worth in the currency's smallest unit; 0 if it has none.
        currency: ISO 4217; ``None`` without an amount.
    """

    TOPIC: ClassVar[str] = "goodwill.granted/1"

    goodwill: str = fact()
    kind: str = fact()
    amount: int = 0
    currency: str | None = fact(default=None)


@frozen(kw_only=True)
class CancellationAttempted(Happened):
    """The customer wants to leave, or to give something up.

    Attributes:
        cancellation: The attempt's id, unique on this ticket.
        subscription: Of which subscription; ``None``: of no particular one.
        because: A code for the reason; ``None`` if not given.
    """

    TOPIC: ClassVar[str] = "cancellation.attempted/1"

    cancellation: str = fact()
    subscription: str | None = fact(default=None)
    because: str | None = fact(default=None)


@frozen(kw_only=True)
class CancellationSettled(Happened):
    """It became clear whether they stay.

    Attributes:
        cancellation: Which attempt.
        outcome: ``saved``: they stay.
    """

    TOPIC: ClassVar[str] = "cancellation.settled/1"

    cancellation: str = fact()
    outcome: CancellationOutcome


@frozen(kw_only=True)
class OpportunityWon(Happened):
    """A lead, or a contact that was helped, became a sale.

    Attributes:
        order: The order's id.
        amount: In the currency's smallest unit.
        currency: ISO 4217; ``None`` without an amount.
    """

    TOPIC: ClassVar[str] = "opportunity.won/1"

    order: str = fact()
    amount: int = 0
    currency: str | None = fact(default=None)


@frozen(kw_only=True)
class OpportunityLost(Happened):
    """A lead came to nothing.

    Attributes:
        because: A code; ``None`` if not known.
    """

    TOPIC: ClassVar[str] = "opportunity.lost/1"

    because: str | None = fact(default=None)


@frozen(kw_only=True)
class AutomationDecided(Happened):
    """A machine decided something on the ticket; people can review it.

    Attributes:
        decision: Its id, unique on this ticket.
        model: What decided.
        model_version: Which version of it.
        what: About what: ``"category"``, ``"reply"``.
        value: What it decided; never free text.
        confidence: From 0 to 1; ``None`` if it gives none.
    """

    TOPIC: ClassVar[str] = "automation.decided/1"

    decision: str = fact()
    model: str = fact()
    model_version: str = fact()
    what: str = fact()
    value: str = fact()
    confidence: float | None = None


@frozen(kw_only=True)
class AutomationReviewed(Happened):
    """A person looked at a machine's decision.

    Attributes:
        decision: Which.
        judgement: Whether it stands.
        reviewer: Who, an agent's id.
    """

    TOPIC: ClassVar[str] = "automation.reviewed/1"

    decision: str = fact()
    judgement: Judgement
    reviewer: str = fact()


@frozen(kw_only=True)
class CaseReviewed(Happened):
    """A person reviewed how the matter was handled, to judge its quality or to learn from it.

    Attributes:
        review: Its id, unique on this ticket.
        kind: Why it was done.
        reviewer: Who, an agent's id.
        aspect: What was looked at: ``"empathy"``, ``"accuracy"``, ``"voice"``.
        score: From 0; ``None`` if it was not scored.
        best: The best score there is; ``None`` if it was not scored.
        lesson: What is to be learnt.
    """

    TOPIC: ClassVar[str] = "review.case-reviewed/1"

    review: str = fact()
    kind: ReviewKind
    reviewer: str = fact()
    aspect: str = fact()
    score: float | None = None
    best: float | None = None
    lesson: Personal | None = personal(default=None)
