"""Which columns a mapping speaks of, and which of them hold instants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ventanilla.adapters.history import steps as maps
from ventanilla.adapters.history.mapping import Mapping
from ventanilla.adapters.history.reports import reportables
from ventanilla.adapters.history.steps import Text


def columns_of(mapping: Mapping) -> list[str]:
    """Return the columns that *mapping* speaks of, each once, in the order of first mention."""
    named: dict[str, None] = dict.fromkeys(mapping.source.key)
    for step in mapping.steps:
        named |= dict.fromkeys([step.at, *([step.due] if isinstance(step, maps.SetDueStep) else [])])
        named |= dict.fromkeys(text.column for text in texts_of(step) if text.column)
        named |= dict.fromkeys(column for when in step.conditions() for column in when.columns())
    others = [*mapping.ignore, *(refusal.when for refusal in mapping.refuse)]
    named |= dict.fromkeys(column for when in others for column in when.columns())
    return list(named)


def text_of(text: Text | str) -> Text:
    """Return *text* at full length: a bare string is the name of a column."""
    return Text(column=text) if isinstance(text, str) else text


def texts_of(step: maps.AnyStep) -> Iterator[Text]:
    """Yield where the words of *step* come from."""
    for name in own_fields(step):
        if name not in ("due", "event"):
            value = getattr(step, name)
            texts: Iterable[Text | str | None] = value.values() if isinstance(value, dict) else [value]
            yield from (text_of(text) for text in texts if text is not None)


def instant_columns(mapping: Mapping) -> list[str]:
    """Return the columns that hold instants: of steps, and of conditions that compare two."""
    whens = [*mapping.ignore, *(refusal.when for refusal in mapping.refuse)]
    whens += [when for step in mapping.steps for when in step.conditions()]
    return list(dict.fromkeys([*asked_columns(mapping), *(name for when in whens for name in when.instants())]))


def asked_columns(mapping: Mapping) -> list[str]:
    """Return the columns with instants of what the steps ask for."""
    named: dict[str, None] = {}
    for step in mapping.steps:
        named[step.at] = None
        if isinstance(step, maps.SetDueStep):
            named[step.due] = None
        if isinstance(step, maps.ReportStep):
            slots = reportables()[step.event].slots
            texts = [text_of(text) for name, text in step.fields.items() if slots[name].sort == "instant"]
            named |= dict.fromkeys(text.column for text in texts if text.column)
    return list(named)


def own_fields(step: maps.AnyStep) -> list[str]:
    """Return the fields of *step* that are fields of its command, too."""
    return [name for name in step.__struct_fields__ if name not in ("at", "when")]
