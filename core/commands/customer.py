"""What can be asked about a customer."""

from __future__ import annotations

from attrs import frozen

from ventanilla.core.commands.base import ToCustomer
from ventanilla.core.events.customer import (
    CustomerAdded,
    CustomerErased,
    CustomerHoldLifted,
    CustomerHoldPlaced,
    CustomerMerged,
    CustomerUnmerged,
    IdentityKind,
    IdentityLinked,
    IdentityUnlinked,
)
from ventanilla.core.fields import Personal


@frozen(kw_only=True)
class AddCustomer(ToCustomer):
    """Make a customer known: :class:`~ventanilla.core.events.CustomerAdded`."""

    language: str | None = None
    name: Personal | None = None

    def event(self) -> CustomerAdded:
        """See :meth:`Asked.event`."""
        return CustomerAdded(at=self.at, language=self.language, name=self.name)


@frozen(kw_only=True)
class LinkIdentity(ToCustomer):
    """Say that a verified address is theirs: :class:`~ventanilla.core.events.IdentityLinked`."""

    identity: str
    kind: IdentityKind
    provider: str | None = None
    verified_by: str
    address: Personal | None = None

    def event(self) -> IdentityLinked:
        """See :meth:`Asked.event`."""
        return IdentityLinked(
            at=self.at,
            identity=self.identity,
            kind=self.kind,
            provider=self.provider,
            verified_by=self.verified_by,
            address=self.address,
        )


@frozen(kw_only=True)
class UnlinkIdentity(ToCustomer):
    """Say that an address is not theirs: :class:`~ventanilla.core.events.IdentityUnlinked`."""

    identity: str

    def event(self) -> IdentityUnlinked:
        """See :meth:`Asked.event`."""
        return IdentityUnlinked(at=self.at, identity=self.identity)


@frozen(kw_only=True)
class MergeCustomer(ToCustomer):
    """Say that two customers are one person: :class:`~ventanilla.core.events.CustomerMerged`."""

    into: str
    verified_by: str

    def event(self) -> CustomerMerged:
        """See :meth:`Asked.event`."""
        return CustomerMerged(at=self.at, into=self.into, verified_by=self.verified_by)


@frozen(kw_only=True)
class UnmergeCustomer(ToCustomer):
    """Say that they are two people: :class:`~ventanilla.core.events.CustomerUnmerged`."""

    def event(self) -> CustomerUnmerged:
        """See :meth:`Asked.event`."""
        return CustomerUnmerged(at=self.at)


@frozen(kw_only=True)
class PlaceCustomerHold(ToCustomer):
    """Forbid to erase them for now: :class:`~ventanilla.core.events.CustomerHoldPlaced`."""

    hold: str
    because: str

    def event(self) -> CustomerHoldPlaced:
        """See :meth:`Asked.event`."""
        return CustomerHoldPlaced(at=self.at, hold=self.hold, because=self.because)


@frozen(kw_only=True)
class LiftCustomerHold(ToCustomer):
    """Take such a reason away: :class:`~ventanilla.core.events.CustomerHoldLifted`."""

    hold: str

    def event(self) -> CustomerHoldLifted:
        """See :meth:`Asked.event`."""
        return CustomerHoldLifted(at=self.at, hold=self.hold)


@frozen(kw_only=True)
class EraseCustomer(ToCustomer):
    """Erase all personal text of theirs: :class:`~ventanilla.core.events.CustomerErased`."""

    request: str
    because: str

    def event(self) -> CustomerErased:
        """See :meth:`Asked.event`."""
        return CustomerErased(at=self.at, request=self.request, because=self.because)
