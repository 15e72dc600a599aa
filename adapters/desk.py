"""The desk: the shell that a host opens on a database, and the only place where all parts meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property, partial
from types import TracebackType
from typing import Unpack, overload

import attrs

from ventanilla.adapters import deliveries, persons
from ventanilla.adapters.answers import Asked, Dials, ask, dialled, question
from ventanilla.adapters.deliveries import Delivered
