"""What a driver analysis comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import Factory, frozen

from ventanilla.projections.summaries import Interval

Quadrant: TypeAlias = Literal["concentrate here", "keep up the good work", "low priority", "possible overkill"]
"""The cells of the importance and performance matrix (Martilla and James 1977)."""


@frozen(kw_only=True)
class Driver:
    """What is known of one driver.

    Attributes:
        name: Its name; of a feature that is a word of a list: ``"channel: phone"``.
        feature: The feature that it belongs to: ``"channel"``.
        reference: The word that it is compared with: ``"mail"``; ``None`` where the feature is a number or yes or no.
        weight: Its relative weight (Johnson 2000): its part of R². Those of all drivers sum to R².
        weight_interval: 95 %, from the bootstrap.
        share: The weight as a part of R², 0 to 1.
        ranks: Its place by weight in 95 % of the bootstrap samples, best and worst.
        shapley: Its part of R² averaged over all orders (Lindeman, Merenda and Gold 1980), to check; ``None`` where
            there are more than 15 drivers.
        coefficient: Of least squares: by how many of its standard deviations the score differs where the driver is one
            standard deviation higher and the others are the same.
        coefficient_interval: 95 %, from robust errors.
        p: Of the coefficient, corrected for the number of drivers (Holm 1979).
        logit: The coefficient of the ordered logit; ``None`` where that could not be fitted.
        vif: The variance inflation factor; 1 is unrelated to the other drivers.
        same_sign: In which part of the bootstrap samples the coefficient has this sign.
        stable: Whether the sign is the same in 99 % of the samples and in the ordered logit.
        mean: Its mean, in its own unit.
        performance: Where the mean lies between the worst and the best value seen, 0 to 1; ``None`` if not stable.
        quadrant: Its cell in the matrix of importance and performance, cut at the means of both (of performance:
            among the stable drivers); ``None`` if not stable, or if there is no other stable one to compare with.
    """

    name: str
    feature: str
    reference: str | None
    weight: float
    weight_interval: Interval
    share: float
    ranks: tuple[int, int]
    shapley: float | None
    coefficient: float
    coefficient_interval: Interval
    p: float
    logit: float | None
    vif: float
    same_sign: float
    stable: bool
    mean: float
    performance: float | None
    quadrant: Quadrant | None


@frozen(kw_only=True)
class Analysis:
    """Which features go along with the score, and how far to trust it.

    Attributes:
        why_not: Why no drivers are given; ``None``: they are.
        given: How many responses there were.
        n: How many of them were complete and used.
        customers: How many customers gave those.
        missing: In how many responses each feature was unknown.
        left_out: Features that were not used, and why.
        r2: Which part of the variation of the score goes along with all drivers together; ``None`` if not given.
        errors: What the errors of the coefficients allow for: unequal spread (HC3), or customers who answered several
            times as well; ``None`` if not given.
        samples: How many bootstrap samples were drawn.
        seed: The seed that they were drawn with.
        drivers: By weight, largest first.
        caveats: What a reader has to know, in words.
        evidence: Positions in the log of the responses used.
    """

    why_not: str | None = None
    given: int
    n: int
    customers: int
    missing: Mapping[str, int]
    left_out: Mapping[str, str]
    r2: float | None = None
    errors: Literal["HC3", "by customer"] | None = None
    samples: int
    seed: int
    drivers: tuple[Driver, ...] = ()
    caveats: tuple[str, ...] = ()
    evidence: tuple[int, ...] = Factory(tuple)
