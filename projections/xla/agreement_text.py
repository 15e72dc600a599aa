"""Read an agreement from plain values, as TOML gives them.

.. code-block:: toml

    format = "ventanilla-agreement/1"
    name = "experience"
    since = 2026-01-01                          # from when on (of a setting, its own since counts); a day, in the zone
    owner = "head-of-service"
    zone = "Europe/Madrid"
    window = "month"                            # or "quarter", or "28 days"
    index = { green = 75, amber = 60 }          # composite = "weighted_mean", "minimum" or "k_of_n" with k = 2
    sla = { metric = "on_time", target = 0.9 }  # what to hold it against

    [[objectives]]
    id = "satisfied"
    name = "Customers are satisfied"
    driver = "experience"                       # collaboration, experience, business_impact, technology
    metric = "csat"
    level = "transactional"
    normaliser = { worst = 0.5, best = 1.0 }    # or "nps", or { points = [[0, 0], [4, 60], [5, 100]] }
    target = 0.8
    weight = 2

An amount is in the metric's own unit: shares from 0 to 1, durations in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import Level
from ventanilla.projections.metric import Metric
from ventanilla.projections.plain import Given, number, read_instant
from ventanilla.projections.xla.agreement import (
    COVERAGE,
    Agreement,
    Composite,
    Consequence,
    Exclusion,
    Follows,
    Service,
)
from ventanilla.projections.xla.asking import called
from ventanilla.projections.xla.indicator import FEWEST, FEWEST_NET, Direction, Driver, Indicator, Normaliser, Source
from ventanilla.projections.xla.objective import Baseline, Comparator, JudgedBy, Measured, Objective, Status
from ventanilla.projections.xla.window import Cadence

FORMAT = "ventanilla-agreement/1"

_DAYS = re.compile(r"([1-9]\d{0,3}) days")
_TOP = {"format", "name", "since", "until", "owner", "parties", "service", "review", "zone", "window", "only", "index"}
_TOP |= {"sla", "quarantine_days", "exclusions", "consequences", "objectives"}
_INDICATOR = {"id", "version", "name", "driver", "source", "metric", "level", "only", "direction", "minimum_n"}
_INDICATOR |= {"minimum_response_rate", "normaliser"}
_OBJECTIVE = {"comparator", "target", "amber", "ambition", "improvement", "baseline", "baselining", "window"}
_OBJECTIVE |= {"judged_by", "since", "until", "critical", "weight"}


def read_agreement(
    definition: Mapping[str, Any],
    metrics: Mapping[str, Metric],
    *,
    version: int = 1,
    since: datetime | None = None,
    origin: datetime | None = None,
    begun: Mapping[str, datetime] | None = None,
) -> Agreement:
    """Return the agreement that *definition* describes.

    Args:
        definition: Plain values.
        metrics: All metrics there are, by name.
        version: Which version of the agreement it is.
        since: From when on it is in force; ``None``: as the definition says.
        origin: From when on windows of so many days are counted; ``None``: from when on it is in force.
        begun: From when on objectives were in force that an earlier version had, by ``id@version`` of the indicator:
            they find their baseline only once.

    Raises:
        NotUnderstood: Something in it makes no sense; the message names the place and the value.
    """
    whole = Given(definition, "the agreement")
    if whole.value.get("format") != FORMAT:
        raise NotUnderstood(f"the agreement's format is {whole.value.get('format')!r}, not {FORMAT!r}")
    _refuse_unknown(whole, _TOP)
    zone = whole.text("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # a zone that is not there is a KeyError
        raise NotUnderstood(f"the agreement: zone is {zone!r}, no time zone like Europe/Madrid") from None
    begins = since or _instant(whole, "since", zone)
    index = Given(whole.need("index"), "index")
    _refuse_unknown(index, {"composite", "k", "green", "amber", "coverage"})
    return Agreement(
        name=whole.text("name"),
        version=version,
        parties=whole.texts("parties", ()),
        service=whole.text("service", ""),
        owner=whole.text("owner"),
        review=whole.text("review", ""),
        since=begins,
        origin=origin or begins,
        until=_instant(whole, "until", zone) if "until" in whole.value else None,
        window=_window(whole, zone) or Cadence(zone=zone),
        only=_only(whole),
        composite=_word(index, "composite", get_args(Composite), "weighted_mean"),
        k=index.whole_number("k") if "k" in index.value else 0,
        green=index.number("green"),
        amber=index.number("amber"),
        coverage=_share(index, "coverage", COVERAGE),
        exclusions=tuple(
            _exclusion(Given(one, f"exclusion {place}"), zone)
            for place, one in enumerate(whole.list("exclusions", ()), 1)
        ),
        consequences=tuple(
            _consequence(Given(one, f"consequence {place}"))
            for place, one in enumerate(whole.list("consequences", ()), 1)
        ),
        sla=_service(Given(whole.need("sla"), "sla"), metrics) if "sla" in whole.value else None,
        quarantine=_positive(whole, "quarantine_days", None),
        objectives=tuple(
            _objective(Given(one, f"objective {place}"), metrics, zone, begins, begun or {})
            for place, one in enumerate(whole.list("objectives"), 1)
        ),
    )


def _objective(
    given: Given, metrics: Mapping[str, Metric], zone: str, begins: datetime, begun: Mapping[str, datetime]
) -> Objective:
    given.place = f"objective {given.text('id')!r}"
    _refuse_unknown(given, _INDICATOR | _OBJECTIVE)
    metric = called(given.text("metric"), metrics, given.place)
    indicator = _indicator(given, metric)
    since = begun.get(str(indicator), begins)
    return Objective(
        indicator=indicator,
        comparator=_word(given, "comparator", get_args(Comparator), ">=" if indicator.direction == "higher" else "<="),
        target=_number(given, "target"),
        amber=_positive_number(given, "amber", 0.0),
        ambition=_number(given, "ambition"),
        improvement=_positive_number(given, "improvement", None),
        baseline=_baseline(Given(given.need("baseline"), f"{given.place}, baseline"), zone)
        if "baseline" in given.value
        else None,
        baselining=_positive(given, "baselining", 1) or 1,
        window=_window(given, zone),
        judged_by=_word(given, "judged_by", get_args(JudgedBy), "interval"),
        since=_instant(given, "since", zone) if "since" in given.value else since,
        until=_instant(given, "until", zone) if "until" in given.value else None,
        critical=given.flag("critical", False),
        weight=_number(given, "weight", 1.0),
    )


def _indicator(given: Given, metric: Metric) -> Indicator:
    direction: Any = None if metric.better == "neither" else metric.better
    if direction is None and "direction" not in given.value:
        raise NotUnderstood(f"{given.place}: of {metric.name} neither end is better: give a direction, higher or lower")
    source = _word(given, "source", get_args(Source), "survey" if metric.table == "survey_answers" else "operational")
    return Indicator(
        id=given.text("id"),
        version=_positive(given, "version", 1) or 1,
        name=given.text("name"),
        driver=_word(given, "driver", get_args(Driver)),
        source=source,
        metric=metric.name,
        level=_word(given, "level", get_args(Level), None),
        only=_only(given),
        direction=_word(given, "direction", get_args(Direction), direction),
        minimum_n=_positive(given, "minimum_n", FEWEST_NET if metric.unit == "points" else FEWEST) or FEWEST,
        minimum_response_rate=_share(given, "minimum_response_rate", None),
        normaliser=_normaliser(given),
    )


def _normaliser(given: Given) -> Normaliser:
    said, place = given.need("normaliser"), f"{given.place}, normaliser"
    if said == "nps":
        return Normaliser.nps()
    if isinstance(said, str):
        raise NotUnderstood(f"{place} is {said!r}, not 'nps', {{ worst = …, best = … }} or {{ points = … }}")
    line = Given(said, place)
    _refuse_unknown(line, {"worst", "best", "points"})
    try:
        if "points" not in line.value:
            return Normaliser.linear(worst=line.number("worst"), best=line.number("best"))
        points = [_pair(pair, place) for pair in line.list("points")]
        return Normaliser(tuple(points))
    except NotUnderstood as error:
        raise error if place in str(error) else NotUnderstood(f"{place}: {error}") from None


def _pair(pair: Any, place: str) -> tuple[float, float]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise NotUnderstood(f"{place}: {pair!r} is no pair of a value and a score")
    return number(pair[0], place), number(pair[1], place)


def _baseline(given: Given, zone: str) -> Baseline:
    _refuse_unknown(given, {"value", "n", "low", "high", "since", "until"})
    measured = Measured(
        value=given.number("value"),
        n=_positive(given, "n", None) or given.whole_number("n"),
        low=_number(given, "low"),
        high=_number(given, "high"),
    )
    if (measured.low is None) != (measured.high is None):
        raise NotUnderstood(f"{given.place}: low and high go together")
    if measured.low is not None and not measured.low <= measured.value <= (measured.high or measured.value):
        raise NotUnderstood(
            f"{given.place}: {measured.value:g} does not lie from {measured.low:g} to {measured.high:g}"
        )
    return Baseline(measured=measured, since=_instant(given, "since", zone), until=_instant(given, "until", zone))


def _service(given: Given, metrics: Mapping[str, Metric]) -> Service:
    _refuse_unknown(given, {"metric", "only", "comparator", "target"})
    name = given.text("metric", "on_time")
    if (unit := called(name, metrics, "sla").unit) != "ratio":
        raise NotUnderstood(f"sla: {name} is a {unit}, not a share of what was met")
    target = _share(given, "target", None)
    if target is None:
        raise NotUnderstood("sla has no target")
    comparator: Any = _word(given, "comparator", (">=", ">"), ">=")
    return Service(metric=name, only=_only(given), comparator=comparator, target=target)


def _exclusion(given: Given, zone: str) -> Exclusion:
    _refuse_unknown(given, {"since", "until", "because"})
    since, until = _instant(given, "since", zone), _instant(given, "until", zone)
    if until <= since:
        raise NotUnderstood(f"{given.place} ends at {until}, no later than it begins")
    return Exclusion(since=since, until=until, because=given.text("because"))


def _consequence(given: Given) -> Consequence:
    _refuse_unknown(given, {"when", "kind", "what"})
    return Consequence(
        when=_word(given, "when", get_args(Status)),
        kind=_word(given, "kind", get_args(Follows)),
        what=given.text("what"),
    )


def _window(given: Given, zone: str) -> Cadence | None:
    if "window" not in given.value:
        return None
    said = given.text("window")
    if said in ("month", "quarter"):
        return Cadence(kind="month" if said == "month" else "quarter", zone=zone)
    if found := _DAYS.fullmatch(said):
        return Cadence(kind="days", days=int(found[1]), zone=zone)
    raise NotUnderstood(f"{given.place}: window is {said!r}, not 'month', 'quarter' or '28 days'")


def _only(given: Given) -> dict[str, str]:
    found = given.mapping("only", {})
    for name, value in found.items():
        if not isinstance(value, str):
            raise NotUnderstood(f"{given.place}: only {name} is {value!r}, not a text")
    return dict(found)


def _instant(given: Given, name: str, zone: str) -> datetime:
    found = given.need(name)
    if isinstance(found, datetime):
        if found.tzinfo is None:
            raise NotUnderstood(f"{given.place}: {name} is {found}, without a time zone")
        return found.astimezone(UTC)
    if isinstance(found, date):
        return Cadence(zone=zone).midnight(found)
    return read_instant(found, f"{given.place}: {name}")


def _word(given: Given, name: str, words: Collection[str], default: Any = ...) -> Any:
    if name not in given.value and default is not ...:
        return default
    found = given.need(name)
    if found not in words:
        raise NotUnderstood(f"{given.place}: {name} is {found!r}, not one of {', '.join(words)}")
    return found


def _number(given: Given, name: str, default: Any = None) -> Any:
    return given.number(name) if name in given.value else default


def _positive_number(given: Given, name: str, default: Any) -> Any:
    found = _number(given, name, default)
    if found is not None and found < 0:
        raise NotUnderstood(f"{given.place}: {name} is {found:g}, less than 0")
    return found


def _positive(given: Given, name: str, default: int | None) -> int | None:
    if name not in given.value:
        return default
    found = given.whole_number(name)
    if found < 1:
        raise NotUnderstood(f"{given.place}: {name} is {found}, less than 1")
    return found


def _share(given: Given, name: str, default: Any) -> Any:
    found = _number(given, name, default)
    if found is not None and not 0 <= found <= 1:
        raise NotUnderstood(f"{given.place}: {name} is {found:g}, not a share from 0 to 1")
    return found


def _refuse_unknown(given: Given, known: Collection[str]) -> None:
    if unknown := sorted(given.value.keys() - set(known)):
        raise NotUnderstood(f"{given.place} has an unknown {unknown[0]!r}; it may have {', '.join(sorted(known))}")
