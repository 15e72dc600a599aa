"""What happens to a customer: who they are, how they are reached, what they buy.

Ids are random, never made of an address: they stay in the log for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from ventanilla.core.events.base import Happened
from ventanilla.core.fields import Personal, fact, personal

IdentityKind: TypeAlias = Literal["mail", "phone", "social", "account", "device"]


@frozen(kw_only=True)
class CustomerAdded(Happened):
    """A customer became known.

    Attributes:
        language: BCP 47 tag of the language they like; ``None`` if unknown.
        name: What they are called.
    """

    TOPIC: ClassVar[str] = "customer.added/1"

    language: str | None = fact(default=None)
    name: Personal | None = personal(default=None)


@frozen(kw_only=True)
class IdentityClaimed(Happened):
    """Somebody who uses an address says that they are this customer. Unverified, it is a hint and links nothing.

    Attributes:
        identity: The claim's own random id; a link that follows from it has the same.
        kind: Of which sort.
        provider: Where it is one: ``"facebook"``; ``None`` where that says nothing.
        address: The address itself.
    """

    TOPIC: ClassVar[str] = "customer.identity-claimed/1"

    identity: str = fact()
    kind: IdentityKind
    provider: str | None = fact(default=None)
    address: Personal | None = personal(default=None)


@frozen(kw_only=True)
class IdentityLinked(Happened):
    """An address turned out to be theirs. Only a verified one is ever linked.

    Attributes:
        identity: The link's own random id.
        kind: Of which sort.
        provider: Where it is one: ``"facebook"``; ``None`` where that says nothing.
        verified_by: How it was verified: ``"login"``, ``"dmarc"``, ``"code"``, ``"agent"``.
        address: The address itself.
    """

    TOPIC: ClassVar[str] = "customer.identity-linked/1"

    identity: str = fact()
    kind: IdentityKind
    provider: str | None = fact(default=None)
    verified_by: str = fact()
    address: Personal | None = personal(default=None)


@frozen(kw_only=True)
class IdentityUnlinked(Happened):
    """An address is theirs no more, or never was.

    Attributes:
        identity: The link's id.
    """

    TOPIC: ClassVar[str] = "customer.identity-unlinked/1"

    identity: str = fact()


@frozen(kw_only=True)
class SegmentSet(Happened):
    """They were put in a segment.

    Attributes:
        segment: One of the desk's segments or personas.
    """

    TOPIC: ClassVar[str] = "customer.segment-set/1"

    segment: str = fact()


@frozen(kw_only=True)
class ChannelPreferred(Happened):
    """They said how they like to be reached.

    Attributes:
        channel: By which channel.
    """

    TOPIC: ClassVar[str] = "customer.channel-preferred/1"

    channel: str = fact()


@frozen(kw_only=True)
class JourneyStageReached(Happened):
    """They reached a stage of their journey.

    Attributes:
        journey: Which journey.
        stage: Which of its stages.
    """

    TOPIC: ClassVar[str] = "customer.stage-reached/1"

    journey: str = fact()
    stage: str = fact()


@frozen(kw_only=True)
class ReferenceSet(Happened):
    """Another system knows them by an id.

    Attributes:
        system: Which: ``"crm"``, ``"erp"``.
        reference: The id there.
    """

    TOPIC: ClassVar[str] = "customer.reference-set/1"

    system: str = fact()
    reference: str = fact()


@frozen(kw_only=True)
class ProfileFactSet(Happened):
    """A further fact about them was set, or set anew.

    Attributes:
        name: Its name.
        value: Its value; never free text.
    """

    TOPIC: ClassVar[str] = "customer.fact-set/1"

    name: str = fact()
    value: str = fact()


@frozen(kw_only=True)
class ValueStated(Happened):
    """Another system said what they are worth over their lifetime.

    Attributes:
        by: Who says so.
        amount: In the currency's smallest unit.
        currency: ISO 4217.
    """

    TOPIC: ClassVar[str] = "customer.value-stated/1"

    by: str = fact()
    amount: int
    currency: str = fact()


@frozen(kw_only=True)
class OrderPlaced(Happened):
    """They bought something.

    Attributes:
        order: Its id.
        amount: In the currency's smallest unit.
        currency: ISO 4217.
        product: What, one of the desk's words; ``None`` if not told.
    """

    TOPIC: ClassVar[str] = "customer.order-placed/1"

    order: str = fact()
    amount: int
    currency: str = fact()
    product: str | None = fact(default=None)


@frozen(kw_only=True)
class OrderReturned(Happened):
    """They gave it, or part of it, back.

    Attributes:
        order: Its id.
        amount: What they got back, in the order's currency, smallest unit.
        because: A code; ``None`` if not told.
    """

    TOPIC: ClassVar[str] = "customer.order-returned/1"

    order: str = fact()
    amount: int
    because: str | None = fact(default=None)


@frozen(kw_only=True)
class SubscriptionStarted(Happened):
    """They subscribed.

    Attributes:
        subscription: Its id.
        plan: To what.
        amount: A period's price, in the currency's smallest unit.
        currency: ISO 4217.
        months: How long a period is.
        until: When it is due for renewal; ``None``: it goes on by itself.
    """

    TOPIC: ClassVar[str] = "customer.subscription-started/1"

    subscription: str = fact()
    plan: str = fact()
    amount: int
    currency: str = fact()
    months: int
    until: datetime | None = None


@frozen(kw_only=True)
class SubscriptionRenewed(Happened):
    """They renewed it.

    Attributes:
        subscription: Which.
        until: When it is due again; ``None``: it goes on by itself.
    """

    TOPIC: ClassVar[str] = "customer.subscription-renewed/1"

    subscription: str = fact()
    until: datetime | None = None


@frozen(kw_only=True)
class SubscriptionEnded(Happened):
    """It ended.

    Attributes:
        subscription: Which.
        because: A code; ``None`` if not told.
    """

    TOPIC: ClassVar[str] = "customer.subscription-ended/1"

    subscription: str = fact()
    because: str | None = fact(default=None)


@frozen(kw_only=True)
class SelfServed(Happened):
    """They helped themselves, or tried to, and no ticket came of it.

    Attributes:
        visit: Its id.
        channel: Where: ``"portal"``, ``"chatbot"``.
        article: What they read; ``None``: nothing in particular.
        solved: Whether it helped; ``None`` if they did not say.
    """

    TOPIC: ClassVar[str] = "customer.self-served/1"

    visit: str = fact()
    channel: str = fact()
    article: str | None = fact(default=None)
    solved: bool | None = None


@frozen(kw_only=True)
class CustomerMerged(Happened):
    """They are the same person as another customer, on verified grounds. Both histories stay as they are.

    Attributes:
        into: The other customer's id.
        verified_by: How it is known.
    """

    TOPIC: ClassVar[str] = "customer.merged/1"

    into: str = fact()
    verified_by: str = fact()


@frozen(kw_only=True)
class CustomerUnmerged(Happened):
    """They are two people after all."""

    TOPIC: ClassVar[str] = "customer.unmerged/1"


@frozen(kw_only=True)
class CustomerHoldPlaced(Happened):
    """They may not be erased for now: the law, or a lawsuit, asks to keep what there is.

    Attributes:
        hold: Its id; there may be several at a time.
        because: A code: ``"lawsuit"``, ``"tax"``.
    """

    TOPIC: ClassVar[str] = "customer.hold-placed/1"

    hold: str = fact()
    because: str = fact()


@frozen(kw_only=True)
class CustomerHoldLifted(Happened):
    """One of the reasons to keep what there is of them is gone.

    Attributes:
        hold: Which.
    """

    TOPIC: ClassVar[str] = "customer.hold-lifted/1"

    hold: str = fact()


@frozen(kw_only=True)
class CustomerErased(Happened):
    """All personal text of theirs was erased; the facts, under an id that leads to nobody, stay.

    Attributes:
        request: The id of the request.
        because: A code: ``"asked"``, ``"retention"``.
    """

    TOPIC: ClassVar[str] = "customer.erased/1"

    request: str = fact()
    because: str = fact()
