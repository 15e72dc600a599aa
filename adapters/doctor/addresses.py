"""Whether each address that the log says is linked can be found."""

from __future__ import annotations

from ventanilla.adapters.doctor.finding import Findings
from ventanilla.adapters.store.database import CHUNK, Snapshot
from ventanilla.core.events import CustomerErased, Event, IdentityLinked, IdentityUnlinked


class LinkedAddresses:
    """The addresses that are linked at the end of each stream; streams come one after the other.

    Args:
        snapshot: The database.
        found: Where findings go.
    """

    def __init__(self, snapshot: Snapshot, found: Findings) -> None:
        self._snapshot = snapshot
        self._found = found
        self._linked: dict[tuple[str, str], None] = {}
        self._stream = ""

    def see(self, stream: str, event: Event) -> None:
        """Take in what happened to *stream*."""
        if stream != self._stream and len(self._linked) >= CHUNK:
            self.rest()
        self._stream = stream
        match event:
            case IdentityLinked(identity=identity) if event.address is not None:
                self._linked[stream, identity] = None
            case IdentityUnlinked(identity=identity):
                self._linked.pop((stream, identity), None)
            case CustomerErased():
                self._linked = {pair: None for pair in self._linked if pair[0] != stream}
            case _:
                pass

    def rest(self) -> None:
        """Tell of those that are missing."""
        streams = sorted({stream for stream, _ in self._linked})
        there: set[tuple[str, str]] = set()
        for start in range(0, len(streams), CHUNK):
            some = streams[start : start + CHUNK]
            statement = f"SELECT stream, identity FROM addresses WHERE stream IN ({', '.join('?' * len(some))})"
            there |= {(stream, identity) for stream, identity in self._snapshot.rows(statement, some)}
        for stream, identity in self._linked:
            if (stream, identity) not in there:
                said = f"{stream} has linked the address {identity}, and it finds nobody: unlink it and link it anew"
                self._found.add("address.missing", said)
        self._linked.clear()
