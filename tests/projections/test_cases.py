"""Cases in the neutral form: every kind, every option, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import public_data
import pytest

from ventanilla.core.errors import NotUnderstood
from ventanilla.projections.cases import Result, run

DATA = public_data.DATA / "sla_cases"
ALWAYS = {"always": True}
OFFICE = {"tz": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


def time(text: str) -> str:
    """Return an instant of Monday, 2024-03-04, or with ``2/`` before it of the Tuesday after, and so on."""
    day, _, clock = text.rpartition("/")
    return f"2024-03-{3 + int(day or 1):02}T{clock}:00Z"


def document(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format": "sla-cases/1", "calendars": {"office": OFFICE, "always": ALWAYS}, "cases": list(cases), **more}


def result(case: dict[str, Any], **more: Any) -> Result:
    (found,) = run(document({"id": "x", **case}, **more))
    return found


def sla(events: list[dict[str, Any]], expect: dict[str, Any], **more: Any) -> Result:
    policy = {"hours": "calendar", "targets": {}, "pause": {}, "stop": ["solved"], **more.pop("policy", {})}
    made = [{**event, "at": time(event["at"])} for event in events]
    return result({"kind": "sla", "calendar": "office", "policy": policy, "events": made, "expect": expect, **more})


def event(at: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "type": kind, **more}


def says(at: str, who: str, *, public: bool = True, **more: Any) -> dict[str, Any]:
    return event(at, "message", **{"from": who}, public=public, **more)


CREATED = event("08:00", "created", status="open", priority="low", group="first")


@pytest.mark.skipif(not DATA.exists(), reason="the cases are not at hand")
def test_all_cases_given_agree() -> None:
    """Every case of the public collection, the disputed ones with the answer of the rules."""
    given = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
    assert [found.id for found in run(given) if not found.agrees] == []


class TestCalendars:
    @pytest.mark.parametrize(
        ("case", "expect"),
        [
            ({"kind": "add", "start": time("16:00"), "seconds": 7200}, {"due": time("2/10:00")}),
            ({"kind": "add", "start": time("08:00"), "seconds": 0}, {"due": time("08:00")}),
            ({"kind": "add", "start": time("08:00"), "seconds": 0, "policy_target": True}, {"error": "bad_target"}),
            ({"kind": "subtract", "start": time("2/10:00"), "seconds": 7200}, {"time": time("16:00")}),
            ({"kind": "subtract", "start": time("2/08:00"), "seconds": 0}, {"time": time("17:00")}),
            ({"kind": "elapsed", "start": time("16:00"), "end": time("2/10:00")}, {"seconds": 7200}),
            ({"kind": "elapsed", "start": time("2/10:00"), "end": time("16:00")}, {"seconds": 0}),
            ({"kind": "next_open", "at": time("18:00")}, {"time": time("2/09:00")}),
            ({"kind": "is_open", "at": time("17:00")}, {"open": False}),
            ({"kind": "add_days", "start": time("10:00"), "days": 5}, {"time": time("8/10:00")}),
            ({"kind": "invalid", "start": time("10:00"), "seconds": 0}, {"error": "bad_target"}),
            ({"kind": "invalid", "start": time("10:00"), "seconds": 60}, {"error": None}),
        ],
    )
    def test_each_kind(self, case: dict[str, Any], expect: dict[str, Any]) -> None:
        """Each kind asks the calendar one thing."""
        found = result({"calendar": "office", **case, "expect": expect})
        assert (found.agrees, found.got) == (True, expect)

    def test_pauses_count_once(self) -> None:
        """Pauses that overlap, or go on past the end, are taken off once."""
        pauses = [[time("10:00"), time("12:00")], [time("11:00"), time("13:00")], [time("16:00"), None]]
        case = {"kind": "elapsed", "calendar": "office", "start": time("09:00"), "end": time("17:00"), "pauses": pauses}
        assert result({**case, "expect": {"seconds": 4 * 3600}}).agrees

    def test_calendars_in_force(self) -> None:
        """Time before a change is counted by the calendar of that time, in any order of the list."""
        timeline = [{"from": time("12:00"), "calendar": ALWAYS}, {"from": None, "calendar": "office"}]
        case = {"kind": "elapsed", "calendar_timeline": timeline, "start": time("08:00"), "end": time("20:00")}
        assert result({**case, "expect": {"seconds": 11 * 3600}}).agrees

    @pytest.mark.parametrize(
        ("weekly", "error"),
        [
            ({"mon": [["09:00", "25:00"]]}, "bad_time"),
            ({"mon": [["09:00", "09:00"]]}, "bad_window"),
            ({}, "never_open"),
        ],
    )
    def test_what_is_refused(self, weekly: dict[str, Any], error: str) -> None:
        """A calendar that cannot be is refused by a stable name."""
        case = {"kind": "invalid", "calendar": {"tz": "UTC", "weekly": weekly}, "expect": {"error": error}}
        assert result(case).agrees

    def test_a_difference_is_explained(self) -> None:
        """What differs is said, with what we come to."""
        found = result(
            {
                "kind": "elapsed",
                "calendar": "office",
                "start": time("16:00"),
                "end": time("18:00"),
                "expect": {"seconds": 7200},
            }
        )
        assert (found.agrees, found.got) == (False, {"seconds": 3600})
        assert found.why.startswith("seconds is 3600, expected 7200; open from")


class TestOptions:
    def test_public_only(self) -> None:
        """By option an internal note is a response."""
        events = [CREATED, says("08:30", "agent", public=False)]
        policy = {"targets": {"first_response": 60}}
        assert sla(events, {"first_response": {"state": "running"}}, policy=policy).agrees
        options = {"public_only": False}
        assert sla(events, {"first_response": {"met_at": time("08:30")}}, policy=policy, options=options).agrees

    def test_first_final(self) -> None:
        """The first settlement decides, whatever happens later."""
        events = [CREATED, event("09:00", "status", to="solved"), event("11:00", "status", to="open")]
        expect = {"resolution": {"state": "met", "met_at": time("09:00"), "elapsed_s": 3600, "breached": False}}
        found = sla(events, expect, policy={"targets": {"resolution": 90}}, options={"reopen": "first_final"})
        assert found.agrees

    @pytest.mark.parametrize(
        ("option", "due"), [("from_start", "10:00"), ("restart_at_change", "11:00"), ("keep", "12:00")]
    )
    def test_retarget(self, option: str, due: str) -> None:
        """A new priority's target is measured from the start, from the change, or not at all."""
        targets = {"low": {"resolution": 240}, "high": {"resolution": 120}}
        events = [CREATED, event("09:00", "priority", to="high")]
        policy = {"targets_by_priority": targets}
        assert sla(events, {"resolution": {"due": time(due)}}, policy=policy, options={"retarget": option}).agrees

    @pytest.mark.parametrize(("option", "elapsed"), [("from_change", 3 * 3600), ("retroactive", 4 * 3600)])
    def test_calendar_change(self, option: str, elapsed: int) -> None:
        """A new calendar counts from its date on, or for the whole of a clock that still runs."""
        events = [CREATED, event("12:00", "calendar", calendar=ALWAYS)]
        policy = {"hours": "business", "targets": {"resolution": 600}}
        expect = {"resolution": {"elapsed_s": elapsed}}
        assert sla(events, expect, policy=policy, options={"calendar_change": option}).agrees

    def test_defaults_come_from_the_file(self) -> None:
        """What a case does not set, the file does."""
        case = {
            "kind": "sla",
            "calendar": "always",
            "policy": {"targets": {"next_response": 60}, "stop": []},
            "events": [{"at": time("08:00"), "type": "created"}, {**says("08:00", "customer"), "at": time("08:00")}],
            "expect": {"next_response": [{"start": time("08:00"), "due": time("09:00")}]},
        }
        assert result(case, option_defaults={"next_response_from": "always"}).agrees
        assert result(case).got == {"next_response": []}


