"""Implements a hook that there is not."""

from ventanilla import hookimpl


@hookimpl
def metrix() -> list[object]:
    return []
