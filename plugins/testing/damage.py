"""Deliveries as they come when something went wrong on the way, or somebody means harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

LARGE = 1024 * 1024
"""Bytes of a large delivery."""

_ODD: tuple[Any, ...] = (None, True, 7, -1.5, 10**30, [], {}, [[]], "", " ", "\0", "\ud800", "a/b\nc", "x" * 10_000)
_ANYTHING = (
    b"",
    b" ",
    b"\0",
    bytes(range(256)),
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b"7",
    b"NaN",
    b"1" * 5_000,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a":1,"a":2}',
    b"a=b=c&&=&%zz",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
)


def damaged(body: bytes) -> Iterator[bytes]:
    """Return *body* cut, reversed, doubled, bent and filled with nonsense, the same every time."""
    yield from _ANYTHING
    yield from (body[: len(body) * part // 16] for part in range(1, 16))
    yield from (body[::-1], body + body, body + b"\xff", b"\xef\xbb\xbf" + body, body.replace(b'"', b"'"))
    for place in range(0, len(body), max(1, len(body) // 32)):
        yield body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]
    yield from _bent_json(body)
    yield from _bent_form(body)


def large(body: bytes) -> Iterator[bytes]:
    """Return deliveries of a mebibyte made of *body*."""
    yield b"x" * LARGE
    yield body + b" " * max(0, LARGE - len(body))
    yield (body * (LARGE // max(1, len(body)) + 1))[:LARGE]
    if isinstance(found := _json(body), dict):
        yield from (
            json.dumps(found | {name: "x" * LARGE}).encode() for name, value in found.items() if isinstance(value, str)
        )


def _bent_json(body: bytes) -> Iterator[bytes]:
    """Return *body*, if it is JSON, with each of its fields in turn gone or of another sort."""
    for bent in _bent(_json(body)):
        yield json.dumps(bent).encode()


def _bent(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: other for key, other in value.items() if key != name}
            yield from (value | {name: other} for other in (*_ODD, *_bent(inner)))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:3]):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], other, *value[place + 1 :]] for other in (*_ODD, *_bent(inner)))


def _bent_form(body: bytes) -> Iterator[bytes]:
    """Return *body*, if it is a form, with each of its fields in turn gone, twice there, or odd."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    except (ValueError, UnicodeDecodeError):
        return
    for place, (name, _) in enumerate(pairs):
        others = [pair for number, pair in enumerate(pairs) if number != place]
        yield urlencode(others).encode()
        yield urlencode([*pairs, pairs[place]]).encode()
        for odd in ("", " ", "\0", "a/b\nc", "x" * 10_000):
            yield urlencode([*others, (name, odd)]).encode()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
