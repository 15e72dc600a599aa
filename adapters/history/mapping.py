"""The mapping file: what the columns of a history mean.

A mapping is TOML. Each row of the history runs through the *steps* in order; a step asks the desk for one command, at
the instant that stands in its column. A step whose instant is empty, or whose condition does not hold, is left out.

.. code-block:: toml

    format = "ventanilla-map/1"
    name = "acme"                                # tickets become acme:<key>

    [source]
    key = ["Ticket"]

    [instants]
    format = "%d.%m.%Y %H:%M"                    # or "iso", "unix", "unix_ms"
    zone = "Europe/Berlin"

    [[steps]]
    do = "open"
    at = "Created"
    channel = { column = "Origin", values = { Tel = "phone", Web = "form" } }
    facts = { region = "Region" }

    [[steps]]
    do = "resolve"
    at = "Solved"
    when = { column = "State", is = ["solved", "closed"] }
    code = { constant = "solved" }
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from ventanilla.core.errors import NotUnderstood

Some: TypeAlias = Annotated[list[str], Meta(min_length=1)]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a word comes from. A bare string in the file is the name of a column.

    Attributes:
        column: The column to read.
        pattern: A regular expression; what its first group (or all of it) matches at the start is taken.
        values: Translates what was read; a word that is not listed is not understood, unless ``otherwise`` is given.
        otherwise: Stands in for what ``pattern`` or ``values`` does not know.
        empty: Stands in for an empty cell.
        constant: Instead of a column: this very word.
    """

    column: str | None = None
    pattern: str | None = None
    values: dict[str, str] | None = None
    otherwise: str | None = None
    empty: str | None = None
    constant: str | None = None


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on a cell; all that is given must hold.

    Attributes:
        column: The column to read.
        is_: Holds for these words; ``is`` in the file.
        is_not: Holds for all but these words.
        given: Holds if the cell has anything (``true``) or nothing (``false``) in it.
    """

    column: str
    is_: list[str] | None = msgspec.field(default=None, name="is")
    is_not: list[str] | None = None
    given: bool | None = None


class Instant(Struct, frozen=True, forbid_unknown_fields=True):
    """How an instant is written.

    Attributes:
        format: ``iso``, ``unix`` (seconds), ``unix_ms``, or a ``strptime`` format.
        zone: The IANA time zone of local instants.
        ambiguous: Which of two is meant when the clock is set back and an hour occurs twice.
        empty: The words that mean "not yet" or "never", apart from an empty cell.
    """

    format: str = "iso"
    zone: str | None = None
    ambiguous: Literal["first", "second", "refuse"] = "first"
    empty: list[str] = []


class Instants(Instant, frozen=True, forbid_unknown_fields=True):
    """How instants are written, and the columns that are an exception."""

    columns: dict[str, Instant] = {}


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file looks like.

    Attributes:
        key: The columns that together name the ticket.
        kind: ``csv`` (with a header), ``jsonl`` (an object a line) or ``xes`` (IEEE 1849, an event a row; what is said
            of a trace has ``case:`` before its name); gzip is recognised by itself.
        events: Whether each row is an event of a case, those of a case in order. Then ``event:number`` is its number in
            the case, and ``before:NAME`` the cell NAME of the event before it: empty in a case's first.
        encoding: Of the text.
        delimiter: Between the cells of a CSV row.
    """

    key: Some
    kind: Literal["csv", "jsonl", "xes"] = "csv"
    events: bool = False
    encoding: str = "utf-8"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","


