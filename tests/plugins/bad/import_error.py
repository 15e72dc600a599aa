"""Needs what nobody has."""

import no_such_library  # type: ignore[import-not-found]  # noqa: F401  # that is what is bad about it
