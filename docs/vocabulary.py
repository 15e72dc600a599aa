"""Writes ``vocabulary.md``: every event there is, from its class, and what it is good for, from ``coverage.toml``.

make docs
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs

from ventanilla.core import events as on
from ventanilla.core.commands import Asked, Command, Report
from ventanilla.core.events import Event
from ventanilla.core.fields import Personal

DOCS = Path(__file__).parent
PAGE = DOCS / "vocabulary.md"
COVERAGE = DOCS / "coverage.toml"

KINDS: Mapping[str, object] = {
    "Ticket": on.TicketEvent,
    "Customer": on.CustomerEvent,
    "Agent": on.AgentEvent,
    "Team": on.TeamEvent,
    "Feedback": on.FeedbackEvent,
    "Setting": on.SettingEvent,
}
LISTS: Mapping[str, tuple[str, str]] = {
    "measurable": ("M", "What can be measured"),
    "channel": ("C", "Channels"),
    "practice": ("P", "Practices"),
}

INTRODUCTION = """\
# The vocabulary

*Made by `make docs` from the classes themselves; a test keeps it true.*

Whatever happens at the desk is told in one of the {events} events below, each on a stream of its own kind: a ticket, a
customer, an agent, a team, a piece of feedback, a setting.

- A **topic** is the name under which an event is stored. A stored topic never changes its fields; a new form is a new
  topic, and the old one stays readable.
- A **fact** is a number, an instant or a word of a closed list. Facts stand in the log for ever.
- What is **personal** (text, names, addresses) never enters the log: it lies in the vault, from which it can be erased,
  and the log holds a reference, a digest and a length.
- An event is **asked for** by a command, and then the rules decide; or it is **reported** (`Report`), because it
  happened elsewhere and the desk is told.
- Every event also says `at`, the instant when it happened (aware, UTC), and in its envelope: position, version, who,
  why, by which right, and when it was recorded.
"""


def items() -> dict[str, list[dict[str, Any]]]:
    """Return the three lists of what is to be covered."""
    return tomllib.loads(COVERAGE.read_text(encoding="utf-8"))


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()).rstrip() + "\n"


def meanings(kind: type[Event]) -> dict[str, str]:
    """Return what the docstring of *kind* says of each field."""
    _, _, text = (kind.__doc__ or "").partition("Attributes:")
    found = re.findall(r"^ +(\w+): (.*(?:\n {12,}.*)*)", text, re.MULTILINE)
    return {name: _markdown(re.sub(r"\s+", " ", meaning)) for name, meaning in found}


def _lines() -> Iterator[str]:
    covered = items()
    yield INTRODUCTION.format(events=len(get_args(Event)))
    yield "Contents: " + " · ".join(f"[{title}](#{_anchor(title)})" for title in _titles())
    serves = _serves(covered)
    for name, union in KINDS.items():
        yield f"\n## {name}\n"
        for kind in get_args(union):
            yield from _event(kind, serves.get(kind.TOPIC, []))
    for key, (mark, title) in LISTS.items():
        yield f"\n## {title}\n\n| | what | events |\n| --- | --- | --- |"
        for number, item in enumerate(covered[key], 1):
            how = f"; {item['how']}" if "how" in item else ""
            topics = ", ".join(f"`{topic}`" for topic in item.get("topics", [])) or "none"
            yield f"| {mark}{number} | {item['name']} | {topics}{how} |"
    yield "\n## Not served\n"
    missing = [f"- {item['name']}: {item['why']}" for some in covered.values() for item in some if "why" in item]
    yield from missing or ["Nothing."]


def _titles() -> list[str]:
    return [*KINDS, *(title for _, title in LISTS.values()), "Not served"]


def _serves(covered: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Return the marks of the items that each topic carries."""
    found: dict[str, list[str]] = {}
    for key, (mark, _) in LISTS.items():
        for number, item in enumerate(covered[key], 1):
            for topic in item.get("topics", []):
                found.setdefault(topic, []).append(f"{mark}{number}")
    return found


def _event(kind: type[Event], marks: list[str]) -> Iterator[str]:
    sentence = _markdown(re.sub(r"\s+", " ", (kind.__doc__ or "").partition("Attributes:")[0].strip()))
    yield f"### {kind.__name__}\n"
    served = f" Serves {', '.join(marks)}." if marks else ""
    yield f"{sentence}\n\n`{kind.TOPIC}`, {_way_in(kind)}.{served}\n"
    hints, said = get_type_hints(kind), meanings(kind)
    fields = [field for field in attrs.fields(kind) if field.name != "at"]
    if fields:
        yield "| field | is | type | meaning |\n| --- | --- | --- | --- |"
        for field in fields:
            is_ = "personal" if Personal in (hints[field.name], *get_args(hints[field.name])) else "fact"
            yield f"| `{field.name}` | {is_} | {_type(hints[field.name])} | {said[field.name]} |"
        yield ""


def _way_in(kind: type[Event]) -> str:
    commands: list[type[Asked]] = [cls for cls in get_args(Command) if cls is not Report]
    asking = [cls.__name__ for cls in commands if get_type_hints(cls.event)["return"] is kind]
    return f"asked for by `{asking[0]}`" if asking else "reported"


def _type(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(hint))
    if NoneType in get_args(hint):
        (some,) = (part for part in get_args(hint) if part is not NoneType)
        return f"{_type(some)}, or nothing"
    if get_origin(hint) is tuple:
        return "words"
    if get_args(hint):
        return "words by name" if get_args(hint)[1] is str else "numbers by name"
    return _NAMES[hint]


_NAMES: Mapping[Any, str] = {
    str: "word",
    int: "whole number",
    float: "number",
    bool: "yes or no",
    datetime: "instant",
    Personal: "text",
}


def _markdown(text: str) -> str:
    return re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text.replace("``", "`")).strip()


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: {len(get_args(Event))} events\n")
