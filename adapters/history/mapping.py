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

Most steps are about the ticket that the row's key names. ``do = "report"`` tells any event that an import may record,
of a customer, a piece of feedback, a call: named by its topic, with its own fields, see :mod:`.reports`. What is
personal (comments, names, addresses) cannot be given: it stays out.

.. code-block:: toml

    [[steps]]
    do = "report"
    event = "customer.order-placed"
    of = "Customer no"                           # customer/acme:<customer no>; without it, the row's key
    at = "Ordered"

    [steps.fields]
    order = "Order no"
    amount = { column = "Euros", times = 100 }   # in the smallest unit
    currency = { constant = "EUR" }

A sheet made for people is put into shape first, see :class:`Source`: its header found, what is written once filled
down, a column a month made into a row a month, and the rows put in order.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from ventanilla.adapters.history.reports import report_problems
from ventanilla.adapters.history.steps import COMMANDS, AnyStep, OpenStep, ReportStep, Text, When
from ventanilla.core.errors import NotUnderstood

Some: TypeAlias = Annotated[list[str], Meta(min_length=1)]


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


class Unpivot(Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of a sheet that are values of one: a row a cell, in place of a column a month.

    Attributes:
        columns: A regular expression that the names of these columns match, whole.
        name: What the column is called that says which of them it was.
        value: What the column with the cell is called.
    """

    columns: str
    name: str
    value: str


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
        header: The line of the header in a CSV file, from 1; what stands above is passed over.
        fill: Columns in which an empty cell means what stands above it, as in a sheet that writes a word once.
        unpivot: Columns that are values of one: each row becomes as many.
        joined: Further columns, made of others whose cells are joined by a space: of a date and a time, say.
        constants: Further columns with the same text in every row: an instant that the file does not tell, say. There
            is one always, ``file:name``.
        order: A column of instants by which the rows are put in order, if they are not; the file is then read whole
            into memory. Of the same instant the file's order stands; rows without one come first.
    """

    key: Some
    kind: Literal["csv", "jsonl", "xes"] = "csv"
    events: bool = False
    encoding: str = "utf-8"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    header: Annotated[int, Meta(ge=1)] = 1
    fill: list[str] = []
    unpivot: Unpivot | None = None
    joined: dict[str, Some] = {}
    constants: dict[str, str] = {}
    order: str | None = None


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
    if mapping.source.kind != "csv" and (mapping.source.header > 1 or mapping.source.fill or mapping.source.unpivot):
        found.append("header, fill and unpivot are of CSV sheets - at `source`")
    if mapping.source.unpivot and (wrong := _pattern_problem(mapping.source.unpivot.columns)):
        found.append(f"{wrong} - at `source.unpivot.columns`")
    asking = [index for index, step in enumerate(mapping.steps) if not isinstance(step, ReportStep)]
    if asking and not isinstance(mapping.steps[asking[0]], OpenStep):
        found.append(f'the first step must be do = "open", but for reports - at `steps[{asking[0]}]`')
    for index, step in enumerate(mapping.steps):
        for name in step.__struct_fields__:
            value = getattr(step, name)
            for text in value.values() if isinstance(value, dict) else [value]:
                if isinstance(text, Text):
                    found += [f"{problem} - at `steps[{index}].{name}`" for problem in _text_problems(text)]
        if isinstance(step, ReportStep) and not found:
            found += [f"{problem} - at `steps[{index}].{place}`" for place, problem in report_problems(step)]
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
    return [wrong] if (wrong := _pattern_problem(text.pattern or "")) else []


def _pattern_problem(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"the pattern {pattern!r} is no regular expression: {error}"
    return ""
