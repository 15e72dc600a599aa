"""From a row to the commands that it means."""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast, get_args

import msgspec
from attrs import frozen

from ventanilla.adapters.history import steps as maps
from ventanilla.adapters.history.columns import asked_columns, instant_columns, own_fields, text_of
from ventanilla.adapters.history.instants import Unreadable, reader
from ventanilla.adapters.history.mapping import Mapping
from ventanilla.adapters.history.reports import Slot, reportables, value_of
from ventanilla.adapters.history.steps import Text, When
from ventanilla.core.commands import (
    Assign,
    Categorise,
    Close,
    Command,
    Open,
    Prioritise,
    Reopen,
    Resolve,
    Route,
    SetDue,
    SetFact,
    StateVerdict,
)
from ventanilla.core.events import Verdict
from ventanilla.core.recorded import Actor, Cause

Cells: TypeAlias = Sequence[str]
Test: TypeAlias = Callable[[Cells], bool]
Instants: TypeAlias = dict[str, datetime | None]
Finder: TypeAlias = Callable[[Cells, Instants], Any]
Maker: TypeAlias = Callable[[Cells, Instants, str, datetime, Cause], Command | None]


@frozen
class Asking:
    """A command that a row asks for.

    Attributes:
        command: The command.
        columns: The columns that its fields come from, by name; the one of its instant is ``at``.
    """

    command: Command
    columns: typing.Mapping[str, str]

    def to_blame(self, reason: str) -> str:
        """Return the column to blame if the rules refuse it for *reason*, which begins with a field if it is one's."""
        return self.columns.get(reason.partition(" ")[0], self.columns["at"])


