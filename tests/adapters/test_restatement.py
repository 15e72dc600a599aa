"""The past judged anew, and what the clocks of a desk showed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from dues import ADMIN, MARIA, POLICY, Clock, at, open_ticket, with_policy

from ventanilla import Desk
from ventanilla.adapters.answers import newest
from ventanilla.core import commands as ask
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import SettingRestated
from ventanilla.projections.metric import Question


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock, backend_url: str) -> Iterator[Desk]:
    with with_policy(backend_url, clock) as opened:
        yield opened


class TestRestatement:
    def test_moves_no_figure_to_its_own_instant(self, desk: Desk, clock: Clock) -> None:
        """What is published, restated or sealed is no service: by the view and by the log alike nothing is newer."""
        open_ticket(desk)
        clock.now = at(5_000)
        desk.publish(POLICY.format(target="2h"), actor=ADMIN, since=at(-60))
        desk.publish(POLICY.format(target="3h"), actor=ADMIN, since=at(-60), restates="we were wrong")
        question = Question(metric=desk.host.metric("on_time"), zone=UTC)
        by_view, by_log = desk.answer([question])[0][None], desk.answer([question], replayed=True)[0][None]
        assert (by_view.as_of, by_log.as_of, newest(desk.store)) == (at(0), at(0), at(0))

    def test_is_a_decision_with_its_report(self, desk: Desk, clock: Clock, tmp_path: Path) -> None:
        """A version published later judges nothing that is over, unless it says why; then what changes is recorded."""
        open_ticket(desk)
        open_ticket(desk, "T-2")
        clock.now = at(200)
        desk.handle(ask.Reply(ticket="T-1", at=at(70), actor=MARIA, message="m1", channel="mail", author="maria"))

        def breached(known_at: datetime | None = None) -> bool:
            readings = desk.clocks("T-1", as_of=at(200), known_at=known_at)
            return next(reading.breached for reading in readings if reading.clock == "first_response")

        assert desk.publish(POLICY.format(target="2h"), actor=ADMIN, since=at(-60)).events[0].version == 2
        assert breached()
        assert desk.restatements() == []
        clock.now = at(250)
        why, file = "the contract says two hours", tmp_path / "report.json"
        policy = POLICY.format(target="2h")
        (recorded,) = desk.publish(policy, actor=ADMIN, since=at(-60), restates=why, report=file).events
        assert (breached(), breached(known_at=at(220))) == (False, True)
        assert desk.restatements() == [recorded]
        report, event = file.read_bytes(), recorded.event
        assert isinstance(event, SettingRestated)
        assert event.content.endswith(policy)
        assert (event.version, event.because, event.position) == (3, why, recorded.position - 1)
        assert (event.tickets, event.tickets_changed, event.instances_changed, event.left_out) == (2, 1, 1, 0)
        assert event.clocks["customer: first_response"] == (2, 2, 1, 0, 1)  # T-2 is late by either
        assert event.digest == sha256(report).hexdigest()
        told = json.loads(report)
        assert [one["ticket"] for one in told["differences"]] == ["T-1"]
        assert (told["differences"][0]["before"]["breached"], told["differences"][0]["after"]["breached"]) == (
            True,
            False,
        )
        assert (told["position"], told["because"]) == (event.position, why)

    def test_is_not_published_in_silence(self, desk: Desk) -> None:
        """A version that judges the past anew is refused without its report, and so is a report of something else."""
        content = 'restates = "we were wrong"\n' + POLICY.format(target="2h")
        silent = ask.PublishSetting(
            setting="policy/standard", at=at(0), actor=ADMIN, version=2, since=at(-60), content=content
        )
        with pytest.raises(Refused) as refused:
            desk.handle(silent)
        assert refused.value.rule == "publishsetting.unreported"
        said = {
            "at": at(0),
            "actor": ADMIN,
            "version": 2,
            "since": at(-60),
            "position": 1,
            "as_of": at(0),
            "digest": "",
        }
        counts = {"tickets": 0, "left_out": 0, "tickets_changed": 0, "instances_changed": 0, "clocks": {}}
        for setting, because, rule in [
            ("policy/standard", "another reason", "unsaid"),
            ("calendar/office", "we were wrong", "elsewhere"),
        ]:
            hours = "always = true" if setting.startswith("calendar") else content
            restate: Any = {**said, **counts, "setting": setting, "because": because, "content": hours}
            with pytest.raises(Refused) as refused:
                desk.handle(ask.RestateSetting(**restate))
            assert refused.value.rule == f"restatesetting.{rule}"

    @pytest.mark.parametrize("restates", [None, "we were wrong"])
    def test_published_again_with_its_key(self, desk: Desk, clock: Clock, restates: str | None) -> None:
        """Whoever did not hear that a version was published, and says it again with its key, gets the first outcome."""
        policy, since = POLICY.format(target="2h"), None if restates is None else at(-60)
        first = desk.publish(policy, actor=ADMIN, since=since, restates=restates, key="k")
        clock.now = at(300)
        again = desk.publish(policy, actor=ADMIN, since=since, restates=restates, key="k")
        assert (again.events, again.repeated, len(first.events)) == (first.events, True, 1)
        with pytest.raises(Refused, match="used for another command"):
            desk.publish(POLICY.format(target="5h"), actor=ADMIN, key="k")

    def test_says_why_and_since_when(self, desk: Desk) -> None:
        """Without a reason, with two, or without a beginning, nothing is judged anew."""
        policy = POLICY.format(target="2h")
        with pytest.raises(NotUnderstood, match="say why"):
            desk.publish(policy, actor=ADMIN, since=at(-60), restates=" ")
        with pytest.raises(NotUnderstood, match="give one reason"):
            desk.publish('restates = "a"\n' + policy, actor=ADMIN, since=at(-60), restates="b")
        with pytest.raises(NotUnderstood, match="from when on"):
            desk.publish(policy, actor=ADMIN, restates="a")
        with pytest.raises(Refused) as refused:
            desk.publish(policy, actor=MARIA)
        assert refused.value.rule == "publishsetting.forbidden"

    @pytest.mark.parametrize(
        ("setting", "content", "why"),
        [
            ("policy/standard", POLICY.format(target="soon"), "'soon', not a duration"),
            ("policy/standard", POLICY.format(target="1h").replace('"always"', '"moon"'), "no calendar 'moon'"),
            ("policy/standard", "]", "is no TOML"),
            ("calendar/office", "tz = 'Europe/Atlantis'", "Atlantis"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, desk: Desk, setting: str, content: str, why: str) -> None:
        """A policy or a calendar that could not be read later is not published, and the reason says what to mend."""
        version = 2 if setting == "policy/standard" else 1
        publish = ask.PublishSetting(
            setting=setting, at=at(0), actor=ADMIN, version=version, since=at(0), content=content
        )
        with pytest.raises(Refused, match=why) as refused:
            desk.handle(publish)
        assert refused.value.rule == "publishsetting.not_understood"
        assert len(desk.log(f"setting/{setting}")) == version - 1


class TestClocks:
    def test_as_of_and_known_at(self, desk: Desk, clock: Clock) -> None:
        """What was true at an instant differs from what was known of it: a late mail counts for the one only."""
        open_ticket(desk)
        clock.now = at(90)
        desk.handle(ask.Reply(ticket="T-1", at=at(20), actor=MARIA, message="m1", channel="mail", author="maria"))
        now = {reading.clock: reading for reading in desk.clocks("T-1", as_of=at(70))}
        then = {reading.clock: reading for reading in desk.clocks("T-1", as_of=at(70), known_at=at(80))}
        assert (now["first_response"].state, now["first_response"].breached) == ("met", False)
        assert (then["first_response"].state, then["first_response"].breached) == ("running", True)

    def test_name_the_policy_and_its_rule(self, desk: Desk) -> None:
        """A clock says whose target it has."""
        open_ticket(desk)
        found = next(reading for reading in desk.clocks("T-1") if reading.clock == "resolution")
        assert (found.policy, found.version, found.rule, found.target) == ("standard", 1, "everybody", 14_400)
