"""Where the log is kept: one small port, one implementation a backend."""

from ventanilla.adapters.store.personal import PersonalChanges
from ventanilla.adapters.store.port import Claimed, Commit, SealedRow, Store, Stored
from ventanilla.adapters.store.sqlite import SqliteStore
from ventanilla.adapters.store.url import open_store

__all__ = [
    "Claimed",
    "Commit",
    "PersonalChanges",
    "SealedRow",
    "SqliteStore",
    "Store",
    "Stored",
    "open_store",
]
