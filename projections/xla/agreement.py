"""An experience agreement (XLA): objectives with weights, how they become one index, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import Factory, field, frozen
from attrs.validators import ge, le

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.xla.objective import Comparator, Objective, Status
from ventanilla.projections.xla.window import Cadence, Window

Composite: TypeAlias = Literal["weighted_mean", "minimum", "k_of_n"]
Follows: TypeAlias = Literal["reward", "credit", "action"]

COVERAGE = 0.6
"""Which share of the weights has to be known, for an index. Our choice."""
INDIVIDUALS = ("agent", "customer")
"""What no agreement is cut by or narrowed to: nobody is ranked on it."""


@frozen(kw_only=True)
class Exclusion:
    """A period that does not count, neither for experience nor for service: an outage of somebody else, say.

    Attributes:
        since: From when on.
        until: Up to when, which counts again.
        because: Why, in words: it is said in every report.
    """

    since: datetime
    until: datetime
    because: str

    def touches(self, window: Window) -> bool:
        """Return whether any of it lies in *window*."""
        return self.since < window.until and self.until > window.since


@frozen(kw_only=True)
class Service:
    """The service level that the experience is held against, to find what is green outside and red inside.

    Attributes:
        metric: A share, such as ``on_time``.
        only: Further dimensions with the one value that counts.
        comparator: How it is to compare with the target.
        target: From 0 to 1.
    """

    metric: str = "on_time"
    only: Mapping[str, str] = Factory(dict)
    comparator: Comparator = ">="
    target: float = field(validator=[ge(0), le(1)])


@frozen(kw_only=True)
class Consequence:
    """What follows from a status.

    Attributes:
        when: The status.
        kind: A reward, a credit, or something that has to be done.
        what: Which, in words.
    """

    when: Status
    kind: Follows
    what: str


def _has_objectives(agreement: Agreement, _: object, objectives: Sequence[Objective]) -> None:
    ids = [objective.indicator.id for objective in objectives]
    if not ids:
        raise NotUnderstood(f"agreement {agreement.name!r} has no objective")
    if twice := next((id_ for id_ in ids if ids.count(id_) > 1), None):
        raise NotUnderstood(f"agreement {agreement.name!r} has two objectives on {twice!r}")
    for objective in objectives:
        if not objective.weight > 0:
            raise NotUnderstood(
                f"objective {objective.indicator.id!r} has the weight {objective.weight:g}: give more than 0"
            )
        if named := sorted({*objective.indicator.only, *agreement.only} & set(INDIVIDUALS)):
            raise NotUnderstood(f"objective {objective.indicator.id!r} is narrowed to one {named[0]}: nobody is ranked")
    if agreement.composite == "k_of_n" and not 1 <= agreement.k <= len(ids):
        raise NotUnderstood(
            f"agreement {agreement.name!r} wants {agreement.k} of {len(ids)} objectives: give 1 to {len(ids)}"
        )
    if not 0 <= agreement.amber <= agreement.green <= 100:
        raise NotUnderstood(
            f"agreement {agreement.name!r} is green from {agreement.green:g} and amber from {agreement.amber:g}: "
            "give 0 to 100, amber no higher than green"
        )


@frozen(kw_only=True)
class Agreement:
    """An experience agreement (XLA).

    Attributes:
        name: Its name.
        version: 1, 2, 3, …
        parties: Who agreed.
        service: On what, in words.
        owner: Who answers for it.
        review: How often it is looked at, in words: an agreement's own affair.
        since: From when on it is in force.
        origin: From when on windows of so many days are counted: when its first version began.
        until: Up to when; ``None``: without end.
        window: What it is evaluated over.
        only: What it is about: dimensions of tickets and customers with the one value that counts, for all its
            objectives and its service level alike.
        composite: How the scores become an index: their weighted mean, their minimum, or the share of objectives that
            are green, of which *k* have to be.
        k: How many, for ``k_of_n``.
        green: From which index on it is green; of no meaning for ``k_of_n``.
        amber: From which index on it is amber.
        coverage: Which share of the weights has to be known, 0 to 1.
        exclusions: What does not count.
        consequences: What follows.
        sla: The service level to hold it against; ``None``: none.
        quarantine: For how many days somebody who was asked should be left in peace; ``None``: nothing is said.
        objectives: What it bundles.
    """

    name: str
    version: int = 1
    parties: tuple[str, ...] = ()
    service: str = ""
    owner: str
    review: str = ""
    since: datetime
    origin: datetime = field(default=Factory(lambda self: self.since, takes_self=True))
    until: datetime | None = None
    window: Cadence = Factory(Cadence)
    only: Mapping[str, str] = Factory(dict)
    composite: Composite = "weighted_mean"
    k: int = 0
    green: float
    amber: float
    coverage: float = field(default=COVERAGE, validator=[ge(0), le(1)])
    exclusions: tuple[Exclusion, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    sla: Service | None = None
    quarantine: int | None = None
    objectives: tuple[Objective, ...] = field(validator=_has_objectives)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    def windows(self, since: datetime, until: datetime) -> list[Window]:
        """Return its windows that begin at *since* or later and before *until*, while it is in force, oldest first."""
        begins, ends = max(since, self.since), until if self.until is None else min(until, self.until)
        return list(self.window.between(begins, ends, self.origin))
