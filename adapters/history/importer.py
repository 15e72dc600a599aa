"""Takes a history into the log: batches of rows, each batch whole or not at all, and never a row twice."""

from __future__ import annotations

import hashlib
import itertools
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs
from attrs import frozen

from ventanilla.adapters.desk import Desk
from ventanilla.adapters.handling import TRIES, refuse_out_of_time
from ventanilla.adapters.history import mapping as maps
from ventanilla.adapters.history.columns import columns_of
from ventanilla.adapters.history.row import Row
from ventanilla.adapters.history.rows import kept, open_rows, row_of
from ventanilla.adapters.history.translate import Asking, Problem, Translator
from ventanilla.adapters.store import Commit
from ventanilla.adapters.vault import PutAside
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Command
from ventanilla.core.decide import decide_all
from ventanilla.core.errors import Conflict, InDoubt, Refused
from ventanilla.core.events import Event
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.recorded import Cause
from ventanilla.core.rights import IMPORT

BATCH = 500
"""Rows a transaction."""


@frozen(kw_only=True)
class Tally:
    """How far an import has come.

    Attributes:
        rows: Rows read.
        imported: Rows taken into the log now.
        known: Rows that were in the log already.
        ignored: Rows that the mapping passes over.
        aside: Rows in quarantine, put there now or before.
        events: Events recorded now.
        done: Bytes of the file read.
        size: Bytes of the file.
    """

    rows: int = 0
    imported: int = 0
    known: int = 0
    ignored: int = 0
    aside: int = 0
    events: int = 0
    done: int = 0
    size: int = 0


def import_history(desk: Desk, path: Path, mapping: maps.Mapping, *, batch: int = BATCH) -> Iterator[Tally]:
    """Take the history in *path* into *desk*'s log, and yield the tally after every batch and at the end.

    What has been yielded is safely recorded: stop at any point, by Ctrl-C or by a crash, and the same call goes on
    from there. Running it again adds nothing, since every row claims a key made of its text and the mapping's meaning.
    Nobody is told of the events: history raises no alarms.

    Args:
        desk: Where to.
        path: The file, see :func:`~ventanilla.adapters.history.rows.open_rows`.
        mapping: What its columns mean.
        batch: Rows a transaction.

    Raises:
        NotUnderstood: The file is broken or does not fit the mapping. Batches yielded before are recorded.
        Unavailable: The store cannot be used. Batches yielded before are recorded.
    """
    with open_rows(path, mapping.source, columns_of(mapping), mapping.instants) as source:
        taker = _Taker(desk, mapping, source.columns, path.name)
        tally = Tally(size=source.size)
        yield tally
        while some := list(itertools.islice(source.rows, batch)):
            tally = attrs.evolve(taker.take(some, tally), done=source.done())
            yield tally


def retry(desk: Desk, mapping: maps.Mapping) -> Tally:
    """Try the rows in quarantine that came through a mapping of this name again, and return the tally.

    Those that are taken now leave the quarantine; the others stay, with the reason that holds now.

    Args:
        desk: The desk.
        mapping: The mapping, mended or not.
    """
    tally = Tally()
    columns = columns_of(mapping)
    mine = [aside for aside in desk.put_aside() if aside.mapping == mapping.name]
    for source, group in itertools.groupby(mine, key=lambda aside: aside.source):
        taker = _Taker(desk, mapping, columns, source)
        while some := list(itertools.islice(group, BATCH)):
            rows = [row_of(mapping.source, columns, aside.line, aside.row) for aside in some]
            tally = taker.take(rows, tally, released=[aside.id for aside in some])
    return tally


_COMMAND: Callable[[Asking], Command] = operator.attrgetter("command")


