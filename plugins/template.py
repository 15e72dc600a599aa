"""What ``ventanilla plugins new`` writes: five files that make a plug-in which keeps its contract."""

from __future__ import annotations

import re
from string import Template
from typing import Literal, TypeAlias

from ventanilla.core.errors import NotUnderstood

Kind: TypeAlias = Literal["channel", "metric"]


def files(name: str, kind: Kind = "channel") -> dict[str, str]:
    """Return the files of a new plug-in, by path.

    Raises:
        NotUnderstood: *name* is no name for one.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or name == "builtin":
        raise NotUnderstood(f"{name!r} is no name for a plug-in: write it as sms, or sms-gateway")
    words = {"name": name, "module": "x_" + name.replace("-", "_")}
    words["title"] = words["module"].removeprefix("x_").title().replace("_", "")
    module, test = _KINDS[kind]
    texts = {
        f"{words['module']}.py": module,
        "pyproject.toml": _PYPROJECT,
        f"tests/test_{words['module']}.py": test,
        "README.md": _README,
        ".github/workflows/test.yml": _WORKFLOW,
    }
    return {path: Template(text).substitute(words) for path, text in texts.items()}


_CHANNEL = '''"""The channel $name: messages as JSON, ``{"id": "7", "from": "+34600", "text": "hola"}``."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ventanilla import Actor, NotUnderstood, Personal, hookimpl
from ventanilla.core.commands import AddCustomer, Command, Open, Receive
from ventanilla.plugins import Channel, Delivery

ACTOR = Actor("channel", "$name")


def read(delivery: Delivery) -> list[Command]:
    """Return what a message asks for; a sender whom the desk does not know becomes a new customer."""
    message, sender, text = fields(delivery.body)
    known = delivery.known("phone", sender)
    customer = known or delivery.id
    ticket, at = f"$name:{delivery.id}", delivery.received_at

    def personal(said: str) -> Personal:
        return Personal(said, of=f"customer/{customer}")

    new = [] if known else [AddCustomer(customer=customer, at=at, actor=ACTOR, name=personal(sender))]
    return [
        *new,
        Open(ticket=ticket, at=at, actor=ACTOR, channel="$name", customer=customer),
        Receive(ticket=ticket, at=at, actor=ACTOR, channel="$name", message=message, text=personal(text)),
    ]


def fields(body: bytes) -> tuple[str, str, str]:
    """Return id, sender and text."""
    try:
        found = json.loads(body.decode())
        message, sender, text = (str(found[name]) for name in ("id", "from", "text"))
        f"{message}{sender}{text}".encode()  # JSON can escape half a character, which nobody can keep
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotUnderstood(f"not a message of $name: {type(error).__name__}") from error
    if not (message.isprintable() and 0 < len(message) <= 100 and sender and text):
        raise NotUnderstood("not a message of $name: it lacks an id, a sender or a text")
    return message, sender, text


SAMPLES = (
    Delivery(
        body=b'{"id": "7", "from": "+34600123456", "text": "Where is my order?"}',
        received_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    ),
)


@hookimpl
def channels() -> list[Channel]:
    """Add the channel $name."""
    return [Channel(name="$name", read=read, samples=SAMPLES)]
'''

_CHANNEL_TEST = '''"""The channel $name keeps the contract."""

from ventanilla.plugins.testing import ChannelContract
from $module import channels


class Test$title(ChannelContract):
    channel = channels()[0]
'''

_METRIC = '''"""The metric $name.visits: how often did people come back before their matter was settled?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from attrs import frozen

from ventanilla import Recorded, hookimpl
from ventanilla.core.events import TicketOpened, TicketReopened, TicketResolved
from ventanilla.projections import FactTable, Metric
from ventanilla.projections.expressions import column
from ventanilla.projections.summaries import Quantile


@frozen(kw_only=True)
class Visits:
    """A row of the table.

    Attributes:
        ticket: The ticket; by its name, rows are joined with its dimensions.
        visits: How many times it was opened.
        settled_at: When it was settled; ``None`` if it is not.
        evidence: The positions of the events behind it.
    """

    ticket: str
    visits: int = 1
    settled_at: datetime | None = None
    evidence: tuple[int, ...] = ()


def fold(before: Visits | None, recorded: Recorded) -> Visits:
    """Return the row after one more event; the one before is left as it was."""
    now = before or Visits(ticket=recorded.stream)
    now = attrs.evolve(now, evidence=(*now.evidence, recorded.position))
    match recorded.event:
        case TicketResolved(at=at):
            return attrs.evolve(now, settled_at=at)
        case TicketReopened():
            return attrs.evolve(now, visits=now.visits + 1, settled_at=None)
        case _:
            return now


def rows(row: Visits | None, as_of: datetime) -> Sequence[Visits]:
    """Return the rows of a ticket: one."""
    return () if row is None else (row,)


@hookimpl
def tables() -> list[FactTable[Visits | None]]:
    """Add the fact table."""
    return [
        FactTable(
            name="$name.tickets",
            about="one row a ticket",
            row=Visits,
            reads=frozenset({TicketOpened, TicketResolved, TicketReopened}),
            initial=None,
            fold=fold,
            rows=rows,
        )
    ]


@hookimpl
def metrics() -> list[Metric]:
    """Add the question that is asked of it."""
    return [
        Metric(
            name="$name.visits",
            question="How many visits did half of the settled tickets take at most?",
            table="$name.tickets",
            unit="count",
            better="lower",
            where=column("settled_at").given(),
            value=column("visits"),
            summary=Quantile(0.5),
            dated=column("settled_at"),
        )
    ]
'''

_METRIC_TEST = '''"""The table and the metric of $name keep the contract."""

from ventanilla.plugins.testing import MetricContract, TableContract
from $module import metrics, tables


class Test${title}Table(TableContract):
    table = tables()[0]


class Test${title}Metric(MetricContract):
    metric = metrics()[0]
    table = tables()[0]
'''

_PYPROJECT = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "x-$name"
version = "0.1.0"
description = "The plug-in $name of ventanilla."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["ventanilla"]

[project.optional-dependencies]
test = ["ventanilla[testing]"]

[project.entry-points."ventanilla.plugins.v1"]
$name = "$module"

[tool.hatch.build.targets.wheel]
include = ["$module.py"]
"""

_README = """# x-$name

The plug-in `$name` of ventanilla.

    pip install x-$name
    ventanilla plugins list
    ventanilla plugins check $name

To work on it: `pip install -e '.[test]'`, then `pytest`. The rules of the contract are the methods of the class that
the test derives from; the guide for authors is `docs/plugins.md` of ventanilla.
"""

_WORKFLOW = """name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.11", "3.13"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: $${{ matrix.python }}
      - run: pip install -e '.[test]' 'ventanilla[cli]'
      - run: pytest
      - run: ventanilla plugins check $name
"""

_KINDS: dict[Kind, tuple[str, str]] = {"channel": (_CHANNEL, _CHANNEL_TEST), "metric": (_METRIC, _METRIC_TEST)}