class TestClocks:
    def test_updates(self) -> None:
        """From each word of an agent to the next, and one of the two clocks pauses."""
        policy = {"targets": {"periodic_update": 60, "pausable_update": 60}, "pause": {"pausable_update": ["pending"]}}
        events = [
            CREATED,
            says("08:00", "agent"),
            event("08:30", "status", to="pending"),
            event("09:30", "status", to="open"),
            says("10:00", "agent"),
        ]
        expect = {
            "periodic_update": [{"met_at": time("10:00"), "breached": True}, {"start": time("10:00")}],
            "pausable_update": [{"elapsed_s": 3600, "breached": False}, {"due": time("11:00")}],
        }
        assert sla(events, expect, policy=policy).agrees

    def test_ownership_names_its_group(self) -> None:
        """An instance an assignment, ended by the next."""
        events = [CREATED, event("09:00", "group", to="second")]
        expect = {
            "ownership": [{"group": "first", "met_at": time("09:00")}, {"group": "second", "start": time("09:00")}]
        }
        assert sla(events, expect, policy={"targets": {"ownership": 60}}).agrees

    def test_a_policy_taken_away(self) -> None:
        """No target, nothing due, nothing breached; a new one finds the clock where it is."""
        events = [
            CREATED,
            event("09:00", "policy", policy=None),
            event("12:00", "policy", policy={"targets": {"resolution": 300}}),
        ]
        policy = {"targets": {"resolution": 60}}
        at = {"resolution": {"state": "none", "due": None, "breached": False}}
        assert sla(events, at, policy=policy, as_of=time("11:00")).agrees
        assert sla(events, {"resolution": {"state": "running", "due": time("13:00")}}, policy=policy).agrees

    def test_ties_keep_the_files_order(self) -> None:
        """Of events at one instant the one that stands first happened first."""
        policy = {"targets": {"first_response": 60}, "pause": {"first_response": ["pending"]}}
        events = [CREATED, event("08:30", "status", to="pending"), event("08:30", "status", to="open")]
        assert sla(events, {"first_response": {"state": "running"}}, policy=policy).agrees
        assert sla([events[0], *events[:0:-1]], {"first_response": {"state": "paused"}}, policy=policy).agrees

    @pytest.mark.parametrize(
        ("hours", "elapsed"), [({}, 3600), ({"hours": "business"}, 3600), ({"hours": "calendar"}, 7200)]
    )
    def test_without_a_target_open_time_counts_all_the_same(self, hours: dict[str, Any], elapsed: int) -> None:
        """A metric that the policy has no target for is measured in the hours of the policy, and is never due."""
        policy = {"targets": {"first_response": 60}, "stop": ["solved"], **hours}
        expect = {"target_s": None, "due": None, "elapsed_s": elapsed, "breached": False, "state": "none"}
        case = {"kind": "sla", "calendar": "office", "policy": policy, "events": [{**CREATED, "at": time("08:00")}]}
        assert result({**case, "as_of": time("10:00"), "expect": {"resolution": expect}}).got == {"resolution": expect}

    def test_a_target_of_null_is_none(self) -> None:
        """A metric whose target is null is measured and never due; the others have theirs."""
        policy = {"targets": {"first_response": None, "resolution": 60}}
        expect = {"first_response": {"due": None, "state": "none"}, "resolution": {"due": time("09:00")}}
        assert sla([CREATED], expect, policy=policy).agrees

    def test_a_target_that_is_no_number_is_refused(self) -> None:
        """It is refused by the name for bad targets, as one of zero is."""
        for target in ("60", True, 0, -5):
            case = {"kind": "invalid", "calendar": "office", "policy": {"targets": {"resolution": target}}}
            assert result({**case, "expect": {"error": "bad_target"}}).agrees

    def test_a_note_with_which_an_agent_opens_is_no_response(self) -> None:
        """Notes count by the option; the text that opens the ticket is none of them."""
        events = [CREATED, says("08:00", "agent", public=False, initial=True), says("08:30", "agent", public=False)]
        expect = {"first_response": {"met_at": time("08:30"), "elapsed_s": 1800}}
        found = sla(events, expect, policy={"targets": {"first_response": 60}}, options={"public_only": False})
        assert found.agrees, found.why

    def test_a_wait_from_before_the_reopening_is_not_begun_anew_by_its_first_target(self) -> None:
        """The customer wrote while the work had ended: the wait dates from then, whatever a change of target does."""
        events = [event("08:00", "created", status="solved"), says("08:10", "customer")]
        found = sla(
            [*events, event("09:00", "status", to="open")],
            {"next_response": [{"start": time("08:10"), "due": time("10:00")}]},
            policy={"targets": {"next_response": 60}},
            options={"next_response_from": "always", "retarget": "restart_at_change"},
        )
        assert found.agrees, found.why

    def test_as_of_leaves_out_what_happens_later(self) -> None:
        """The clocks are read at an instant, before the first event as well."""
        events = [CREATED, event("09:00", "status", to="solved")]
        policy = {"targets": {"resolution": 30}}
        expect = {"resolution": {"state": "running", "breached": False, "elapsed_s": 1800}}
        assert sla(events, expect, policy=policy, as_of=time("08:30")).agrees
        assert sla(events, {"resolution": {"state": "none"}}, policy=policy, as_of=time("07:00")).agrees


