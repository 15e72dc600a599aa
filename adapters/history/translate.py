"""From a row to the commands that it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast, get_args

from attrs import frozen

from ventanilla.adapters.history import mapping as maps
from ventanilla.adapters.history.instants import Unreadable, reader
from ventanilla.adapters.history.mapping import Mapping, Text, When
from ventanilla.core.commands import (
    Categorise,
    Close,
    Command,
    Open,
    Prioritise,
    Reopen,
    Resolve,
    Route,
    SetDue,
    StateVerdict,
)
from ventanilla.core.events import Verdict
from ventanilla.core.recorded import Actor, Cause

Cells: TypeAlias = Sequence[str]
Word: TypeAlias = Callable[[Cells], str]
Test: TypeAlias = Callable[[Cells], bool]
Instants: TypeAlias = dict[str, datetime | None]


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


@frozen
class Asked:
    """A command that a row means, and the column with its instant: the one to blame if the rules refuse it."""

    command: Command
    column: str


def columns_of(mapping: Mapping) -> list[str]:
    """Return the columns that *mapping* speaks of, each once, in the order of first mention."""
    named: dict[str, None] = dict.fromkeys(mapping.source.key)
    for step in mapping.steps:
        named |= dict.fromkeys([step.at, *([step.due] if isinstance(step, maps.SetDueStep) else [])])
        named |= dict.fromkeys(text.column for text in _texts(step) if text.column)
        named |= {step.when.column: None} if step.when else {}
    named |= dict.fromkeys(when.column for when in [*mapping.ignore, *(refusal.when for refusal in mapping.refuse)])
    return list(named)


class Translator:
    """A mapping made ready for rows of the given columns."""

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self._places = {name: index for index, name in enumerate(columns)}
        self._prefix = mapping.name
        self._actor = Actor("importer", mapping.name)
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
        for (name, _), part in zip(self._key, parts, strict=True):
            if not part:
                raise Problem(name, "", "key.empty", "is part of the key and empty")
        return f"{self._prefix}:{'/'.join(parts)}"

    def is_ignored(self, cells: Cells) -> bool:
        """Return whether the mapping passes over this row."""
        return any(test(cells) for test in self._ignore)

    def commands(self, cells: Cells, cause: Cause) -> Iterator[Asked]:
        """Return what the row asks for, in order.

        Raises:
            Problem: Something in the row is not understood, or the mapping refuses it.
        """
        for test, refusal in self._refuse:
            if test(cells):
                column = refusal.when.column
                raise Problem(column, cells[self._places[column]], "row.refused", refusal.because)
        ticket = self.ticket(cells)
        instants = self._read_instants(cells)
        for make in self._steps:
            asked = make(cells, instants, ticket, cause)
            if asked is not None:
                yield asked

    def _read_instants(self, cells: Cells) -> Instants:
        found: Instants = {}
        for name, place, read in self._instants:
            try:
                found[name] = read(cells[place])
            except Unreadable as error:
                raise Problem(name, cells[place], error.rule, str(error)) from error
        return found

    def _step(self, step: maps.AnyStep) -> Callable[[Cells, Instants, str, Cause], Asked | None]:
        build = self._builder(step)
        test = self._test(step.when) if step.when else None
        column = step.at

        def make(cells: Cells, instants: Instants, ticket: str, cause: Cause) -> Asked | None:
            at = instants[column]
            if at is None or (test is not None and not test(cells)):
                return None
            command = build(cells, instants, {"ticket": ticket, "at": at, "actor": self._actor, "cause": cause})
            return None if command is None else Asked(command, column)

        return make

    def _builder(self, step: maps.AnyStep) -> Callable[[Cells, Instants, dict[str, Any]], Command | None]:
        match step:
            case maps.OpenStep(channel=channel, facts=facts):
                way = self._word(channel)
                named = {name: self._word(text, may_be_empty=True) for name, text in facts.items()}
                return lambda cells, _, rest: Open(
                    channel=way(cells),
                    facts={name: word for name, find in named.items() if (word := find(cells))},
                    **rest,
                )
            case maps.CategoriseStep(category=text):
                category = self._word(text)
                return lambda cells, _, rest: Categorise(category=category(cells), **rest)
            case maps.PrioritiseStep(priority=text):
                priority = self._word(text)
                return lambda cells, _, rest: Prioritise(priority=priority(cells), **rest)
            case maps.RouteStep(team=text):
                team = self._word(text)
                return lambda cells, _, rest: Route(team=team(cells), **rest)
            case maps.SetDueStep(due=column):
                return lambda _, instants, rest: SetDue(due=due, **rest) if (due := instants[column]) else None
            case maps.ResolveStep(code=text):
                code = self._word(text)
                return lambda cells, _, rest: Resolve(code=code(cells), **rest)
            case maps.ReopenStep():
                return lambda _, __, rest: Reopen(**rest)
            case maps.CloseStep():
                return lambda _, __, rest: Close(**rest)
            case maps.StateVerdictStep(by=by, verdict=verdict):
                who, what = self._word(by), self._word(verdict, one_of=get_args(Verdict))
                return lambda cells, _, rest: StateVerdict(by=who(cells), verdict=cast("Verdict", what(cells)), **rest)

    def _word(self, text: Text | str, *, may_be_empty: bool = False, one_of: Sequence[str] = ()) -> Word:
        """Return a function from cells to the word that *text* describes; it raises :class:`Problem`."""
        how = Text(column=text) if isinstance(text, str) else text
        if how.constant is not None:
            constant = how.constant
            return lambda _: constant
        column = cast("str", how.column)
        place = self._places[column]
        pattern = re.compile(how.pattern) if how.pattern else None

        def word(cells: Cells) -> str:
            cell = cells[place].strip()
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

        return word

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


def _known(how: Text) -> str:
    return f"; it knows {', '.join(map(repr, how.values))}" if how.values else ""


def _texts(step: maps.AnyStep) -> Iterator[Text]:
    for name in step.__struct_fields__:
        if name not in ("at", "due", "when"):
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
