"""The rules of a fact table, and so of the fold that makes it."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import attrs
from attrs import frozen

from ventanilla.core.events import Event
from ventanilla.core.recorded import Recorded
from ventanilla.plugins.testing.contract import Contract, fail
from ventanilla.plugins.testing.elsewhere import digests
from ventanilla.plugins.testing.histories import SINCE, Log, histories, stories
from ventanilla.plugins.testing.shape import digest, shape
from ventanilla.plugins.testing.watch import watched
from ventanilla.projections.table import FactTable, read

LATER = SINCE + timedelta(days=60)
"""After all that the logs speak of."""

MOMENTS = (SINCE, SINCE + timedelta(days=5), LATER)


@frozen(kw_only=True)
class _Unheard:
    """An event of a later version, as a table that reads all events may meet it."""

    TOPIC: ClassVar[str] = "kit.unheard/1"

    at: datetime


class TableContract(Contract):
    """What every fact table keeps.

    Attributes:
        table: The table.
        plugin: The name of the module with the hooks; empty: that of the fold.

    Example:
        >>> from ventanilla.plugins.testing import TableContract
        >>> from ventanilla.projections.customers import CUSTOMERS
        >>> class TestCustomers(TableContract):
        ...     table = CUSTOMERS
        >>> TestCustomers().test_folds_purely()
    """

    table: FactTable[Any]
    plugin: str = ""

    def test_folds_purely(self) -> None:
        """The state that a fold is given is left as it was, and so is the event."""
        for _, story in self._stories():
            state = self.table.initial
            for recorded in story:
                before, event = shape(state), shape(recorded)
                after = self.table.fold(state, recorded)
                if shape(state) != before:
                    fail(f"the fold of {self.table} changes the state that it is given, at {_what(recorded)}")
                if shape(recorded) != event:
                    fail(f"the fold of {self.table} changes the event, {_what(recorded)}")
                state = after

    def test_reads_its_state_purely(self) -> None:
        """Reading the rows of a state changes nothing, at whichever instant."""
        for _, story in self._stories():
            for moment in MOMENTS:
                state = self._fold(self.table.initial, [one for one in story if one.event.at <= moment])
                before = shape(state)
                list(self.table.rows(state, moment))
                if shape(state) != before:
                    fail(f"reading the rows of {self.table} changes the state")

    def test_folds_in_two_parts(self) -> None:
        """A history that is folded in two parts, with another's between them, gives the same as at once."""
        for _, story in self._stories():
            half, whole = (
                self._fold(self.table.initial, story[: len(story) // 2]),
                self._fold(self.table.initial, story),
            )
            self._fold(self.table.initial, story)
            if shape(self._fold(half, story[len(story) // 2 :])) != shape(whole):
                fail(f"{self.table} folded in two parts gives another state: is something kept beside it?")

    def test_has_a_state_that_can_be_stored(self) -> None:
        """A state that was stored and read again is the same."""
        for state in self._states():
            if shape(pickle.loads(pickle.dumps(state))) != shape(state):
                fail(f"a state of {self.table} is another one after it was stored")

    def test_survives_unknown_events(self) -> None:
        """A table that reads all events passes over those that it does not know."""
        if self.table.reads is not None:
            return  # it is given no others
        for stream, story in self._stories():
            position, at = story[-1].position + 1, story[-1].event.at
            unheard = attrs.evolve(story[-1], position=position, event=cast("Event", _Unheard(at=at)))
            self._rows([(stream, (*story, unheard))])

    def test_answers_an_empty_log(self) -> None:
        """Of nothing it makes no rows, and the state before the first event can be read."""
        if self._rows([]):
            fail(f"{self.table} has rows of an empty log")
        list(self.table.rows(self.table.initial, LATER))

    def test_gives_rows_of_its_class(self) -> None:
        """Every row is one of the class that the table names, which has every column that it speaks of."""
        columns = attrs.fields_dict(self.table.row)
        named = {
            *self.table.dimensions,
            *self.table.sources,
            *(one for some in self.table.sources.values() for one in some),
        }
        if missing := sorted(named - columns.keys()):
            fail(f"{self.table} names columns that its rows lack: {', '.join(missing)}")
        for row in self._every_row():
            if not isinstance(row, self.table.row):
                fail(f"{self.table} gives a {type(row).__name__}, not a {self.table.row.__name__}")
            for name in columns:
                value = getattr(row, name)
                if isinstance(value, datetime) and value.utcoffset() is None:
                    fail(f"{self.table} has an instant without a time zone: {name}")

    def test_names_real_evidence(self) -> None:
        """The positions that a row names are of events of the log that it was given, and it names at least one."""
        for log in histories():
            told = stories(log, self.table.streams, self.table.reads)
            positions = {recorded.position for _, story in told for recorded in story}
            for row in self._rows(told):
                named = self._positions(row)
                if not named:
                    fail(f"{self.table} has a row without evidence: {_short(row)}")
                if made_up := sorted(named - positions):
                    fail(f"{self.table} names position {made_up[0]}, which it was not given: made up")

    def test_is_deterministic(self) -> None:
        """The same log gives the same rows, in this process and in others."""
        here = [self.digest(), self.digest()]
        module = self.plugin or self.table.fold.__module__
        if len({*here, *digests(module, f"table {self.table.name}")}) > 1:
            fail(f"{self.table} gives other rows of the same log another time: the order of a set, a clock, chance?")

    def test_touches_nothing(self) -> None:
        """Folding opens no file and no connection, runs no program, asks no clock and draws nothing."""
        told = [stories(log, self.table.streams, self.table.reads) for log in histories()]
        with watched() as seen:
            for one in told:
                self._rows(one)
        if seen:
            fail(f"folding {self.table} touches {seen[0][0]}: {seen[0][1]}")

    def digest(self) -> str:
        """Return a digest of the rows of all logs, at several instants."""
        return digest([self._rows(stories(log, self.table.streams, self.table.reads)) for log in histories()])

    def _stories(self) -> Iterator[tuple[str, Log]]:
        """Return the stories as they are folded: by when the events happened."""
        for log in histories():
            for stream, story in stories(log, self.table.streams, self.table.reads):
                yield stream, tuple(sorted(story, key=lambda recorded: (recorded.event.at, recorded.position)))

    def _fold(self, state: Any, story: Iterable[Recorded]) -> Any:
        for recorded in story:
            state = self.table.fold(state, recorded)
        return state

    def _states(self) -> Iterator[Any]:
        yield self.table.initial
        for _, story in self._stories():
            yield self._fold(self.table.initial, story)

    def _rows(self, told: Sequence[tuple[str, Log]]) -> list[Any]:
        return [row for moment in MOMENTS for row in read(self.table, told, moment)]

    def _every_row(self) -> Iterator[Any]:
        for log in histories():
            yield from self._rows(stories(log, self.table.streams, self.table.reads))

    def _evidence(self) -> list[str]:
        """Return the columns that hold positions."""
        return sorted({source for sources in self.table.sources.values() for source in sources})

    def _positions(self, row: Any) -> set[int]:
        named: set[int] = set()
        for column in self._evidence():
            value = getattr(row, column)
            found = (value,) if isinstance(value, int) else () if value is None else value
            if isinstance(found, str | Mapping) or not all(isinstance(one, int) for one in found):
                fail(f"{self.table} has no positions in {column} but {_short(value)}")
            named.update(found)
        return named


def _what(recorded: Recorded) -> str:
    return f"{type(recorded.event).__name__} on {recorded.stream}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 100 else f"{text[:100]}…"
