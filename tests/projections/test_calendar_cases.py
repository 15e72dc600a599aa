"""Business time as help desks' own tests and documents have it, where the neutral case file is at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import public_data
import pytest

from ventanilla.projections.calendar import BusinessTime, Calendar, CalendarNotUnderstood, InForce, calendar

FILE = public_data.DATA / "sla_cases" / "cases.json"
CASES: Mapping[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"calendars": {}, "cases": []}
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the case file is not at hand")


def cases(*kinds: str) -> list[Any]:
    """Return the cases of *kinds*, each under its name."""
    return [pytest.param(case, id=case["id"]) for case in CASES["cases"] if case["kind"] in kinds]


def business_time(case: Mapping[str, Any]) -> BusinessTime:
    """Return the calendar of *case*, or its calendars in force one after the other."""
    if "calendar_timeline" not in case:
        return read(case["calendar"])
    return InForce(
        (segment["from"] and datetime.fromisoformat(segment["from"]), read(segment["calendar"]))
        for segment in case["calendar_timeline"]
    )


def read(named: Any) -> Calendar:
    """Return a calendar that is given by its name or in full."""
    definition = CASES["calendars"][named] if isinstance(named, str) else named
    return calendar(definition, name=named if isinstance(named, str) else "given")


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what we say, in the words of the case file."""
    time = business_time(case)
    instants = {key: datetime.fromisoformat(case[key]) for key in ("start", "end", "at") if key in case}
    match case["kind"]:
        case "elapsed":
            paused = sum(time.elapsed(*map(datetime.fromisoformat, pause)) for pause in case.get("pauses", ()))
            return {"seconds": time.elapsed(instants["start"], instants["end"]) - paused}
        case "add":
            return {"due": text(time.add(instants["start"], case["seconds"]))}
        case "subtract":
            return {"time": text(time.subtract(instants["start"], case["seconds"]))}
        case "next_open":
            return {"time": text(time.next_open(instants["at"]))}
        case "add_days":
            return {"time": text(time.add_days(instants["start"], case["days"]))}
        case _:
            return {"open": time.is_open(instants["at"])}


def text(instant: datetime) -> str:
    """Return *instant* as the case file writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestCases:
    @pytest.mark.parametrize("case", cases("elapsed", "add", "subtract", "next_open", "is_open", "add_days"))
    def test_are_answered_alike(self, case: Mapping[str, Any]) -> None:
        """We give the answer that the case file has."""
        assert answer(case) == case["expect"]

    @pytest.mark.parametrize("case", cases("invalid"))
    def test_are_refused_alike(self, case: Mapping[str, Any]) -> None:
        """What the case file calls invalid is refused, under the same name."""
        with pytest.raises(CalendarNotUnderstood) as refused:
            business_time(case).add(datetime.fromisoformat(case["start"]), case["seconds"])
        assert refused.value.code == case["expect"]["error"]
