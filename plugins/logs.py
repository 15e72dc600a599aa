"""Where the library logs to: never set up here, silent until the host application asks for it."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from structlog.types import Processor


def log(name: str) -> Any:
    """Return the host application's structlog if it has set one up, else the standard library's logger *name*."""
    if structlog.is_configured():
        return structlog.get_logger(name)
    processors: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ]
    return structlog.wrap_logger(logging.getLogger(name), processors=processors)
