"""Figures in words, the same in the terminal and in the browser."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, tzinfo

from ventanilla.adapters.report.page import Agreement, Line
from ventanilla.projections.metric import Answer, Unit

LONG: Mapping[str, str] = {
    "resolution_time": "resolution time, median",
    "resolution_time_p90": "resolution time, 90th percentile",
    "backlog": "open backlog",
    "backlog_age": "age of the backlog, median",
}
TITLES: Mapping[str, str] = {
    "tickets": "opened",
    "settled": "settled",
    "on_time": "on time",
    "resolution_time": "median",
    "resolution_time_p90": "90th %",
    "backlog": "open",
    "backlog_age": "median age",
}


def say(answer: Answer | None) -> str:
    """Return the value in words; a hyphen where there was nothing to measure."""
    return "-" if answer is None or answer.value is None else amount(answer.value, answer.unit)


def say_interval(answer: Answer | None) -> str:
    """Return the 95 % interval in words; empty without one."""
    if answer is None or answer.interval is None:
        return ""
    low, high = answer.interval
    if answer.unit == "ratio":
        return f"{low * 100:.1f} to {high * 100:.1f} %"
    return f"{amount(low, answer.unit)} to {amount(high, answer.unit)}"


def say_cell(line: Line, metric: str) -> str:
    """Return what *line* has of *metric*: of a count that found nothing 0, of anything else a hyphen."""
    return "0" if metric not in line.answers and metric in ("tickets", "backlog") else say(line.answers.get(metric))


def amount(value: float, unit: Unit) -> str:
    """Return *value* of *unit* for people."""
    match unit:
        case "count":
            return f"{value:,.0f}"
        case "ratio":
            return percent(value)
        case "seconds":
            return duration(value)
        case "points":
            return f"{value:+.1f}"
        case "score":
            return f"{value:.2f}"
        case "money":
            return f"{value / 100:,.2f}"


def percent(ratio: float) -> str:
    """Return *ratio* in per cent, two places; only all is 100.00 % and only nothing is 0.00 %."""
    if 0 < ratio < 1:
        return f"{min(max(ratio * 100, 0.01), 99.99):.2f} %"
    return f"{ratio * 100:.2f} %"


def duration(seconds: float) -> str:
    """Return a duration in its two greatest units: ``2 d 5 h``, ``3 h 20 min``, ``45 s``."""
    whole = math.floor(abs(seconds))
    sign = "-" if seconds < 0 else ""
    days, hours, minutes, rest = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days:,} d {hours} h"
    if hours:
        return f"{sign}{hours} h {minutes} min"
    return f"{sign}{minutes} min {rest} s" if minutes else f"{sign}{rest} s"


def moment(at: datetime, zone: tzinfo) -> str:
    """Return *at* as a clock in *zone* shows it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def agreement_line(agreement: Agreement) -> str:
    """Return the sentence that says how far another system's verdicts and ours are the same."""
    share = percent(agreement.agreed / agreement.n)
    return f"agreement with {agreement.stated_by}'s own verdict: {agreement.agreed} of {agreement.n} ({share})"
