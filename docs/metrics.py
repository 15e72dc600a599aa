"""Writes ``metrics.md``: every metric that has a text, from the text, and the published examples that are wrong.

make docs
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from ventanilla.plugins.host import Host
from ventanilla.projections.metric import Metric

PAGE = Path(__file__).parent / "metrics.md"
WRONG = Path(__file__).parent / "wrong_examples.md"

INTRODUCTION = """\
# The metrics

*Made by `make docs` from the metrics themselves; a test keeps it true.*

A metric is a question to a **fact table**, which is folded from the log. `ventanilla metrics list` names them all,
`ventanilla metrics show NAME` says what is below, `ventanilla ask NAME` answers.

- What is not known is `None`, never 0. What was left out is counted, by the reason.
- Shares are pooled (sum by sum), never averaged. Intervals hold 95 %.
- A reopening because of `courtesy`, by a customer who only says thanks, is none in any table or clock: what was settled
  stays settled, since when and by whom it was, and to put it away again settles nothing.
- A period is half-open, and told in the time zone that you name. Later events and later records change the past only
  as far as you let them: `--as-of`, `--known-at`.
- `--by` cuts by a dimension or a period, `--pooled 3` takes each figure of a cut by period over three of them,
  `--compare previous` says how a figure differs from the window before, and how often that would come by chance. Pooled
  windows overlap: each is compared with the one that ends where it begins. What was there before and is not now is
  told; counts of a period that is not whole are not tested.
- A series breaks where the question does: cut surveys by `wording`. Another version of a metric is never compared.
"""


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    host = Host()
    described = sorted((metric for metric in host.metrics.values() if metric.text), key=lambda metric: metric.table)
    yield INTRODUCTION
    for name, of_table in groupby(described, lambda metric: metric.table):
        yield f"## {name.replace('_', ' ').capitalize()}\n"
        yield f"Table `{name}`: {host.tables[name].about}.\n"
        for metric in of_table:
            yield from _metric(metric)
    yield WRONG.read_text(encoding="utf-8")


def _metric(metric: Metric) -> Iterator[str]:
    first, *sections = metric.text.replace("\n    ", " ").splitlines()
    yield f"### `{metric.name}`\n"
    yield first + ("" if first == metric.question else f" *{metric.question}*") + "\n"
    for section in sections:
        head, colon, text = section.partition(":")
        if colon:
            yield f"- **{head}**:{text}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: {sum(1 for line in page().splitlines() if line.startswith('### '))} metrics\n")
