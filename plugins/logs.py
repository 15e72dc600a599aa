"""Where what happens is told: to the host's structlog, or else to the standard library's logging, silent by default."""

from __future__ import annotations

import logging
from typing import Any

import structlog

logging.getLogger("ventanilla").addHandler(logging.NullHandler())


def log(part: str) -> Any:
    """Return the logger of a *part* of ventanilla: ``"plugins"``, ``"store"``.

    Asked for anew each time, so that a host may set structlog up whenever it likes. What is logged are names, ids and
    counts: never a text, a subject or an address.
    """
    if structlog.is_configured():
        return structlog.get_logger(f"ventanilla.{part}")
    processors: list[Any] = [
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ]
    return structlog.wrap_logger(logging.getLogger(f"ventanilla.{part}"), processors=processors)
