"""The tables of a desk, for any dialect.

NOTE: storage format. A released table is never changed but by a migration that a raised :data:`FORMAT` asks for.
"""

from __future__ import annotations

from ventanilla.adapters.store import personal
from ventanilla.adapters.store.database import Dialect

FORMAT = 2

EVENTS = (
    """CREATE TABLE IF NOT EXISTS events (
        {position} {serial},
        originator_id {text} NOT NULL,
        originator_version BIGINT NOT NULL,
        topic {text} NOT NULL,
        state {blob} NOT NULL,
        recorded_at BIGINT NOT NULL,
        actor {text} NOT NULL,
        cause {text} NOT NULL,
        allowed_by {text} NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS claims (
        key {text} PRIMARY KEY,
        stream {text} NOT NULL,
        version BIGINT NOT NULL,
        events BIGINT NOT NULL){rowless}""",
)
"""The log and its idempotency keys: all that a command without personal text writes."""

INSERT_EVENT = (
    "INSERT INTO events (originator_id, originator_version, topic, state, recorded_at, actor, cause, allowed_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_CLAIM = "INSERT INTO claims (key, stream, version, events) VALUES (?, ?, ?, ?)"

_OTHERS = (
    """CREATE TABLE IF NOT EXISTS quarantine (
        id {text} PRIMARY KEY,
        source {text} NOT NULL,
        line BIGINT NOT NULL,
        mapping {text} NOT NULL,
        column_name {text},
        rule {text} NOT NULL,
        sealed_with BIGINT NOT NULL,
        sealed {blob} NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS desk (only_one BIGINT PRIMARY KEY CHECK (only_one = 1), id {text} NOT NULL, "
    "format BIGINT NOT NULL)",
)
_FOR_PEOPLE = (
    "CREATE VIEW log AS SELECT {position} AS position, originator_id AS stream, originator_version AS version, topic, "
    "{shown_payload} AS event, {shown_recorded_at} AS recorded_at, actor, cause, allowed_by FROM events",
)


def tables(dialect: Dialect) -> list[str]:
    """Return the statements that make all tables of a desk, none of which is there yet."""
    return [dialect.say(statement) for statement in (*EVENTS, *_OTHERS, *personal.TABLES, *_FOR_PEOPLE)]
