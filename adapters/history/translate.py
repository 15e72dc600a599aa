"""From a row to the commands that it means."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast, get_args

from ventanilla.adapters.history import mapping as maps
from ventanilla.adapters.history.instants import Unreadable, reader
from ventanilla.adapters.history.mapping import Mapping, Text, When
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


def columns_of(mapping: Mapping) -> list[str]:
    """Return the columns that *mapping* speaks of, each once, in the order of first mention."""
    named: dict[str, None] = dict.fromkeys(mapping.source.key)
    for step in mapping.steps:
        named |= dict.fromkeys([step.at, *([step.due] if isinstance(step, maps.SetDueStep) else [])])
        named |= dict.fromkeys(text.column for text in _texts(step) if text.column)
        named |= dict.fromkeys(when.column for when in step.conditions())
    named |= dict.fromkeys(when.column for when in [*mapping.ignore, *(refusal.when for refusal in mapping.refuse)])
    return list(named)


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
        self._instants = [
            (name, self._places[name], reader(mapping.instants.columns.get(name, mapping.instants)))
            for name in _instant_columns(mapping)
        ]
        self._ignore = [self._test(when) for when in mapping.ignore]
        self._refuse = [(self._test(refusal.when), refusal) for refusal in mapping.refuse]
        self._steps = [self._step(step) for step in mapping.steps]

    def ticket(self, cells: Cells) -> str:
        """Return the id of the ticket that the row is about.

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

    def commands(self, cells: Cells, ticket: str, cause: Cause) -> list[tuple[Command, str]]:
        """Return what the row asks of *ticket*, in order.

        Each command comes with the column of its instant: the one to blame if the rules refuse it.

        Raises:
            Problem: Something in the row is not understood, or the mapping refuses it.
        """
        for must_not, refusal in self._refuse:
            if must_not(cells):
                column = refusal.when.column
                raise Problem(column, cells[self._places[column]], "row.refused", refusal.because)
        instants = self._read_instants(cells)
        found: list[tuple[Command, str]] = []
        for column, test, make in self._steps:
            at = instants[column]
            if at is not None and (test is None or test(cells)):
                command = make(cells, instants, ticket, at, cause)
                if command is not None:
                    found.append((command, column))
        return found

    def _read_instants(self, cells: Cells) -> Instants:
        found: Instants = {}
        for name, place, read in self._instants:
            try:
                found[name] = read(cells[place])
            except Unreadable as error:
                raise Problem(name, cells[place], error.rule, str(error)) from error
        return found

    def _step(self, step: maps.AnyStep) -> tuple[str, Test | None, Maker]:
        """Return the step's column, its test, and a function that makes its command; ``None`` where it is left out."""
        make_command = _COMMANDS[type(step)]
        finders = [(name, self._finder(name, getattr(step, name))) for name in _own_fields(step)]
        test = self._all([self._test(when) for when in step.conditions()])
        actor = self.actor

        if len(finders) == 1:  # as most have
            name, find = finders[0]

            def make_with(cells: Cells, instants: Instants, ticket: str, at: datetime, cause: Cause) -> Command | None:
                found = find(cells, instants)
                if found is None:
                    return None
                return make_command(ticket=ticket, at=at, actor=actor, cause=cause, **{name: found})

            return step.at, test, make_with

        def make(cells: Cells, instants: Instants, ticket: str, at: datetime, cause: Cause) -> Command | None:
            values: dict[str, Any] = {"ticket": ticket, "at": at, "actor": actor, "cause": cause}
            for name, find in finders:
                values[name] = found = find(cells, instants)
                if found is None:
                    return None
            return make_command(**values)

        return step.at, test, make

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
        how = Text(column=text) if isinstance(text, str) else text
        if how.constant is not None:
            constant = how.constant
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
                return how.empty or ""
            found: str | None = cell
            if pattern is not None:
                match = pattern.match(cell)
                found = (match[1] if pattern.groups else match[0]) if match else None
            if found is not None and how.values is not None:
                found = how.values.get(found)
            found = how.otherwise if found is None else found
            if found is None or (one_of and found not in one_of):
                raise Problem(column, cell, "value.unknown", f"is a word that the mapping does not know{_known(how)}")
            return found

        return lambda cells, _: word(cells[place])

    def _all(self, tests: list[Test]) -> Test | None:
        if len(tests) < 2:
            return tests[0] if tests else None
        return lambda cells: all(test(cells) for test in tests)

    def _test(self, when: When) -> Test:
        place, is_, is_not, given = self._places[when.column], when.is_, when.is_not, when.given

        def test(cells: Cells) -> bool:
            cell = cells[place].strip()
            return (
                (is_ is None or cell in is_)
                and (is_not is None or cell not in is_not)
                and (given is None or bool(cell) == given)
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


def _own_fields(step: maps.AnyStep) -> list[str]:
    """Return the fields of *step* that are fields of its command, too."""
    return [name for name in step.__struct_fields__ if name not in ("at", "when")]


def _known(how: Text) -> str:
    return f"; it knows {', '.join(map(repr, how.values))}" if how.values else ""


def _texts(step: maps.AnyStep) -> Iterator[Text]:
    for name in _own_fields(step):
        if name != "due":
            value = getattr(step, name)
            texts: Iterable[Text | str] = value.values() if isinstance(value, dict) else [value]
            yield from (Text(column=text) if isinstance(text, str) else text for text in texts)


def _instant_columns(mapping: Mapping) -> list[str]:
    named: dict[str, None] = {}
    for step in mapping.steps:
        named[step.at] = None
        if isinstance(step, maps.SetDueStep):
            named[step.due] = None
    return list(named)
