"""What metrics and fact tables may be called."""

from __future__ import annotations

import re
import reprlib

_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*")
_LONGEST = 100
"""Characters of a name: it stands in tables, files and addresses."""


def refuse_no_name(kind: str, name: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` if *name* is none that a *kind* can have, ``"acme.effort"``."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a {kind} is {reprlib.repr(name)}, which is no text")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ValueError(
            f"{reprlib.repr(name)} is no name for a {kind}: write it in small letters, digits, '_' and '-', "
            f"with dots between its parts, as in acme.effort, {_LONGEST} at most"
        )