class TestRefusal:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ([], "not a mapping"),
            ({"format": "other/1"}, "format"),
            ({"format": "sla-cases/1"}, "the file has no cases"),
        ],
    )
    def test_what_is_not_of_the_form(self, given: Any, said: str) -> None:
        """A file that is not of the form is refused in one line that names the place."""
        with pytest.raises(NotUnderstood, match=said) as caught:
            list(run(given))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (document({"id": "a"}), "case a has no kind"),
            (document({"id": "a", "kind": "guess"}), "no kind 'guess'"),
            (document({"kind": "add"}), "case 1 has no id"),
            (document("x"), "case 1 is 'x'"),  # type: ignore[arg-type]
            (
                document({"id": "a", "kind": "add", "calendar": "no", "start": "x", "seconds": 1, "expect": {}}),
                "an instant",
            ),
            (
                document(
                    {"id": "a", "kind": "add", "calendar": "no", "start": time("08:00"), "seconds": 1, "expect": {}}
                ),
                "no calendar 'no'",
            ),
            (
                document(
                    {
                        "id": "a",
                        "kind": "add",
                        "calendar": "office",
                        "start": time("08:00"),
                        "seconds": "1",
                        "expect": {},
                    }
                ),
                "not a number",
            ),
        ],
    )
    def test_a_case_that_is_not_of_the_form(self, given: Any, said: str) -> None:
        """It agrees with nothing, says why in one line that names it, and the next case runs all the same."""
        good = {"id": "good", "kind": "is_open", "calendar": "office", "at": time("10:00"), "expect": {"open": True}}
        bad, after = run({**given, "cases": [*given["cases"], good]})
        assert (bad.agrees, bad.got) == (False, {"error": "not_understood"})
        assert said in bad.why
        assert "\n" not in bad.why
        assert after.agrees

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"options": {"reopen": "never"}}, "reopen"),
            ({"options": {"speed": 1}}, "no option 'speed'"),
            ({"policy": {"targets": {"speed": 1}}}, "no metric 'speed'"),
            ({"policy": {"hours": "lunar"}}, "lunar"),
            ({"events": [{"at": time("08:00"), "type": "lost"}]}, "no event of type 'lost'"),
            ({"events": [{"at": time("08:00"), "type": "message", "from": "ghost"}]}, "ghost"),
            ({"events": [{"type": "created"}]}, "event 1 has no at"),
            ({"expect": {"speed": {}}}, "no metric 'speed'"),
            ({"options": {"status_counts_as_response": 1}}, "not a list of statuses"),
            ({"policy": {"pause": {"resolution": 1}}}, "not a list of texts"),
            ({"policy": {"targets": {"resolution": 10**400}}}, "not a number"),
            ({"events": [{"at": time("08:00"), "type": "created", "priority": []}]}, "priority is []"),
        ],
    )
    def test_what_is_wrong_in_an_sla_case(self, more: dict[str, Any], said: str) -> None:
        """The line names the case, and what it could have said."""
        case = {"kind": "sla", "calendar": "office", "policy": {"targets": {}}, "events": [], "expect": {}}
        found = result({**case, **more})
        assert not found.agrees
        assert said in found.why
        assert "case x" in found.why
