from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.events import Event
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.recorded import Actor, ActorKind
from ventanilla.core.rights import TABLE, may, may_read, may_see_all, may_see_readings

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINE = evolve(unborn("T-1"), on.TicketOpened(at=AT, channel="mail", customer="c-1"))
THEIRS = evolve(unborn("T-2"), on.TicketOpened(at=AT, channel="mail", customer="c-2"))
ANA = Actor("customer", "c-1", via="session")
MARIA = Actor("agent", "maria")

RECEIVED = on.MessageReceived(at=AT, message="m-1", channel="mail", author="c-1")
REPLY = on.ReplySent(at=AT, message="m-2", channel="mail", author="maria")
NOTE = on.NoteWritten(at=AT, message="n-1", author="maria")
RESOLVED = on.TicketResolved(at=AT, code="fixed")
ROLE = on.RoleGranted(at=AT, role="admin", since=AT)
ERASED = on.CustomerErased(at=AT, request="r-1", because="asked")
PUBLISHED = on.SettingPublished(at=AT, version=1, since=AT, content="")
ANSWERED = on.SurveyAnswered(at=AT, question="q", instrument="csat", wording="1", score=5.0, lowest=1.0, highest=5.0)
SURVEY = evolve(
    unborn("feedback/f-1"),
    on.SurveyOffered(at=AT, survey="s", version=1, about_kind="ticket", about="T-1", respondent="c-1", channel="mail"),
)
AGENT, CUSTOMER, SETTING = unborn("agent/a"), unborn("customer/c-1"), unborn("setting/calendar/x")


@pytest.mark.parametrize(
    ("actor", "event", "aggregate", "grant"),
    [
        (ANA, RECEIVED, MINE, "1/customer"),
        (ANA, RECEIVED, THEIRS, None),
        (ANA, on.TicketOpened(at=AT, channel="web", customer="c-1"), unborn("T-3"), "1/customer"),
        (ANA, on.TicketOpened(at=AT, channel="web", customer="c-2"), unborn("T-3"), None),
        (ANA, on.TicketOpened(at=AT, channel="web"), unborn("T-3"), None),
        (ANA, on.TicketReopened(at=AT), MINE, "1/customer"),
        (ANA, RESOLVED, MINE, None),
        (ANA, NOTE, MINE, None),
        (ANA, REPLY, MINE, None),
        (ANA, ANSWERED, SURVEY, "1/customer"),
        (Actor("customer", "c-2"), ANSWERED, SURVEY, None),
        (ANA, on.ChannelPreferred(at=AT, channel="mail"), CUSTOMER, "1/customer"),
        (Actor("customer", "c-2"), on.ChannelPreferred(at=AT, channel="mail"), CUSTOMER, None),
        (ANA, ERASED, CUSTOMER, None),
        (MARIA, REPLY, MINE, "1/agent"),
        (MARIA, NOTE, MINE, "1/agent"),
        (MARIA, RESOLVED, THEIRS, "1/agent"),
        (MARIA, ANSWERED, SURVEY, None),
        (Actor("agent", "i", ("interviewer",)), ANSWERED, SURVEY, "1/survey-call"),
        (MARIA, ROLE, AGENT, None),
        (Actor("agent", "l", ("lead",)), ROLE, AGENT, None),
        (Actor("agent", "l", ("lead",)), on.SkillSet(at=AT, skill="french"), AGENT, "1/lead"),
        (Actor("agent", "b", ("admin",)), ROLE, AGENT, "1/admin"),
        (MARIA, PUBLISHED, SETTING, None),
        (Actor("system", "deploy"), PUBLISHED, SETTING, None),
        (Actor("system", "deploy", ("admin",)), PUBLISHED, SETTING, "1/admin"),
        (Actor("agent", "b", ("admin",)), ERASED, CUSTOMER, None),
        (Actor("agent", "p", ("privacy",)), ERASED, CUSTOMER, "1/privacy"),
        (Actor("channel", "mail", ("privacy", "admin")), ERASED, CUSTOMER, None),
        (Actor("channel", "mail"), RECEIVED, MINE, "1/channel"),
        (Actor("channel", "mail"), REPLY, MINE, None),
        (Actor("channel", "mail"), NOTE, MINE, None),
        (Actor("importer", "acme"), RESOLVED, MINE, "1/importer"),
        (Actor("importer", "acme"), ERASED, CUSTOMER, None),
        (Actor("importer", "acme"), ROLE, AGENT, None),
        (Actor("bot", "b-1"), RESOLVED, MINE, "1/bot"),
        (Actor("bot", "b-1"), on.GoodwillGranted(at=AT, goodwill="g", kind="coupon"), MINE, None),
    ],
)
def test_table(actor: Actor, event: Event, aggregate: Aggregate, grant: str | None) -> None:
    """Who may make what happen, and under which grant; ``None``: they may not, and are told why."""
    decision = may(actor, event, aggregate)
    assert decision.allowed == (grant is not None)
    assert decision.reason == grant or (grant is None and actor.id in decision.reason)


