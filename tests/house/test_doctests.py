from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import ventanilla.core
import ventanilla.plugins
import ventanilla.projections

PACKAGES = [ventanilla.core, ventanilla.projections, ventanilla.plugins]


def modules() -> Iterator[str]:
    for package in PACKAGES:
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name
    yield "ventanilla.adapters.desk"


NAMES = list(modules())


class TestDoctests:
    @pytest.mark.parametrize("name", NAMES)
    def test_do_what_they_say(self, name: str) -> None:
        """Every example in the documentation of a module runs, and gives what it shows."""
        assert doctest.testmod(importlib.import_module(name)).failed == 0

    @pytest.mark.parametrize(
        "name",
        [
            "ventanilla.adapters.desk",
            "ventanilla.plugins.hooks",
            "ventanilla.projections.expressions",
            "ventanilla.projections.summaries.share",
        ],
    )
    def test_are_found(self, name: str) -> None:
        """The modules that are known to have examples are looked into, and their examples are found."""
        assert name in NAMES
        assert any(test.examples for test in doctest.DocTestFinder().find(importlib.import_module(name)))
