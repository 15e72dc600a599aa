"""The steps of a mapping: what a row says happened, and from which of its cells."""

from __future__ import annotations

from typing import TypeAlias, get_args

import msgspec
from msgspec import Struct


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a word comes from. A bare string in the file is the name of a column.

    Attributes:
        column: The column to read.
        pattern: A regular expression; what its first group (or all of it) matches at the start is taken.
        values: Translates what was read; a word that is not listed is not understood, unless ``otherwise`` is given.
        otherwise: Stands in for what ``pattern`` or ``values`` does not know.
        empty: Stands in for an empty cell.
        constant: Instead of a column: this very word.
        id: Whether it is the id of something that this mapping made: as before the key, the mapping's name and a colon
            come before it.
        times: What a number is multiplied with: 100, say, for an amount that is written in euros and kept in cents.
    """

    column: str | None = None
    pattern: str | None = None
    values: dict[str, str] | None = None
    otherwise: str | None = None
    empty: str | None = None
    constant: str | None = None
    id: bool = False
    times: int | float | None = None


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on a cell; all that is given must hold.

    Attributes:
        column: The column to read.
        is_: Holds for these words; ``is`` in the file.
        is_not: Holds for all but these words.
        given: Holds if the cell has anything (``true``) or nothing (``false``) in it.
        before: Holds if the instant in the cell is before the one in this column; not if either is missing.
        not_before: Holds if it is the same instant, or a later one; not if either is missing.
    """

    column: str
    is_: list[str] | None = msgspec.field(default=None, name="is")
    is_not: list[str] | None = None
    given: bool | None = None
    before: str | None = None
    not_before: str | None = None

    def instants(self) -> list[str]:
        """Return the columns that hold instants: of a condition that compares two."""
        return [self.column, *others] if (others := [name for name in (self.before, self.not_before) if name]) else []

    def columns(self) -> list[str]:
        """Return all columns that it looks at."""
        return self.instants() or [self.column]


class Step(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", kw_only=True):
    """What every step says.

    Attributes:
        at: The column with the instant at which it happened.
        when: A condition for it to have happened at all; of several all must hold.
    """

    at: str
    when: When | list[When] | None = None

    def conditions(self) -> list[When]:
        """Return all conditions."""
        return [] if self.when is None else self.when if isinstance(self.when, list) else [self.when]


class OpenStep(Step, frozen=True, forbid_unknown_fields=True, tag="open"):
    """The ticket was opened; ``facts`` are further dimensions, by name. An empty fact is left out."""

    channel: Text | str
    facts: dict[str, Text | str] = {}


class CategoriseStep(Step, frozen=True, forbid_unknown_fields=True, tag="categorise"):
    """It was said what kind of matter it is."""

    category: Text | str


class PrioritiseStep(Step, frozen=True, forbid_unknown_fields=True, tag="prioritise"):
    """It was said how much it matters."""

    priority: Text | str


class RouteStep(Step, frozen=True, forbid_unknown_fields=True, tag="route"):
    """It was given to a team."""

    team: Text | str


class AssignStep(Step, frozen=True, forbid_unknown_fields=True, tag="assign"):
    """Somebody got it: an id, never a name."""

    agent: Text | str


class SetFactStep(Step, frozen=True, forbid_unknown_fields=True, tag="set_fact"):
    """A further dimension was set, or set anew; the fact ``status`` is the desk's own word for where it stands."""

    name: Text | str
    value: Text | str


class SetDueStep(Step, frozen=True, forbid_unknown_fields=True, tag="set_due"):
    """It was given a due instant: the column ``due``. An empty one leaves the step out."""

    due: str


class ResolveStep(Step, frozen=True, forbid_unknown_fields=True, tag="resolve"):
    """It was settled."""

    code: Text | str


class ReopenStep(Step, frozen=True, forbid_unknown_fields=True, tag="reopen"):
    """It came back."""


class CloseStep(Step, frozen=True, forbid_unknown_fields=True, tag="close"):
    """It was put away."""


class StateVerdictStep(Step, frozen=True, forbid_unknown_fields=True, tag="state_verdict"):
    """The source says whether it was on time: ``met`` or ``breached``, after translation by ``values``."""

    by: Text | str
    verdict: Text | str


class ReportStep(Step, frozen=True, forbid_unknown_fields=True, tag="report"):
    """Something happened to a ticket, a customer, an agent, a team or a piece of feedback: the event itself is named.

    Attributes:
        event: Which: the event's topic without its number, as ``customer.order-placed``.
        of: Whose; its id is the mapping's name, a colon and this. Default: the row's key.
        fields: The event's own fields, by name. What may be missing in the event is left out if the cell is empty.
    """

    event: str
    of: Text | str | None = None
    fields: dict[str, Text | str] = {}


AnyStep: TypeAlias = (
    OpenStep
    | CategoriseStep
    | PrioritiseStep
    | RouteStep
    | AssignStep
    | SetFactStep
    | SetDueStep
    | ResolveStep
    | ReopenStep
    | CloseStep
    | StateVerdictStep
    | ReportStep
)


COMMANDS = tuple(sorted(str(msgspec.inspect.type_info(step).tag) for step in get_args(AnyStep)))  # type: ignore[attr-defined]
