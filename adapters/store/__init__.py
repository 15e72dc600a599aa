"""Where the log is kept: one small port, one implementation a backend."""

from ventanilla.adapters.store.port import Claimed, Commit, PutAside, Store
from ventanilla.adapters.store.sqlite import SqliteStore
from ventanilla.adapters.store.url import open_store

__all__ = ["Claimed", "Commit", "PutAside", "SqliteStore", "Store", "open_store"]