class TestSpeaking:
    def test_a_bot_is_no_agent(self) -> None:
        """A machine's answer cannot pass for a person's: that would be a first response."""
        posing = on.ReplySent(at=AT, message="m", channel="chat", author="b-1", author_kind="agent")
        honest = on.ReplySent(at=AT, message="m", channel="chat", author="b-1", author_kind="bot")
        assert not may(Actor("bot", "b-1"), posing, MINE).allowed
        assert may(Actor("bot", "b-1"), honest, MINE).allowed

    def test_an_agent_is_nobody_else(self) -> None:
        """An agent cannot write in another's name, nor as a machine."""
        assert not may(Actor("agent", "eve"), REPLY, MINE).allowed
        assert not may(Actor("agent", "eve"), NOTE, MINE).allowed

    def test_a_customer_is_nobody_else(self) -> None:
        """A customer cannot put words into another's mouth."""
        assert not may(ANA, on.MessageReceived(at=AT, message="m", channel="web", author="c-2"), MINE).allowed


class TestTable:
    @pytest.mark.parametrize("kind", ["customer", "agent", "bot", "channel", "importer"])
    def test_denies_by_default(self, kind: ActorKind) -> None:
        """Without a role, nobody grants roles, publishes settings or erases; a role of another name gives nothing."""
        for roles in [(), ("Admin",), ("root",)]:
            actor = Actor(kind, "x", roles)
            pairs: list[tuple[Event, Aggregate]] = [(ROLE, AGENT), (PUBLISHED, SETTING), (ERASED, CUSTOMER)]
            for event, aggregate in pairs:
                assert not may(actor, event, aggregate).allowed

    def test_names_each_grant_once(self) -> None:
        """A recorded reason leads to one line of the table."""
        assert len({grant.name for grant in TABLE}) == len(TABLE)


class TestAudit:
    @pytest.mark.parametrize(
        ("actor", "everything", "readings"),
        [
            (ANA, "1/customer", None),
            (Actor("customer", "c-2", ("privacy",)), None, None),
            (MARIA, None, None),
            (Actor("agent", "dpo", ("privacy",)), "1/privacy", "1/privacy"),
            (Actor("system", "host", ("privacy",)), "1/privacy", "1/privacy"),
            (Actor("channel", "mail", ("privacy",)), None, None),
            (Actor("importer", "acme", ("privacy",)), None, None),
        ],
    )
    def test_is_for_privacy(self, actor: Actor, everything: str | None, readings: str | None) -> None:
        """All that is held on a person is for them and for the role privacy; who read it, for that role alone."""
        for decision, grant in ((may_see_all(actor, "customer/c-1"), everything), (may_see_readings(actor), readings)):
            assert decision.allowed == (grant is not None)
            assert decision.reason == grant or (grant is None and actor.id in decision.reason)

    def test_an_agent_sees_what_is_held_on_them(self) -> None:
        """Agents are people with rights, too."""
        assert may_see_all(Actor("agent", "a-7"), "agent/a-7").reason == "1/agent"
        assert not may_see_all(Actor("agent", "a-7"), "agent/a-8").allowed


class TestReading:
    @pytest.mark.parametrize(
        ("actor", "allowed"),
        [
            (ANA, True),
            (Actor("customer", "c-2"), False),
            (MARIA, True),
            (Actor("system", "x"), True),
            (Actor("channel", "mail"), False),
            (Actor("importer", "acme"), False),
            (Actor("bot", "b"), False),
        ],
    )
    def test_of_what_somebody_said(self, actor: Actor, allowed: bool) -> None:
        """Those who work here read personal text, and they themselves do."""
        assert may_read(actor, RECEIVED, "customer/c-1").allowed == allowed

    @pytest.mark.parametrize(
        "event",
        [
            NOTE,
            on.CaseReviewed(at=AT, review="r", kind="quality", reviewer="maria", aspect="voice"),
            on.AttachmentKept(at=AT, message="n-1", attachment="a", media_type="image/png", size=1),
        ],
        ids=lambda event: type(event).__name__,
    )
    def test_of_what_stays_inside(self, event: Event) -> None:
        """A note, a review and what may hang on a note are not read by the customer whom they are about."""
        assert not may_read(ANA, event, "customer/c-1").allowed
        assert may_read(MARIA, event, "customer/c-1").allowed
