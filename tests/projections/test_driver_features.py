from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core import events as on
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.projections.drivers import Asked, Value, period_features, ratings, ticket_features
from ventanilla.projections.drivers.ticket import FEATURES, is_spam


def at(minutes: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


def recorded(events: Sequence[Event]) -> list[Recorded]:
    return [
        Recorded(
            position=place,
            stream="T-1",
            version=place,
            recorded_at=event.at,
            actor="agent:a",
            allowed_by="1/agent",
            cause="command:c",
            event=event,
        )
        for place, event in enumerate(events, 1)
    ]


def features(*events: Event, when: int = 1_000, sentiments: Sequence[on.SentimentScored] = ()) -> Mapping[str, Value]:
    return ticket_features(recorded(events), at(when), sentiments)


def received(minutes: int, message: str = "m", channel: str = "mail") -> on.MessageReceived:
    return on.MessageReceived(at=at(minutes), message=message, channel=channel)


def said(
    minutes: int, author_kind: on.AuthorKind = "agent", message: str = "r", template: str | None = None
) -> on.ReplySent:
    return on.ReplySent(
        at=at(minutes), message=message, channel="mail", author="a", author_kind=author_kind, template=template
    )


def called(minutes: int, outcome: on.CallOutcome = "answered", talked: int = 0, channel: str = "phone") -> on.CallEnded:
    return on.CallEnded(
        at=at(minutes), call="c", channel=channel, direction="inbound", outcome=outcome, waited=0, talked=talked
    )


def scored(minutes: int, score: float, message: str = "m") -> on.SentimentScored:
    return on.SentimentScored(
        at=at(minutes), about_kind="message", about=message, ticket="T-1", label="x", score=score, model="m",
        model_version="1",
    )  # fmt: skip


def promised(due: int) -> on.PromiseMade:
    return on.PromiseMade(at=at(1), promise="p", due=at(due), what="call_back")


OPENED = on.TicketOpened(at=at(0), channel="mail", kind="complaint", customer="c-1")
SOLVED = on.TicketResolved(at=at(5), code="fixed")
KEPT_AT_10 = on.PromiseKept(at=at(10), promise="p")


class TestFeaturesOfATicket:
    def test_all_are_there(self) -> None:
        """Every feature that is listed is given, of any ticket; of one that is not open yet all are unknown."""
        assert tuple(features(OPENED)) == FEATURES
        assert features(OPENED, when=-1) == dict.fromkeys(FEATURES)

    @pytest.mark.parametrize(
        ("name", "events", "expected"),
        [
            ("log_first_response", [OPENED], None),
            ("log_first_response", [OPENED, said(3, "bot"), said(10), said(20)], log1p(600)),
            ("log_first_response", [OPENED, called(10, talked=300)], log1p(300)),
            ("log_first_response", [OPENED, called(10, "missed")], None),
            ("log_first_response", [on.TicketOpened(at=at(0), channel="mail", origin="agent"), said(0)], None),
            ("log_first_response", [OPENED, said(-5)], 0.0),
            ("log_resolution", [OPENED, on.TicketResolved(at=at(10), code="fixed")], log1p(600)),
            ("log_resolution", [OPENED, on.TicketClosed(at=at(10))], log1p(600)),
            (
                "log_resolution",
                [OPENED, SOLVED, on.TicketReopened(at=at(6))],
                None,
            ),
            ("touches", [OPENED, said(1), said(2, "bot"), called(3), called(4, "missed")], 2),
            (
                "transfers",
                [
                    OPENED,
                    on.TicketRouted(at=at(1), team="t"),
                    on.TicketAssigned(at=at(1), agent="a"),
                    on.TicketRouted(at=at(2), team="u"),
                    on.TicketAssigned(at=at(2), agent="b"),
                    on.TicketAssigned(at=at(3), agent="b"),
                    on.TicketAssigned(at=at(4), agent="a"),
                ],
                2,
            ),
            (
                "log_resolution",
                [OPENED, SOLVED, on.TicketReopened(at=at(6), because="courtesy"), on.TicketClosed(at=at(9))],
                log1p(300),
            ),
            ("reopens", [OPENED, on.TicketReopened(at=at(1)), on.TicketReopened(at=at(2))], 2),
            ("reopens", [OPENED, SOLVED, on.TicketReopened(at=at(6), because="courtesy")], 0),
            ("repeated_information", [OPENED, on.RepetitionNoticed(at=at(1), by="agent")], 1),
            ("channel_switches", [OPENED, received(1), called(2), received(3), received(4)], 2),
            ("promise_broken", [OPENED], False),
            ("promise_broken", [OPENED, promised(10), KEPT_AT_10], False),
            ("promise_broken", [OPENED, promised(9), KEPT_AT_10], True),
            ("promise_broken", [OPENED, promised(999)], True),
            ("promise_broken", [OPENED, promised(1_000)], False),
            ("promise_broken", [OPENED, promised(2_000), on.PromiseBroken(at=at(2), promise="p")], True),
            ("promise_broken", [OPENED, promised(9), on.PromiseWithdrawn(at=at(2), promise="p")], False),
            ("bot_loops", [OPENED, said(1, "bot"), said(2, "bot"), said(3, "bot")], 0),
            ("bot_loops", [OPENED, said(1, "bot", template="x"), said(2, "bot", template="x")], 1),
            ("bot_loops", [OPENED, on.HumanRequested(at=at(1)), said(2, "bot"), said(3, "bot")], 2),
            ("bot_loops", [OPENED, on.HumanRequested(at=at(1)), said(2), said(3, "bot")], 0),
            ("channel", [OPENED], "mail"),
            ("kind", [OPENED], "complaint"),
            ("kind", [OPENED, on.TicketClassified(at=at(1), kind="question")], "question"),
            ("kind", [on.TicketOpened(at=at(0), channel="mail")], None),
        ],
    )
    def test_of_a_history(self, name: str, events: Sequence[Event], expected: Value) -> None:
        """A feature of a history is what its definition says."""
        assert features(*events)[name] == (expected if not isinstance(expected, float) else pytest.approx(expected))

    def test_sentiment_of_the_first_message(self) -> None:
        """The last measurement of the customer's first message counts; no measurement is unknown."""
        history: list[Event] = [OPENED, received(1, "m"), received(2, "n")]
        assert features(*history)["first_sentiment"] is None
        found = features(*history, sentiments=[scored(4, -0.5), scored(3, 0.5), scored(5, 1.0, "n")])
        assert found["first_sentiment"] == -0.5

    def test_late_mail_is_put_in_its_place(self) -> None:
        """Events that were recorded out of order are looked at in the order in which they happened."""
        late: list[Event] = [OPENED, received(3, "n", "chat"), received(1, "m", "mail")]
        assert features(*late)["channel_switches"] == 1


LATER = st.integers(501, 2_000)
MOMENTS: Sequence[st.SearchStrategy[Event]] = [
    st.builds(said, LATER, st.sampled_from(["agent", "bot"]), template=st.sampled_from([None, "x"])),
    st.builds(called, LATER, talked=st.integers(0, 60)),
    st.builds(received, LATER, channel=st.sampled_from(["mail", "chat"])),
    st.builds(lambda minutes: on.TicketReopened(at=at(minutes)), LATER),
    st.builds(lambda minutes: on.TicketResolved(at=at(minutes), code="fixed"), LATER),
    st.builds(lambda minutes: on.TicketAssigned(at=at(minutes), agent="z"), LATER),
    st.builds(lambda minutes: on.TicketRouted(at=at(minutes), team="z"), LATER),
    st.builds(lambda minutes: on.RepetitionNoticed(at=at(minutes), by="agent"), LATER),
    st.builds(lambda minutes: on.PromiseBroken(at=at(minutes), promise="p"), LATER),
    st.builds(lambda minutes: on.PromiseKept(at=at(minutes), promise="p"), LATER),
    st.builds(lambda minutes: on.HumanRequested(at=at(minutes)), LATER),
    st.builds(lambda minutes: on.TicketClassified(at=at(minutes), kind="return"), LATER),
    st.builds(lambda minutes: on.TicketMarkedSpam(at=at(minutes)), LATER),
]


class TestNoLeak:
    BEFORE = (
        OPENED,
        promised(400),
        received(1),
        on.TicketRouted(at=at(2), team="t"),
        on.TicketAssigned(at=at(2), agent="a"),
        said(5, "bot", template="x"),
        said(10),
        on.TicketResolved(at=at(300), code="fixed"),
    )

    @given(st.lists(st.one_of(MOMENTS), max_size=8), st.lists(st.builds(scored, LATER, st.floats(-1, 1)), max_size=2))
    def test_what_happens_later_changes_nothing(self, later: list[Event], sentiments: list[on.SentimentScored]) -> None:
        """Events and measurements after the response change no feature, wherever in the log they stand."""
        expected = features(*self.BEFORE, when=500, sentiments=[scored(3, 0.25)])
        assert features(*self.BEFORE, *later, when=500, sentiments=[scored(3, 0.25), *sentiments]) == expected
        assert features(*later, *self.BEFORE, when=500, sentiments=[*sentiments, scored(3, 0.25)]) == expected
        assert not is_spam(recorded([*self.BEFORE, *later]), at(500))

    def test_the_instant_itself_counts(self) -> None:
        """What happened exactly at the instant of the response is known at it."""
        assert features(*self.BEFORE, when=300)["log_resolution"] == pytest.approx(log1p(300 * 60))
        assert features(*self.BEFORE, when=299)["log_resolution"] is None


class TestSpam:
    def test_is_what_was_held_then(self) -> None:
        """A ticket is spam from when it is marked until it is cleared."""
        history = recorded([OPENED, on.TicketMarkedSpam(at=at(2)), on.TicketClearedOfSpam(at=at(4))])
        assert [is_spam(history, at(minutes)) for minutes in (1, 2, 3, 4)] == [False, True, True, False]


class TestPeriod:
    def test_means_and_counts(self) -> None:
        """A period has the number of tickets, and the mean of what is known of each feature."""
        one = features(OPENED, said(1), promised(999))
        other = features(on.TicketOpened(at=at(0), channel="phone"), called(1), said(2), said(3))
        found = period_features([one, other])
        assert (found["tickets"], found["channels"], found["touches"], found["promise_broken"]) == (2, 2, 2.0, 0.5)
        assert found["log_resolution"] is None
        assert "kind" not in found


def offered(level: on.Level = "transactional") -> on.SurveyOffered:
    return on.SurveyOffered(
        at=at(0), survey="s", version=1, about_kind="ticket", about="T-1", respondent="c-1", channel="mail", level=level
    )


def answered(minutes: int, score: float, question: str = "q", better: on.Better = "higher") -> on.SurveyAnswered:
    return on.SurveyAnswered(
        at=at(minutes), question=question, instrument="csat", wording="1", score=score, lowest=1, highest=5,
        better=better,
    )  # fmt: skip


def stands(*events: Event, asked: Asked | None = None) -> list[tuple[str, float, datetime, int]]:
    found = ratings(enumerate(events, 1), asked or Asked(what="csat"))
    return [(one.question, one.score, one.at, one.position) for one in found]


class TestRatings:
    def test_by_question_or_instrument(self) -> None:
        """Answers are found by the question, and by what it measures."""
        history: list[Event] = [offered(), answered(1, 4), answered(2, 5, "r")]
        assert stands(*history) == [("q", 4, at(1), 2), ("r", 5, at(2), 3)]
        assert stands(*history, asked=Asked(what="r")) == [("r", 5, at(2), 3)]
        assert stands(*history, asked=Asked(what="nps")) == []

    def test_an_amendment_supersedes(self) -> None:
        """The amended score stands, from the instant of the amendment."""
        amended = on.AnswerAmended(at=at(9), question="q", score=2)
        assert stands(offered(), answered(1, 4), amended) == [("q", 2, at(9), 3)]

    def test_lower_is_better_is_turned_round(self) -> None:
        """Where lower is better the score is turned round on its scale, amended or not."""
        history: list[Event] = [offered(), answered(1, 2, better="lower")]
        assert stands(*history)[0][1] == 4
        assert stands(*history, on.AnswerAmended(at=at(9), question="q", score=1))[0][1] == 5

    @pytest.mark.parametrize(
        "events",
        [
            [offered(), answered(1, 4), on.AnswerWithdrawn(at=at(2), question="q")],
            [offered(), answered(1, 4), on.FeedbackRemoved(at=at(2))],
            [offered("relationship"), answered(1, 4)],
            [answered(1, 4)],
            [offered(), on.SurveyAnswered(at=at(1), question="q", instrument="csat", wording="1", score=4, lowest=1,
                                          highest=5, expectation=True)],
        ],
    )  # fmt: skip
    def test_what_does_not_stand(self, events: list[Event]) -> None:
        """Withdrawn, removed, of another level, about nothing, or an expectation: none of these stands."""
        assert stands(*events) == []

    def test_between_two_instants(self) -> None:
        """Answers are dated by when they were given: the start counts, the end does not."""
        history: list[Event] = [offered(), answered(5, 4)]
        assert stands(*history, asked=Asked(what="csat", since=at(5), until=at(6)))
        assert not stands(*history, asked=Asked(what="csat", until=at(5)))
        assert not stands(*history, asked=Asked(what="csat", since=at(6)))
