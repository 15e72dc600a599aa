"""What a ticket's own events make possible, and what they make idle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ventanilla.core import commands as ask
from ventanilla.core import events as on
from ventanilla.core.commands import Command, Report
from ventanilla.core.decide import decide
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, TicketObservation
from ventanilla.core.evolve import evolve
from ventanilla.core.recorded import Actor
from ventanilla.core.ticket import Ticket

MARIA = Actor("agent", "maria")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


T: dict[str, Any] = {"ticket": "T-1", "actor": MARIA, "at": at(10)}
OPENED = on.TicketOpened(at=at(0), channel="phone", facts={"district": "Roxbury"})
MERGED = on.TicketMerged(at=at(5), into="T-2")


def ticket(*history: Event) -> Ticket:
    return evolve(Ticket(id="T-1"), OPENED, *history)


def report(fact: TicketObservation) -> Report:
    return Report(on="T-1", actor=MARIA, fact=fact)


def rule_of(command: Command, given: Ticket) -> str:
    with pytest.raises(Refused) as refused:
        decide(command, given)
    return refused.value.rule


class TestQueue:
    def test_taking_a_ticket_back_from_the_queue_is_news(self) -> None:
        """An agent whose ticket was put in a queue takes it out by taking it again."""
        queued = ticket(on.TicketAssigned(at=at(1), agent="maria"), on.TicketQueued(at=at(2), queue="second line"))
        taken = decide(ask.Assign(**T, agent="maria"), queued)
        assert taken == (on.TicketAssigned(at=at(10), agent="maria"),)
        assert evolve(queued, *taken).queue is None

    def test_assigning_to_the_same_agent_is_idle(self) -> None:
        """Whoever has a ticket already does not get it again."""
        assert decide(ask.Assign(**T, agent="maria"), ticket(on.TicketAssigned(at=at(1), agent="maria"))) == ()


class TestPause:
    SNOOZED = on.TicketPaused(at=at(1), reason="snoozed", until=at(60))

    @pytest.mark.parametrize(
        ("reason", "until"), [("snoozed", at(90)), ("snoozed", at(30)), ("snoozed", None), ("customer", at(60))]
    )
    def test_can_be_put_off(self, reason: on.PauseReason, until: datetime | None) -> None:
        """A wait for something else, or until another time, is news."""
        paused = on.TicketPaused(at=at(10), reason=reason, until=until)
        assert decide(ask.Pause(**T, reason=reason, until=until), ticket(self.SNOOZED)) == (paused,)

    def test_for_the_same_until_the_same_is_idle(self) -> None:
        """To wait for what is waited for already, until then, changes nothing."""
        assert decide(ask.Pause(**T, reason="snoozed", until=at(60)), ticket(self.SNOOZED)) == ()

    @pytest.mark.parametrize(
        "end",
        [
            on.TicketResumed(at=at(2)),
            on.TicketResolved(at=at(2), code="fixed"),
            on.TicketClosed(at=at(2)),
        ],
    )
    def test_ends(self, end: Event) -> None:
        """A wait ends when work goes on, or ends; nothing is left of it."""
        ended = ticket(self.SNOOZED, end)
        assert (ended.paused, ended.paused_until) == (None, None)

    def test_of_a_closed_ticket_is_refused(self) -> None:
        """What is closed waits for nobody."""
        assert rule_of(ask.Pause(**T, reason="customer"), ticket(on.TicketClosed(at=at(1)))) == "pause.closed"


class TestFacts:
    def test_said_at_the_opening_are_not_said_again(self) -> None:
        """To set what the opening said changes nothing; another value is news."""
        assert decide(ask.SetFact(**T, name="district", value="Roxbury"), ticket()) == ()
        assert decide(ask.SetFact(**T, name="district", value="Dorchester"), ticket())
        assert decide(ask.SetFact(**T, name="street", value="Roxbury"), ticket())


class TestTies:
    @pytest.mark.parametrize("other", ["", "T-1", "customer/c-1", "setting/policy/x"])
    def test_are_with_other_tickets_only(self, other: str) -> None:
        """A ticket is tied to other tickets: not to itself, to nothing, or to a stream of another kind."""
        assert rule_of(ask.Merge(**T, into=other), ticket()) == "merge.itself"
        assert rule_of(ask.Link(**T, kind="related", to=other), ticket()) == "link.itself"
        assert rule_of(ask.Split(**T, source=other, messages=("m-1",)), ticket()) == "split.itself"

    def test_of_two_kinds_are_two_links(self) -> None:
        """A link of one kind says nothing of a link of another kind to the same ticket."""
        linked = ticket(on.TicketLinked(at=at(1), kind="parent", to="T-2"))
        assert decide(ask.Link(**T, kind="parent", to="T-2"), linked) == ()
        assert decide(ask.Link(**T, kind="problem", to="T-2"), linked)
        assert rule_of(ask.Unlink(**T, kind="problem", to="T-2"), linked) == "unlink.unknown"

    def test_can_be_tied_again(self) -> None:
        """What was undone can be done again, and undone again is idle."""
        undone = ticket(
            on.TicketLinked(at=at(1), kind="parent", to="T-2"), on.TicketUnlinked(at=at(2), kind="parent", to="T-2")
        )
        assert decide(ask.Link(**T, kind="parent", to="T-2"), undone)
        assert decide(ask.Unlink(**T, kind="parent", to="T-2"), undone) == ()

    def test_participants(self) -> None:
        """Who never took part cannot be removed; who does may take another part, and leave once."""
        assert rule_of(ask.RemoveParticipant(**T, participant="c-2"), ticket()) == "removeparticipant.unknown"
        copied = ticket(on.ParticipantAdded(at=at(1), participant="c-2", role="copied"))
        assert decide(ask.AddParticipant(**T, participant="c-2", role="copied"), copied) == ()
        assert decide(ask.AddParticipant(**T, participant="c-2", role="approver"), copied)
        gone = evolve(copied, on.ParticipantRemoved(at=at(2), participant="c-2"))
        assert decide(ask.RemoveParticipant(**T, participant="c-2"), gone) == ()
        assert decide(ask.AddParticipant(**T, participant="c-2", role="copied"), gone)


class TestMerged:
    def test_what_was_promised_here_ends_here(self) -> None:
        """Promises and follow-ups made before the merge are settled where they were made."""
        promised = on.PromiseMade(at=at(1), promise="p", due=at(60), what="call_back")
        planned = on.FollowUpPlanned(at=at(1), follow_up="f", due=at(60))
        merged = ticket(promised, planned, MERGED)
        for command in (
            ask.KeepPromise(**T, promise="p"),
            ask.BreakPromise(**T, promise="p"),
            ask.WithdrawPromise(**T, promise="p"),
            ask.FinishFollowUp(**T, follow_up="f"),
            ask.DropFollowUp(**T, follow_up="f"),
        ):
            assert decide(command, merged) == (command.event(),)

    def test_nothing_new_is_decided_here(self) -> None:
        """A merged ticket takes no new promise and cannot be changed or reopened: that is for the other."""
        merged = ticket(MERGED)
        assert rule_of(ask.MakePromise(**T, promise="p", due=at(60), what="x"), merged) == "makepromise.merged"
        assert rule_of(ask.Route(**T, team="roads"), merged) == "route.merged"
        assert rule_of(ask.Reopen(**T), merged) == "reopen.merged"

    def test_can_go_on_elsewhere_only_after_unmerging(self) -> None:
        """To merge into yet another ticket the first merge is undone; to merge into the same is idle."""
        assert rule_of(ask.Merge(**T, into="T-3"), ticket(MERGED)) == "merge.merged"
        assert decide(ask.Merge(**T, into="T-2"), ticket(MERGED)) == ()


class TestPromise:
    MADE = on.PromiseMade(at=at(1), promise="p", due=at(60), what="call_back")

    @pytest.mark.parametrize(
        ("ended", "command", "rule"),
        [
            (on.PromiseKept(at=at(2), promise="p"), ask.BreakPromise(**T, promise="p"), "breakpromise.kept"),
            (on.PromiseKept(at=at(2), promise="p"), ask.WithdrawPromise(**T, promise="p"), "withdrawpromise.kept"),
            (on.PromiseBroken(at=at(2), promise="p"), ask.KeepPromise(**T, promise="p"), "keeppromise.broken"),
            (
                on.PromiseBroken(at=at(2), promise="p"),
                report(on.PromiseKeptTold(at=at(3), promise="p")),
                "report.broken",
            ),
            (
                on.PromiseWithdrawn(at=at(2), promise="p"),
                ask.BreakPromise(**T, promise="p"),
                "breakpromise.withdrawn",
            ),
        ],
    )
    def test_ends_in_one_way(self, ended: Event, command: Command, rule: str) -> None:
        """A promise is kept, broken or withdrawn, and then no more of these."""
        assert rule_of(command, ticket(self.MADE, ended)) == rule

    def test_is_made_kept_and_told(self) -> None:
        """A promise goes its steps, each once; again is idle, and its id is not given twice."""
        kept = evolve(ticket(self.MADE), *decide(ask.KeepPromise(**T, promise="p"), ticket(self.MADE)))
        told = report(on.PromiseKeptTold(at=at(11), promise="p"))
        assert decide(ask.KeepPromise(ticket="T-1", actor=MARIA, at=at(20), promise="p"), kept) == ()
        after = evolve(kept, *decide(told, kept))
        assert after.things["promise", "p"] == "told"
        assert decide(report(on.PromiseKeptTold(at=at(12), promise="p")), after) == ()
        again = ask.MakePromise(**T, promise="p", due=at(90), what="call_back")
        assert rule_of(again, after) == "makepromise.exists"

    def test_due_at_once_is_taken(self) -> None:
        """A promise may be due at the very instant at which it is made."""
        assert decide(ask.MakePromise(**T, promise="q", due=at(10), what="x"), ticket())


class TestArticles:
    def test_can_be_suggested_again(self) -> None:
        """The same article may be shown a second time, by somebody else, also after it was judged."""
        judged = ticket(
            on.ArticleSuggested(at=at(1), article="a", by="search"),
            on.ArticleJudged(at=at(2), article="a", solved=False),
        )
        shown = on.ArticleSuggested(at=at(10), article="a", by="agent")
        assert decide(report(shown), judged) == (shown,)


class TestMessages:
    @pytest.mark.parametrize(
        "command",
        [
            ask.Receive(**T, message="m", channel="mail"),
            ask.Reply(**T, message="m", channel="mail"),
            ask.WriteNote(**T, message="m"),
        ],
    )
    @pytest.mark.parametrize(
        "first",
        [
            on.MessageReceived(at=at(1), message="m", channel="chat"),
            on.ReplySent(at=at(1), message="m", channel="chat", author="a"),
            on.NoteWritten(at=at(1), message="m", author="a"),
        ],
    )
    def test_share_their_ids(self, first: Event, command: Command) -> None:
        """No message, reply or note has the id of another one, of whatever sort."""
        assert rule_of(command, ticket(first)) == f"{type(command).__name__.lower()}.exists"

    def test_delivery_is_told_of_replies_only(self) -> None:
        """A channel tells what became of a reply, as often as that changes; never of a note."""
        sent = ticket(on.ReplySent(at=at(1), message="m", channel="chat", author="a"))
        sent_on = report(on.DeliveryReported(at=at(2), message="m", state="sent"))
        assert decide(sent_on, sent) == (sent_on.fact,)
        failed = report(on.DeliveryReported(at=at(3), message="m", state="failed", code="550"))
        assert decide(failed, evolve(sent, sent_on.event())) == (failed.fact,)
        noted = ticket(on.NoteWritten(at=at(1), message="m", author="a"))
        assert rule_of(failed, noted) == "report.noted"
