"""The rows of an event log in XES, IEEE 1849: an event a row, in constant memory.

Only what a mapping asks for is read: the attributes of events by their key, those of traces with ``case:`` before it.
Nested attributes, lists and global defaults are passed over. A document type is refused: XES needs none, and entities
are a way to fill the memory.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError, XMLPullParser

from ventanilla.adapters.history.row import Row
from ventanilla.core.errors import NotUnderstood

TRACE = "case:"
"""What the names of a trace's attributes begin with."""

_CHUNK = 1 << 16


def xes_rows(path: Path, text: TextIO, wanted: Sequence[str]) -> Iterator[Row]:
    """Yield the events of the log in *text* with the cells *wanted*; one that an event lacks is empty.

    Raises:
        NotUnderstood: It is no XML, or no XES.
    """
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    stack: list[str] = []
    trace: dict[str, str] = {}
    event: dict[str, str] = {}
    number = 0
    for chunk in _chunks(path, text):
        try:
            parser.feed(chunk)
            steps: list[Any] = list(parser.read_events())
        except (ParseError, UnicodeError) as error:
            raise NotUnderstood(f"{path}: after event {number} it is no XML: {error}") from error
        for what, element in steps:
            tag = element.tag.rpartition("}")[2]
            if what == "start":
                if not stack and tag != "log":
                    raise NotUnderstood(f"{path}: the root is {tag!r}, not a log of XES")
                stack.append(tag)
                if tag == "trace":
                    trace = {}
                elif tag == "event":
                    event = {}
                continue
            stack.pop()
            inside = stack[-1] if stack else ""
            key, value = element.get("key"), element.get("value")
            if tag == "event":
                number += 1
                found = {**trace, **event}
                cells = [found.get(name, "") for name in wanted]
                yield Row(number, cells, json.dumps(dict(zip(wanted, cells, strict=True)), ensure_ascii=False))
            elif key is not None and value is not None and inside == "event":
                event[key] = value
            elif key is not None and value is not None and inside == "trace":
                trace[TRACE + key] = value
            if inside in ("log", "trace"):
                element.clear()
    try:
        parser.close()
    except ParseError as error:
        raise NotUnderstood(f"{path}: after event {number} it breaks off: {error}") from error


def _chunks(path: Path, text: TextIO) -> Iterator[str]:
    """Yield *text* piece by piece, unless it has a document type."""
    tail = ""
    try:
        while chunk := text.read(_CHUNK):
            if "<!DOCTYPE" in tail + chunk:
                raise NotUnderstood(f"{path}: it has a document type, which XES has not")
            tail = chunk[-16:]
            yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotUnderstood(f"{path}: broken gzip data: {error}") from error
    except UnicodeError as error:
        raise NotUnderstood(f"{path}: it is no text of this encoding: {error}") from error
