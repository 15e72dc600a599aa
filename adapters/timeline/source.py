"""Where a timeline's log is, for this process and for others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import attrs
from attrs import frozen

from ventanilla.adapters.store import Store, open_store


@frozen(kw_only=True)
class Source:
    """Where the log is.

    Attributes:
        url: Its address: other processes open it for themselves.
        store: The log itself, for this process alone; ``None`` in others.
    """

    url: str
    store: Store | None = attrs.field(default=None, eq=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "store": None}  # a connection goes nowhere

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """Give the log."""
        if self.store is not None:
            yield self.store
            return
        store, _ = open_store(self.url, create=False)
        with closing(store):
            yield store
