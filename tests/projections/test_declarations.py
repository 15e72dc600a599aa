"""What is no metric and no fact table is refused where it is declared."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ventanilla.core.commands import Open
from ventanilla.core.events import TicketOpened
from ventanilla.plugins import Host
from ventanilla.projections.tickets import TICKETS

METRIC = Host().metric("tickets")


class TestDeclarations:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"streams": ("tickets",)}, "there are no streams of 'tickets'; there are ticket, customer"),
            ({"streams": "ticket"}, "streams is no tuple of kinds but 'ticket'"),
            ({"streams": ()}, r"streams is no tuple of kinds but \(\)"),
            ({"reads": frozenset({Open})}, "it reads <class .*Open'>, which is no event"),
            ({"reads": frozenset({"ticket.opened/1"})}, "it reads 'ticket.opened/1', which is no event"),
            ({"reads": [TicketOpened]}, "reads is no frozenset of events but"),
            ({"row": dict}, "<class 'dict'> is no attrs class of rows"),
            ({"fold": None}, "fold is no function but None"),
            ({"across": 7}, "across is no function but 7"),
            ({"dimensions": "color"}, "dimensions is no tuple of columns but 'color'"),
            ({"key": (7,)}, r"key is no tuple of columns but \(7,\)"),
            ({"version": "1"}, "version is a whole number, not '1'"),
        ],
    )
    def test_of_tables_that_are_none(self, wrong: dict[str, Any], said: str) -> None:
        """What is no fact table is refused in words where it is declared."""
        with pytest.raises((TypeError, ValueError), match=said):
            attrs.evolve(TICKETS, **wrong)

    @pytest.mark.parametrize("declared", [TICKETS, METRIC], ids=["table", "metric"])
    @pytest.mark.parametrize(
        "name",
        ["", "two\nlines", "[red]acme[/red]", "acme visits", "Acme", ".visits", "acme.", "a..b", "é", "x" * 101, 7],
    )
    def test_of_names_that_are_none(self, declared: Any, name: Any) -> None:
        """A name is one that can stand in a table, in a file and on a command line."""
        with pytest.raises((TypeError, ValueError), match=r"is no name for a|which is no text"):
            attrs.evolve(declared, name=name)

    @pytest.mark.parametrize("name", ["visits", "acme.visits", "sms-gateway.visits_2", "csat.5"])
    def test_of_names_that_are_some(self, name: str) -> None:
        """Names are as in the catalogue; an owner may have a hyphen, as plug-ins may."""
        assert [attrs.evolve(one, name=name).name for one in (TICKETS, METRIC)] == [name, name]
