"""The table and the metric keep their contracts, and count what they say."""

from datetime import UTC, datetime

import x_effort

from ventanilla import Actor, Desk
from ventanilla.core.commands import Open, Receive, Resolve
from ventanilla.plugins import Host
from ventanilla.plugins.testing import MetricContract, TableContract

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")


class TestTable(TableContract):
    table = x_effort.tables()[0]


class TestMetric(MetricContract):
    metric = x_effort.metrics()[0]
    table = x_effort.tables()[0]


def test_counts_what_people_wrote() -> None:
    """A ticket that took two messages has two, and names the events."""
    host = Host()
    host.add("effort", x_effort)
    with Desk("sqlite:///:memory:", host=host) as desk:
        desk.handle(Open(ticket="T-1", channel="mail", at=NINE, actor=MARIA))
        for message in ("m-1", "m-2"):
            desk.handle(Receive(ticket="T-1", channel="mail", message=message, at=NINE, actor=MARIA))
        assert desk.ask("effort.messages").value is None
        desk.handle(Resolve(ticket="T-1", code="done", at=NINE, actor=MARIA))
        answer = desk.ask("effort.messages")
        assert (answer.value, answer.n, answer.evidence) == (2, 1, (1, 2, 3, 4))
