"""Everything that ventanilla raises on purpose, split by whose move is next.

::

    DeskError
    ├── Refused         the caller's: the rules forbid the command
    ├── NotUnderstood   the sender's: a file, row, mapping, question or address makes no sense
    ├── Conflict        nobody's: somebody else was faster; the desk tries again by itself
    ├── Unavailable     the operator's: the store is missing, locked or full
    │   ├── Damaged     … an event in the log cannot be read
    │   └── InDoubt     … and nobody knows whether the last command was recorded
    └── PluginError     the plug-in author's

Programming errors stay ``TypeError`` and ``ValueError``.
"""

from __future__ import annotations


class DeskError(Exception):
    """The root of the tree: catch it to catch all of them."""


class Refused(DeskError):
    """The rules forbid the command in the ticket's present state.

    Attributes:
        rule: The rule's stable name, ``"resolve.unborn"``: test for it, not for the text.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{reason} ({rule})")
        self.rule = rule
        self.reason = reason


class NotUnderstood(DeskError):
    """What came in cannot be read; the message names the value and the place."""


class Conflict(DeskError):
    """Another writer changed the ticket first, more often than the desk was willing to try again."""


class Unavailable(DeskError):
    """The store cannot be used now: missing, locked, full or damaged. Nothing was recorded."""


class Damaged(Unavailable):
    """An event in the log cannot be read: written by a later version, or damaged; the message names its position."""


class InDoubt(Unavailable):
    """The connection was lost while recording: send the command again with the same key, and it happens once."""


class PluginError(DeskError):
    """A plug-in broke its contract; the message names it."""


_SAID = 500
"""Characters of an error that are told: one may repeat all that it was given."""


def said(error: BaseException) -> str:
    """Return what *error* says in one line that can be printed; an error of a plug-in may fail even at that."""
    try:
        text = " ".join(str(error)[: 2 * _SAID].split())
    except (Exception, SystemExit):
        text = ""
    text = text if len(text) <= _SAID else f"{text[:_SAID]}…"
    told = f"{type(error).__name__}: {text}".rstrip(": ")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in told)