class Step(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", kw_only=True):
    """What every step says.

    Attributes:
        at: The column with the instant at which it happened.
        when: A condition for it to have happened at all; of several all must hold.
    """

    at: str
    when: When | list[When] | None = None

    def conditions(self) -> list[When]:
        """Return all conditions."""
        return [] if self.when is None else self.when if isinstance(self.when, list) else [self.when]


class OpenStep(Step, frozen=True, forbid_unknown_fields=True, tag="open"):
    """The ticket was opened; ``facts`` are further dimensions, by name. An empty fact is left out."""

    channel: Text | str
    facts: dict[str, Text | str] = {}


class CategoriseStep(Step, frozen=True, forbid_unknown_fields=True, tag="categorise"):
    """It was said what kind of matter it is."""

    category: Text | str


class PrioritiseStep(Step, frozen=True, forbid_unknown_fields=True, tag="prioritise"):
    """It was said how much it matters."""

    priority: Text | str


class RouteStep(Step, frozen=True, forbid_unknown_fields=True, tag="route"):
    """It was given to a team."""

    team: Text | str


class AssignStep(Step, frozen=True, forbid_unknown_fields=True, tag="assign"):
    """Somebody got it: an id, never a name."""

    agent: Text | str


class SetFactStep(Step, frozen=True, forbid_unknown_fields=True, tag="set_fact"):
    """A further dimension was set, or set anew; the fact ``status`` is the desk's own word for where it stands."""

    name: Text | str
    value: Text | str


class SetDueStep(Step, frozen=True, forbid_unknown_fields=True, tag="set_due"):
    """It was given a due instant: the column ``due``. An empty one leaves the step out."""

    due: str


class ResolveStep(Step, frozen=True, forbid_unknown_fields=True, tag="resolve"):
    """It was settled."""

    code: Text | str


class ReopenStep(Step, frozen=True, forbid_unknown_fields=True, tag="reopen"):
    """It came back."""


class CloseStep(Step, frozen=True, forbid_unknown_fields=True, tag="close"):
    """It was put away."""


class StateVerdictStep(Step, frozen=True, forbid_unknown_fields=True, tag="state_verdict"):
    """The source says whether it was on time: ``met`` or ``breached``, after translation by ``values``."""

    by: Text | str
    verdict: Text | str


AnyStep: TypeAlias = (
    OpenStep
    | CategoriseStep
    | PrioritiseStep
    | RouteStep
    | AssignStep
    | SetFactStep
    | SetDueStep
    | ResolveStep
    | ReopenStep
    | CloseStep
    | StateVerdictStep
)


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that cannot be true: they are put aside, with the reason."""

    when: When
    because: str


class Mapping(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the columns of a history mean.

    Attributes:
        format: Of this very file.
        name: Of the source; the prefix of its tickets' ids.
        title: For people.
        source: What the file looks like.
        instants: How instants are written.
        steps: What happened, in order.
        refuse: Rows to put aside.
        ignore: Rows that mean nothing to the desk, to be passed over.
    """

    format: Literal["ventanilla-map/1"]
    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*$")]
    title: str = ""
    source: Source
    instants: Instants = Instants()
    steps: Annotated[list[AnyStep], Meta(min_length=1)]
    refuse: list[Refusal] = []
    ignore: list[When] = []

    def digest(self) -> bytes:
        """Return 16 bytes that are the same for mappings of the same meaning."""
        meaning = msgspec.structs.replace(self, title="")
        return hashlib.blake2b(msgspec.json.encode(meaning, order="sorted"), digest_size=16).digest()


COMMANDS = tuple(sorted(str(msgspec.inspect.type_info(step).tag) for step in get_args(AnyStep)))  # type: ignore[attr-defined]


def read_mapping(path: Path) -> Mapping:
    """Return the mapping in the file *path*.

    Raises:
        NotUnderstood: It cannot be read, or something in it is unknown or wrong; the message names the place.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Mapping)
    except OSError as error:
        raise NotUnderstood(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{path}: a mapping is UTF-8 text: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"{path}: no TOML: {error}") from error
    except msgspec.ValidationError as error:
        hint = f"; commands are {', '.join(COMMANDS)}" if "do`" in str(error) else ""
        raise NotUnderstood(f"{path}: {_in_words(error)}{hint}") from error
    for problem in _problems(mapping):
        raise NotUnderstood(f"{path}: {problem}")
    return mapping


def _in_words(error: msgspec.ValidationError) -> str:
    """Say it as a TOML author sees it: keys, not fields of objects."""
    text = str(error).replace("Object contains unknown field", "unknown key")
    text = text.replace("Object missing required field", "missing key").replace("`$.", "`")
    return text if " - at " in text else f"{text} - at the top"


def _problems(mapping: Mapping) -> list[str]:
    """Return what a type cannot say is wrong."""
    found = []
    try:
        "".encode(mapping.source.encoding)  # a codec of bytes is none of text
    except (LookupError, ValueError):
        found.append(f"unknown encoding {mapping.source.encoding!r} - at `source.encoding`")
    for place, instant in [("instants", mapping.instants), *mapping.instants.columns.items()]:
        try:
            ZoneInfo(instant.zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(f"unknown time zone {instant.zone!r} - at `{place}.zone`")
        if wrong := _format_problem(instant.format):
            found.append(f"{wrong} - at `{place}.format`")
    if not isinstance(mapping.steps[0], OpenStep):
        found.append('the first step must be do = "open" - at `steps[0]`')
    for index, step in enumerate(mapping.steps):
        for name in step.__struct_fields__:
            value = getattr(step, name)
            for text in value.values() if isinstance(value, dict) else [value]:
                if isinstance(text, Text):
                    found += [f"{problem} - at `steps[{index}].{name}`" for problem in _text_problems(text)]
    return found


def _format_problem(form: str) -> str:
    if form in ("iso", "unix", "unix_ms"):
        return ""
    try:
        datetime.strptime("", form)  # noqa: DTZ007  # no instant at all is wanted, only what is said of the form
    except ValueError as error:
        return "" if "does not match" in str(error) else f"{form!r} is no form of instants: {error}"
    return f"{form!r} is no form of instants"


def _text_problems(text: Text) -> list[str]:
    if (text.column is None) == (text.constant is None):
        return ["give either a column or a constant"]
    try:
        re.compile(text.pattern or "")
    except re.error as error:
        return [f"the pattern {text.pattern!r} is no regular expression: {error}"]
    return []