class Problem(Exception):
    """Why a row was not taken.

    Attributes:
        column: The column to blame; ``None`` for the row as a whole.
        value: What stands there.
        rule: The stable name of what it broke.
        reason: Why, in words.
    """

    def __init__(self, column: str | None, value: str | None, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.rule = rule
        self.reason = reason


class Translator:
    """A mapping made ready for rows of the given columns.

    Attributes:
        actor: Who asks for what the rows mean: this very importer.
    """

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self._places = {name: index for index, name in enumerate(columns)}
        self._prefix = mapping.name
        self.actor = Actor("importer", mapping.name)
        self._key = [(name, self._places[name]) for name in mapping.source.key]
        self._readers = {
            name: reader(mapping.instants.columns.get(name, mapping.instants)) for name in instant_columns(mapping)
        }
        asked = asked_columns(mapping)
        self._instants = [(name, self._places[name], read) for name, read in self._readers.items() if name in asked]
        self._ignore = [self._test(when) for when in mapping.ignore]
        self._refuse = [(self._test(refusal.when), refusal) for refusal in mapping.refuse]
        self._steps = [self._step(step) for step in mapping.steps]

    def key(self, cells: Cells) -> str:
        """Return the id of what the row is about: a ticket, unless the mapping has reports only.

        Raises:
            Problem: Part of the key is empty.
        """
        parts = [cells[place].strip() for _, place in self._key]
        if "" in parts:
            raise Problem(self._key[parts.index("")][0], "", "key.empty", "is part of the key and empty")
        if len(parts) > 1:  # a/b and c are another ticket than a and b/c
            parts = [part.replace("%", "%25").replace("/", "%2F") for part in parts]
        return f"{self._prefix}:{'/'.join(parts)}"

    def is_ignored(self, cells: Cells) -> bool:
        """Return whether the mapping passes over this row."""
        for test in self._ignore:  # noqa: SIM110  # a generator for each row costs more than the tests
            if test(cells):
                return True
        return False

    def commands(self, cells: Cells, key: str, cause: Cause) -> list[Asking]:
        """Return what the row asks for, in order; *key* is the id of what it is about.

        Raises:
            Problem: Something in the row is not understood, or the mapping refuses it.
        """
        for must_not, refusal in self._refuse:
            if must_not(cells):
                column = refusal.when.column
                raise Problem(column, cells[self._places[column]], "row.refused", refusal.because)
        instants = self._read_instants(cells)
        found: list[Asking] = []
        for columns, test, make in self._steps:
            at = instants[columns["at"]]
            if at is not None and (test is None or test(cells)):
                command = make(cells, instants, key, at, cause)
                if command is not None:
                    found.append(Asking(command, columns))
        return found

    def _read_instants(self, cells: Cells) -> Instants:
        found: Instants = {}
        for name, place, read in self._instants:
            try:
                found[name] = read(cells[place])
            except Unreadable as error:
                raise Problem(name, cells[place], error.rule, str(error)) from error
        return found

    def _step(self, step: maps.AnyStep) -> tuple[dict[str, str], Test | None, Maker]:
        """Return the step's columns, its test, and a function that makes its command; ``None`` where it is left out."""
        test = self._all([self._test(when) for when in step.conditions()])
        if isinstance(step, maps.ReportStep):
            named = {name: text_of(text).column for name, text in step.fields.items()}
            columns = {name: column for name, column in named.items() if column is not None}
            return {**columns, "at": step.at}, test, self._report(step)
        return {"at": step.at}, test, self._command(step)

    def _command(self, step: maps.AnyStep) -> Maker:
        make_command = _COMMANDS[type(step)]
        finders = [(name, self._finder(name, getattr(step, name))) for name in own_fields(step)]
        actor = self.actor

        if len(finders) == 1:  # as most have
            name, find = finders[0]

            def make_with(cells: Cells, instants: Instants, ticket: str, at: datetime, cause: Cause) -> Command | None:
                found = find(cells, instants)
                if found is None:
                    return None
                return make_command(ticket=ticket, at=at, actor=actor, cause=cause, **{name: found})

            return make_with

        def make(cells: Cells, instants: Instants, ticket: str, at: datetime, cause: Cause) -> Command | None:
            values: dict[str, Any] = {"ticket": ticket, "at": at, "actor": actor, "cause": cause}
            for name, find in finders:
                values[name] = found = find(cells, instants)
                if found is None:
                    return None
            return make_command(**values)

        return make

    def _report(self, step: maps.ReportStep) -> Maker:
        what, actor, prefix = reportables()[step.event], self.actor, self._prefix
        of = None if step.of is None else self._word(step.of)
        finders = [(name, self._slot(what.slots[name], text)) for name, text in step.fields.items()]

        def make(cells: Cells, instants: Instants, key: str, at: datetime, cause: Cause) -> Command:
            values = {name: value for name, find in finders if (value := find(cells, instants)) is not None}
            stream = what.prefix + (key if of is None else f"{prefix}:{of(cells, instants)}")
            return what.make(stream, {"at": at, "actor": actor, "cause": cause}, values)

        return make

    def _slot(self, slot: Slot, text: Text | str) -> Finder:
        """Return a function from a row to what stands in *slot*; ``None``: nothing does."""
        how = text_of(text)
        if slot.sort == "instant":
            column = cast("str", how.column)
            return lambda _, instants: instants[column]
        word = self._word(text, may_be_empty=not slot.required)

        @functools.lru_cache(maxsize=4096)
        def value(said: str) -> Any:
            try:
                return value_of(slot, said, how.times) if said else None
            except ValueError as error:
                raise Problem(how.column, said, "value.unfit", str(error)) from error

        return lambda cells, instants: value(word(cells, instants))

    def _finder(self, name: str, what: Any) -> Finder:
        """Return a function that finds the value of a command's field in a row."""
        if name == "due":
            return lambda _, instants: instants[what]
        if isinstance(what, dict):
            named = [(fact, self._word(text, may_be_empty=True)) for fact, text in what.items()]
            return lambda cells, instants: {fact: word for fact, find in named if (word := find(cells, instants))}
        return self._word(what, one_of=get_args(Verdict) if name == "verdict" else ())

    def _word(self, text: Text | str, *, may_be_empty: bool = False, one_of: Sequence[str] = ()) -> Finder:
        """Return a function from a row to the word that *text* describes; it raises :class:`Problem`."""
        how = text_of(text)
        before = f"{self._prefix}:" if how.id else ""
        if how.constant is not None:
            constant = before + how.constant
            return lambda _, __: constant
        column = cast("str", how.column)
        place = self._places[column]
        pattern = re.compile(how.pattern) if how.pattern else None

        @functools.lru_cache(maxsize=4096)  # a column has few words, and many rows
        def word(cell: str) -> str:
            cell = cell.strip()
            if not cell:
                if how.empty is None and not may_be_empty:
                    raise Problem(column, "", "value.empty", "is empty")
                return before + how.empty if how.empty else ""
            found: str | None = cell
            if pattern is not None:
                match = pattern.match(cell)
                found = (match[1] if pattern.groups else match[0]) if match else None
            if found is not None and how.values is not None:
                found = how.values.get(found)
            found = how.otherwise if found is None else found
            if found is None or (one_of and found not in one_of):
                raise Problem(column, cell, "value.unknown", f"is a word that the mapping does not know{_known(how)}")
            return before + found

        return lambda cells, _: word(cells[place])

    def _all(self, tests: list[Test]) -> Test | None:
        if len(tests) < 2:
            return tests[0] if tests else None
        return lambda cells: all(test(cells) for test in tests)

    def _test(self, when: When) -> Test:
        if when.instants():
            return self._comparison(when)
        place, is_, is_not, given = self._places[when.column], when.is_, when.is_not, when.given

        def test(cells: Cells) -> bool:
            cell = cells[place].strip()
            return (
                (is_ is None or cell in is_)
                and (is_not is None or cell not in is_not)
                and (given is None or bool(cell) == given)
            )

        return test

    def _comparison(self, when: When) -> Test:
        plain = self._test(msgspec.structs.replace(when, before=None, not_before=None))
        wanted = [(when.before, True), (when.not_before, False)]
        others = [(name, earlier) for name, earlier in wanted if name is not None]

        def at(name: str, cells: Cells) -> datetime | None:
            try:
                return self._readers[name](cells[self._places[name]])
            except Unreadable:  # said of it where it is the instant of a step
                return None

        def test(cells: Cells) -> bool:
            mine = at(when.column, cells)
            return plain(cells) and all(
                mine is not None and other is not None and (mine < other) == earlier
                for other, earlier in ((at(name, cells), earlier) for name, earlier in others)
            )

        return test


_COMMANDS: dict[type[maps.Step], Callable[..., Command]] = {
    maps.OpenStep: Open,
    maps.CategoriseStep: Categorise,
    maps.PrioritiseStep: Prioritise,
    maps.RouteStep: Route,
    maps.AssignStep: Assign,
    maps.SetFactStep: SetFact,
    maps.SetDueStep: SetDue,
    maps.ResolveStep: Resolve,
    maps.ReopenStep: Reopen,
    maps.CloseStep: Close,
    maps.StateVerdictStep: StateVerdict,
}


def _known(how: Text) -> str:
    return f"; it knows {', '.join(map(repr, how.values))}" if how.values else ""
