"""Every event there is: made by its command or report, once, on its own kind of stream."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import attrs
import pytest

from ventanilla.core import commands, streams
from ventanilla.core import events as on
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked, Command, Report
from ventanilla.core.decide import decide
from ventanilla.core.errors import Refused
from ventanilla.core.events import Event, Observation
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.fields import Personal
from ventanilla.core.recorded import Actor
from ventanilla.core.steps import STEPS

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ANA = "customer/c-1"
HOST = Actor("system", "test", roles=("admin", "privacy"))
Kind = type[Event]

STREAMS: dict[object, str] = {
    on.TicketEvent: "T-1",
    on.CustomerEvent: ANA,
    on.AgentEvent: "agent/a-7",
    on.TeamEvent: "team/repairs",
    on.FeedbackEvent: "feedback/f-1",
    on.SettingEvent: "setting/policy/standard",
}
STREAM_OF: dict[Kind, str] = {event: stream for union, stream in STREAMS.items() for event in get_args(union)}
STREAM_OF[on.WindowSealed] = "setting/agreement/experience"
BIRTH: dict[str, Kind | None] = {
    "T-1": on.TicketOpened,
    ANA: on.CustomerAdded,
    "agent/a-7": on.AgentJoined,
    "team/repairs": on.TeamFormed,
    "feedback/f-1": on.SurveyOffered,
    "setting/policy/standard": on.SettingPublished,
    "setting/agreement/experience": on.SettingPublished,
}
BORN = frozenset({*BIRTH.values(), on.ReviewPosted, on.MentionPosted, on.SignalRecorded, on.SettingRestated})

BEFORE: dict[Kind, tuple[Kind, ...]] = {
    on.TicketReopened: (on.TicketResolved,),
    on.TicketUntagged: (on.TicketTagged,),
    on.TicketUnassigned: (on.TicketAssigned,),
    on.TicketResumed: (on.TicketPaused,),
    on.TicketClearedOfSpam: (on.TicketMarkedSpam,),
    on.TicketUnlinked: (on.TicketLinked,),
    on.TicketUnmerged: (on.TicketMerged,),
    on.TicketRejoined: (on.TicketSplit,),
    on.ParticipantRemoved: (on.ParticipantAdded,),
    on.ConversationLeft: (on.ConversationJoined,),
    on.DeliveryReported: (on.ReplySent,),
    on.AttachmentKept: (on.MessageReceived,),
    on.PromiseKept: (on.PromiseMade,),
    on.PromiseBroken: (on.PromiseMade,),
    on.PromiseWithdrawn: (on.PromiseMade,),
    on.PromiseKeptTold: (on.PromiseMade, on.PromiseKept),
    on.FollowUpDone: (on.FollowUpPlanned,),
    on.FollowUpDropped: (on.FollowUpPlanned,),
    on.CancellationSettled: (on.CancellationAttempted,),
    on.AutomationReviewed: (on.AutomationDecided,),
    on.IdentityUnlinked: (on.IdentityLinked,),
    on.CustomerUnmerged: (on.CustomerMerged,),
    on.CustomerHoldLifted: (on.CustomerHoldPlaced,),
    on.AgentHoldLifted: (on.AgentHoldPlaced,),
    on.OrderReturned: (on.OrderPlaced,),
    on.SubscriptionRenewed: (on.SubscriptionStarted,),
    on.SubscriptionEnded: (on.SubscriptionStarted,),
    on.TeamLeft: (on.TeamJoined,),
    on.RoleRevoked: (on.RoleGranted,),
    on.ShiftCancelled: (on.ShiftPlanned,),
    on.AnswerAmended: (on.SurveyAnswered,),
    on.AnswerWithdrawn: (on.SurveyAnswered,),
    on.ActionTaken: (on.ActionPlanned,),
    on.ActionTold: (on.ActionPlanned, on.ActionTaken),
}
"""What must have happened on the stream before an event can, besides its birth."""

ANYBODY = (on.SentimentScored, on.CustomerErased, on.AgentErased, on.CustomerHoldPlaced, on.AgentHoldPlaced)
"""What may happen to somebody, or something, that only others have told of."""

VALUES: Mapping[str, Any] = {
    "lowest": 1.0,
    "highest": 5.0,
    "score": 1.0,
    "best": 5.0,
    "stars": 4.0,
    "confidence": 0.5,
    "sentiment": -0.5,
    "ends": AT + timedelta(hours=9),
    "into": "T-2",
    "source": "T-2",
    "to": "T-2",
    "messages": ("m-1",),
}

OWN: Mapping[Kind, Mapping[str, Any]] = {
    on.WindowSealed: {"since": AT - timedelta(hours=1), "until": AT, "corrects": None},
}
"""Those of one kind of event alone."""


def sample(kind: Kind, *, whole: bool = True) -> Event:
    """Return an event of *kind* with every field set, or just those that have no default."""
    hints = get_type_hints(kind)
    fields: dict[str, Any] = {"at": AT}
    for field in attrs.fields(kind):
        if field.name != "at" and (whole or field.default is attrs.NOTHING):
            fields[field.name] = VALUES.get(field.name, _value(field.name, hints[field.name]))
    fields |= OWN.get(kind, {})
    return cast("Event", cast("Any", kind)(**fields))


def _value(name: str, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if NoneType in get_args(hint):
        (hint,) = (part for part in get_args(hint) if part is not NoneType) if len(get_args(hint)) == 2 else (str,)
        return _value(name, hint)
    if get_origin(hint) is not None:
        return {"district": "Roxbury"}
    made: dict[Any, Any] = {
        str: f"{name}-1",
        int: 1,
        float: 1.0,
        bool: True,
        datetime: AT + timedelta(hours=1),
        Personal: Personal("Canary", of=ANA),
    }
    return made[hint]


def command_classes() -> Iterator[type[Asked]]:
    for cls in get_args(Command):
        if cls is not Report:
            yield cls


COMMAND_OF: dict[Kind, type[Asked]] = {get_type_hints(cls.event)["return"]: cls for cls in command_classes()}


def asking_for(event: Event) -> Command:
    """Return the command, or the report, that asks for *event*."""
    stream = STREAM_OF[type(event)]
    if isinstance(event, get_args(Observation)):
        return Report(on=stream, actor=HOST, fact=cast("Observation", event))
    cls = cast("Callable[..., Command]", COMMAND_OF[type(event)])
    fields = {f.name: getattr(event, f.name) for f in attrs.fields(type(event))}
    prefix = next((prefix for prefix in streams.PREFIXES if stream.startswith(prefix)), "")
    owner = prefix.rstrip("/") or "ticket"
    return cls(**{owner: stream.removeprefix(prefix)}, actor=HOST, **fields)


def before(kind: Kind) -> Aggregate:
    """Return the aggregate on which an event of *kind* may happen."""
    stream = STREAM_OF[kind]
    birth = BIRTH[stream]
    history = [] if kind in BORN or birth is None else [sample(birth, whole=False)]
    return evolve(unborn(stream), *history, *(sample(earlier) for earlier in BEFORE.get(kind, ())))


EVERY = sorted(get_args(Event), key=lambda kind: kind.TOPIC)
by_topic = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.TOPIC)


@by_topic
class TestEveryEvent:
    def test_happens_when_asked_for(self, kind: Kind) -> None:
        """Given what must come before, when it is asked for, then it happens."""
        event = sample(kind)
        assert decide(asking_for(event), before(kind)) == (event,)

    def test_happens_with_its_defaults(self, kind: Kind) -> None:
        """What has a default need not be said."""
        event = sample(kind, whole=False)
        assert decide(asking_for(event), before(kind)) == (event,)

    def test_happens_once(self, kind: Kind) -> None:
        """Asking again for what has happened makes nothing happen."""
        event = sample(kind)
        assert decide(asking_for(event), evolve(before(kind), event)) == ()

    def test_counts_as_one(self, kind: Kind) -> None:
        """It makes the aggregate one version older, and leaves the one before as it was."""
        aggregate = before(kind)
        shown = repr(aggregate)
        assert evolve(aggregate, sample(kind)).version == aggregate.version + 1
        assert repr(aggregate) == shown

    def test_happens_to_nothing_else(self, kind: Kind) -> None:
        """On a stream of another kind it is refused, by the rule ``elsewhere``."""
        stream = "agent/a-7" if STREAM_OF[kind] != "agent/a-7" else "T-1"
        with pytest.raises(Refused, match="does not happen to") as error:
            decide(asking_for(sample(kind)), unborn(stream))
        assert error.value.rule.endswith(".elsewhere")

    def test_never_shows_what_is_personal(self, kind: Kind) -> None:
        """No personal text is in an event's, a command's or an aggregate's representation."""
        event = sample(kind)
        command = asking_for(event)
        for shown in (repr(event), str(event), repr(command), repr(evolve(before(kind), event))):
            assert "Canary" not in shown

    def test_needs_a_stream_that_is_there(self, kind: Kind) -> None:
        """Nothing happens to what is not there yet, save its birth."""
        if kind in BORN or kind in ANYBODY:
            assert decide(asking_for(sample(kind)), unborn(STREAM_OF[kind]))
        else:
            with pytest.raises(Refused) as error:
                decide(asking_for(sample(kind)), unborn(STREAM_OF[kind]))
            assert error.value.rule.endswith(".unborn")


