"""What a value consists of, as plain text: to see whether it changed, and to compare it between processes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any

import attrs

from ventanilla.core.fields import Personal


def shape(value: Any) -> str:
    """Return *value* spelt out, down to what it is made of; mappings in their order, sets in none."""
    kind = type(value).__name__
    if value is None or isinstance(value, str | bytes | int | float | complex):
        return f"{kind} {value!r}"
    if isinstance(value, Personal):
        return repr((value.of, value.digest, value.length))
    if attrs.has(type(value)):
        return _fields(kind, {field.name: getattr(value, field.name) for field in attrs.fields(type(value))})
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(kind, {field.name: getattr(value, field.name) for field in dataclass_fields(value)})
    if isinstance(value, Mapping):
        return f"{kind}{{{', '.join(f'{shape(key)}: {shape(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, Set):
        return f"{kind}{{{', '.join(sorted(map(shape, value)))}}}"
    if isinstance(value, list | tuple):
        return f"{kind}[{', '.join(map(shape, value))}]"
    if type(value).__module__ in ("datetime", "decimal", "fractions", "uuid", "zoneinfo", "enum"):
        return f"{kind} {value}"
    return _fields(kind, vars(value)) if hasattr(value, "__dict__") else f"{kind} {value}"


def digest(value: Any) -> str:
    """Return a digest of what *value* consists of."""
    return hashlib.sha256(shape(value).encode("utf-8", "surrogatepass")).hexdigest()


def _fields(kind: str, values: Mapping[str, Any]) -> str:
    return f"{kind}({', '.join(f'{name}={shape(inner)}' for name, inner in values.items())})"