class _Taker:
    """Takes batches of rows of one source."""

    def __init__(self, desk: Desk, mapping: maps.Mapping, columns: Sequence[str], source: str) -> None:
        self._desk = desk
        self._mapping = mapping
        self._columns = columns
        self._source = _storable(source) or ""
        self._translator = Translator(mapping, columns)
        self._meaning = mapping.digest()
        self._actor = str(self._translator.actor)
        # Whether keys are looked up before they are claimed: most histories are new, and the look-up is for nothing.
        self._careful = False
        self._in_quarantine = {aside.id for aside in desk.store.aside()}

    def take(self, rows: Sequence[Row], tally: Tally, *, released: Sequence[str] = ()) -> Tally:
        """Record *rows* in one transaction and return the new *tally*.

        Args:
            rows: The rows.
            tally: What came before.
            released: Ids in quarantine to let go; a row that still does not fit goes back, with today's reason.
        """
        keyed = {self._key(row): row for row in rows}
        for _ in range(TRIES):
            known = self._desk.store.claimed(keyed) if self._careful else {}
            fresh = {key: row for key, row in keyed.items() if key not in known}
            commits, aside, ignored = self._decide(fresh)
            taken = [commit.key for commit in commits if commit.key]
            if not self._careful and aside and self._desk.store.claimed([row.id for row in aside]):
                self._careful = True  # it was taken once: what the rules say of it now is nothing to it
                continue
            let_go = [*released, *self._in_quarantine.intersection(taken)]
            try:
                sealed, changes = self._desk.vault.seal_rows(aside)
                positions = self._desk.store.append(
                    commits, recorded_at=self._desk.now(), aside=sealed, released=let_go, changes=changes
                )
            except (Conflict, InDoubt):  # the rows' keys tell which it was
                self._desk.vault.forget()
                self._careful = True
                continue
            self._careful = bool(known)
            self._in_quarantine.update(row.id for row in aside)
            return attrs.evolve(
                tally,
                rows=tally.rows + len(rows),
                imported=tally.imported + len(taken),
                known=tally.known + len(rows) - len(fresh),
                ignored=tally.ignored + ignored,
                aside=tally.aside + len(aside),
                events=tally.events + len(positions),
            )
        raise Conflict(f"{self._source}: others change the same tickets, {TRIES} times running: run it again")

    def _decide(self, rows: Mapping[str, Row]) -> tuple[list[Commit], list[PutAside], int]:
        """Return what the rows make happen, what is put aside, and how many the mapping ignores."""
        commits: list[Commit] = []
        aside: list[PutAside] = []
        asked: dict[str, list[Asking]] = {}
        ignored = 0
        for key, row in rows.items():
            try:
                cells = self._cells(row)
                if self._translator.is_ignored(cells):
                    ignored += 1
                else:
                    asked[key] = self._asked(cells, row)
            except Problem as problem:
                aside.append(self._put_aside(key, row, problem))
        known = self._known({asking.command.stream for askings in asked.values() for asking in askings})
        now = self._desk.now()
        for key, askings in asked.items():
            try:
                some, after = self._commits(key, rows[key], askings, known, now)
                commits += some
                known |= after
            except Problem as problem:
                aside.append(self._put_aside(key, rows[key], problem))
        return commits, aside, ignored

    def _asked(self, cells: Sequence[str], row: Row) -> list[Asking]:
        asked = self._translator.commands(cells, self._translator.key(cells), self._cause(row))
        if not asked:
            raise Problem(None, None, "row.meaningless", "no step of the mapping applies to it")
        return asked

    def _cause(self, row: Row) -> Cause:
        return Cause("row", f"{self._source}:{row.line}")

    def _cells(self, row: Row) -> Sequence[str]:
        if row.cells is None:
            raise Problem(None, None, "row.unreadable", row.problem)
        # ASCII text needs no look, unless it is JSON, which can escape half a character.
        may_be_bad = not row.text.isascii() or self._mapping.source.kind == "jsonl"
        if may_be_bad and (bad := _undecodable(row.cells)) is not None:
            raise Problem(self._columns[bad], None, "row.encoding", f"is no {self._mapping.source.encoding} text")
        return row.cells

    def _commits(
        self, key: str, row: Row, asked: Sequence[Asking], known: Mapping[str, Aggregate], now: datetime
    ) -> tuple[list[Commit], dict[str, Aggregate]]:
        """Return what the row makes happen, a commit a stream, and the streams after; it counts whole or not at all."""
        commits: list[Commit] = []
        afters: dict[str, Aggregate] = {}
        for stream in dict.fromkeys(asking.command.stream for asking in asked):
            before = known.get(stream) or unborn(stream)
            mine = [asking for asking in asked if asking.command.stream == stream] if len(asked) > 1 else asked
            events, afters[stream] = self._events(row, mine, before, now)
            if events or not commits:
                commit = Commit(
                    stream=stream,
                    version=before.version,
                    events=events,
                    actor=self._actor,
                    cause=str(self._cause(row)),
                    allowed_by=IMPORT,
                    key=None if commits else key,
                )
                commits.append(commit)
        return commits, afters

    def _events(
        self, row: Row, asked: Sequence[Asking], before: Aggregate, now: datetime
    ) -> tuple[tuple[Event, ...], Aggregate]:
        todo = iter(asked)
        try:
            events, after = decide_all(map(_COMMAND, todo), before)
            if any(event.at > now for event in events):
                todo = iter(asked)
                for asking in todo:
                    refuse_out_of_time(asking.command, now)
        except Refused as error:
            last = asked[len(asked) - len(list(todo)) - 1]  # the one that was taken last
            column, cells = last.to_blame(error.reason), row.cells or ()
            raise Problem(column, cells[self._columns.index(column)], error.rule, error.reason) from error
        return events, after

    def _known(self, streams: Collection[str]) -> dict[str, Aggregate]:
        """Return those of the streams that the log knows already, as the rules see them."""
        found = self._desk.store.events_of(streams)
        return {stream: evolve(unborn(stream), *events) for stream, events in found.items()}

    def _key(self, row: Row) -> str:
        text = row.text.encode("utf-8", "surrogatepass")
        return f"row:{self._mapping.name}:{hashlib.blake2b(text, digest_size=16, key=self._meaning).hexdigest()}"

    def _put_aside(self, key: str, row: Row, problem: Problem) -> PutAside:
        return PutAside(
            id=key,
            source=self._source,
            line=row.line,
            mapping=self._mapping.name,
            row=kept(row, self._columns, self._mapping.source),
            column=_storable(problem.column),
            value=_storable(problem.value),
            rule=problem.rule,
            reason=_storable(problem.reason) or "",
        )


def _storable(text: str | None) -> str | None:
    """Return *text* with undecodable bytes written out."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _undecodable(cells: Sequence[str]) -> int | None:
    """Return the place of the first cell with bytes that did not fit the encoding."""
    for place, cell in enumerate(cells):
        try:
            cell.encode()
        except UnicodeEncodeError:
            return place
    return None