class TestCommands:
    def test_each_event_has_one_way_in(self) -> None:
        """An event is asked for by one command, or it is an observation and reported; never both, never neither."""
        observed = set(get_args(Observation))
        assert set(COMMAND_OF) | observed == set(get_args(Event))
        assert not set(COMMAND_OF) & observed
        assert len(COMMAND_OF) == len(list(command_classes()))

    def test_are_all_there(self) -> None:
        """Every command of the package is in the union, and is importable from it."""
        defined = {
            cls
            for name in commands.__all__
            if inspect.isclass(cls := getattr(commands, name)) and issubclass(cls, Asked) and cls is not Asked
        }
        assert defined == set(get_args(Command))

    def test_of_the_desk_are_not_reported(self) -> None:
        """What the desk decides cannot be slipped in as something observed."""
        with pytest.raises(TypeError, match="ReplySent is not reported: it has a command of its own"):
            Report(on="T-1", actor=HOST, fact=cast("Observation", sample(on.ReplySent)))

    def test_take_any_time_zone(self) -> None:
        """Instants of commands and of reported facts are kept in UTC."""
        east = AT.astimezone(tz=None)
        command = commands.PlanFollowUp(ticket="T-1", at=east, actor=HOST, follow_up="f-1", due=east)
        assert (command.at.tzinfo, command.event().due.tzinfo) == (UTC, UTC)
        report = Report(on=ANA, actor=HOST, fact=on.SubscriptionRenewed(at=east, subscription="s-1", until=east))
        assert report.at.tzinfo is UTC
        assert report.event() == on.SubscriptionRenewed(at=AT, subscription="s-1", until=AT)

    def test_of_an_actor_speak_as_that_actor(self) -> None:
        """A reply's author is who asks, in the kind that they are."""
        reply = commands.Reply(ticket="T-1", at=AT, actor=Actor("bot", "b-1"), message="m-1", channel="chat")
        assert (reply.event().author, reply.event().author_kind) == ("b-1", "bot")
        note = commands.WriteNote(ticket="T-1", at=AT, actor=Actor("agent", "a-7"), message="n-1")
        assert (note.event().author, note.event().author_kind) == ("a-7", "agent")


class TestSteps:
    def test_name_fields_of_their_events(self) -> None:
        """A step's id, what it becomes and what it needs are fields of its event."""
        for kind, step in STEPS.items():
            names = {field.name for field in attrs.fields(kind)}
            wanted = {*step.id.split(":"), *([step.becomes[1:]] if step.becomes.startswith("=") else [])}
            wanted |= {step.needs[1]} if step.needs else set()
            assert wanted <= names, kind

    def test_start_somewhere(self) -> None:
        """Where a step begins, another one of the same noun ends."""
        for kind, step in STEPS.items():
            ends = {other.becomes for other in STEPS.values() if other.noun == step.noun}
            if not any(end.startswith("=") for end in ends):
                assert set(step.after) - {"", "off"} <= ends, kind
