"""The responses of a desk for a driver analysis, each with what was known of the matter when it was given."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import Factory, frozen

from ventanilla.adapters.store import Store
from ventanilla.core import events as on
from ventanilla.core.errors import Damaged, NotUnderstood
from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded, Unreadable
from ventanilla.core.streams import FEEDBACK, is_ticket
from ventanilla.projections.drivers import Asked, Rating, Response, period_features, ratings, ticket_features
from ventanilla.projections.drivers.ticket import is_spam

PERIOD = 90
"""How many days before an answer about the relationship its customer's tickets are looked at. Our choice."""

_PAGE = 1_000
_FEEDBACK: frozenset[type[Event]] = frozenset(
    {
        on.SurveyOffered,
        on.SurveyAnswered,
        on.AnswerAmended,
        on.AnswerWithdrawn,
        on.FeedbackRemoved,
        on.SentimentScored,
    }
)
_OWNERS: frozenset[type[Event]] = frozenset({on.TicketOpened, on.CustomerNamed})


@frozen(kw_only=True)
class Found:
    """What the log has for an analysis.

    Attributes:
        asked: What was asked for.
        ratings: The answers that stand.
        sentiments: What was measured of messages, by ticket.
        owners: Whose each ticket was from when on, oldest first; only for other levels than ``transactional``.
        not_used: How many answers cannot be used, by reason.
    """

    asked: Asked
    ratings: Sequence[Rating]
    sentiments: Mapping[str, Sequence[on.SentimentScored]]
    owners: Mapping[str, Sequence[tuple[datetime, str | None]]]
    not_used: Mapping[str, int] = Factory(dict)


def find(store: Store, asked: Asked, tell: Callable[[int, int], None]) -> Found:
    """Return the answers to *asked* that stand, with what else is needed from the log to look at them.

    Of several scales on which the question was answered, the most common one is used.

    Args:
        store: The log.
        asked: Which answers.
        tell: Is told how far it has come: the position, and the last one.

    Raises:
        NotUnderstood: Nobody answered that; or it is an instrument that several questions have.
    """
    histories: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    sentiments: dict[str, list[on.SentimentScored]] = defaultdict(list)
    owners: dict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
    unreadable: set[str] = set()
    reads = _FEEDBACK if asked.level == "transactional" else _FEEDBACK | _OWNERS
    position, head = 0, store.head()
    while page := store.page(position, _PAGE, reads):
        for position, stream, event in page:
            if isinstance(event, Unreadable):
                unreadable.add(stream)
            elif isinstance(event, on.SentimentScored):
                if event.ticket is not None:
                    sentiments[event.ticket].append(event)
            elif stream.startswith(FEEDBACK):
                if type(event) in _FEEDBACK:
                    histories[stream].append((position, event))
            elif isinstance(event, on.TicketOpened | on.CustomerNamed) and is_ticket(stream):
                owners[stream].append((event.at, event.customer))
        tell(position, head)
    found = [
        rating
        for stream, history in histories.items()
        if stream not in unreadable
        for rating in ratings(history, asked)
    ]
    questions = sorted({rating.question for rating in found})
    if not found:
        raise NotUnderstood(f"no {asked.level} answer to {asked.what!r} stands in the log{_known(histories)}")
    if len(questions) > 1:
        raise NotUnderstood(f"{asked.what!r} is measured by several questions: say which of {', '.join(questions)}")
    (scale, _), *others = Counter(rating.scale for rating in found).most_common()
    not_used = {f"on another scale than {scale[0]:g} to {scale[1]:g}": sum(count for _, count in others)}
    not_used["feedback that cannot be read"] = sum(stream.startswith(FEEDBACK) for stream in unreadable)
    return Found(
        asked=asked,
        ratings=[rating for rating in found if rating.scale == scale],
        sentiments=sentiments,
        owners=owners,
        not_used={reason: count for reason, count in not_used.items() if count},
    )


def join(
    store: Store, found: Found, *, days: int = PERIOD, tell: Callable[[int, int], None]
) -> tuple[list[Response], Mapping[str, int]]:
    """Return the responses with their features, and how many answers cannot be used, by reason.

    Transactional scores are joined to the ticket that they are about; those of other levels to the tickets that their
    customer opened in the *days* before. Anonymous answers are joined to nothing.

    Args:
        store: The log.
        found: What :func:`find` found there.
        days: How long the period is.
        tell: Is told how far it has come: how many answers, of how many.
    """
    tickets_of: dict[str, list[str]] = defaultdict(list)
    for ticket, owners in found.owners.items():
        for customer in {customer for _, customer in owners if customer is not None}:
            tickets_of[customer].append(ticket)
    responses: list[Response] = []
    not_used = Counter(found.not_used)
    for count, rating in enumerate(found.ratings, 1):
        try:
            if found.asked.level == "transactional":
                made = _of_ticket(store, found, rating)
            else:
                made = _of_period(store, found, rating, tickets_of, timedelta(days=days))
        except Damaged:
            made = "about a ticket that cannot be read"
        if isinstance(made, str):
            not_used[made] += 1
        else:
            responses.append(made)
        tell(count, len(found.ratings))
    return responses, dict(not_used)


def _of_ticket(store: Store, found: Found, rating: Rating) -> Response | str:
    if rating.respondent is None:
        return "anonymous"
    if rating.about_kind != "ticket":
        return "about something else than a ticket"
    history = store.load(rating.about)
    if not any(recorded.event.at <= rating.at for recorded in history):
        return "about a ticket that is not in the log"
    if is_spam(history, rating.at):
        return "about spam"
    features = ticket_features(history, rating.at, found.sentiments.get(rating.about, ()))
    return Response(score=rating.score, features=features, customer=rating.respondent, position=rating.position)


def _of_period(
    store: Store, found: Found, rating: Rating, tickets_of: Mapping[str, Sequence[str]], period: timedelta
) -> Response | str:
    if (customer := rating.respondent) is None:
        return "anonymous"
    histories: list[tuple[str, Sequence[Recorded]]] = []
    for ticket in tickets_of.get(customer, ()):
        owners = [owner for owner in found.owners[ticket] if owner[0] <= rating.at]
        if owners and owners[0][0] >= rating.at - period and owners[-1][1] == customer:
            history = store.load(ticket)
            if not is_spam(history, rating.at):
                histories.append((ticket, history))
    if not histories:
        return "of customers without a ticket in the period"
    tickets = [ticket_features(history, rating.at, found.sentiments.get(ticket, ())) for ticket, history in histories]
    return Response(score=rating.score, features=period_features(tickets), customer=customer, position=rating.position)


def _known(histories: Mapping[str, Sequence[tuple[int, Event]]]) -> str:
    known = {
        f"{event.question} ({event.instrument})"
        for history in histories.values()
        for _, event in history
        if isinstance(event, on.SurveyAnswered)
    }
    return f"; there are answers to {', '.join(sorted(known))}" if known else ""
