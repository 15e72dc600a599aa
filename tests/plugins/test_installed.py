"""What is said of plug-ins before any of their code runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
from installing import record
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ventanilla import Desk
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.plugins import Found, Host
from ventanilla.plugins.host import BLOCKED

GOOD = """
import attrs
from ventanilla.plugins import builtin, hookimpl

@hookimpl
def metrics():
    return [attrs.evolve(builtin.metrics()[0], name="{name}.tickets")]
"""
NEVER = "raise AssertionError('imported')"

Install: TypeAlias = Callable[..., None]


@pytest.fixture(autouse=True)
def log() -> Iterator[list[EventDict]]:
    with capture_logs() as captured:
        yield captured


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Give a function that installs modules, by the name of the plug-in, as a package."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv(BLOCKED, raising=False)

    def installed(texts: Mapping[str, str], distribution: str = "x-test", contract: int = 1) -> None:
        entries = {name: f"{distribution}_{name}".replace("-", "_") for name in texts}
        for name, module in entries.items():
            (tmp_path / f"{module}.py").write_text(texts[name].replace("{name}", name))
        record(tmp_path, entries, distribution=distribution, contract=contract)

    before = set(sys.modules)
    yield installed
    for module in set(sys.modules) - before:
        del sys.modules[module]


def found(host: Host, name: str) -> list[Found]:
    return [one for one in host.found if one.name == name]


class TestReady:
    def test_says_who_brought_what(self, install: Install) -> None:
        """A plug-in that is ready is named with its package, the version, and all that it brings."""
        install({"acme": GOOD})
        assert found(Host().load(strict=True), "acme") == [
            Found(name="acme", status="ready", distribution="x-test", version="1.0", adds=("metric acme.tickets",))
        ]


class TestBlocked:
    @pytest.mark.parametrize("by", ["host", "environment"])
    def test_is_not_imported(self, install: Install, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
        """What the host or the environment does not want is named, not imported, and no fault."""
        install({"acme": NEVER, "other": GOOD})
        monkeypatch.setenv(BLOCKED, "zeta, acme" if by == "environment" else "")
        host = Host().load(strict=True, blocked=["acme"] if by == "host" else [])
        (one,) = found(host, "acme")
        assert (one.status, one.reason) == ("blocked", "the host does not want it")
        assert "other.tickets" in host.metrics


class TestDuplicate:
    def test_both_are_refused_and_named(self, install: Install) -> None:
        """Of two packages with a plug-in of one name neither is imported, and each is told of the other."""
        install({"acme": NEVER}, distribution="x-one")
        install({"acme": NEVER}, distribution="x-two")
        both = found(Host().load(), "acme")
        assert [(one.status, one.distribution) for one in both] == [("duplicate", "x-one"), ("duplicate", "x-two")]
        assert {one.reason for one in both} == {"this name is that of several: x-one 1.0, x-two 1.0"}

    def test_cannot_take_our_own_name(self, install: Install) -> None:
        """A package that calls its plug-in like ours is refused, and ours stays."""
        install({"builtin": NEVER})
        host = Host().load()
        assert [one.status for one in found(host, "builtin")] == ["ready", "duplicate"]
        assert "backlog" in host.metrics

    def test_of_another_contract_is_none(self, install: Install) -> None:
        """A package that serves two contracts with one name is ready for ours."""
        install({"acme": GOOD}, distribution="x-one")
        install({"acme": NEVER}, distribution="x-two", contract=2)
        assert [one.status for one in found(Host().load(), "acme")] == ["ready", "too-new"]


class TestContract:
    @pytest.mark.parametrize(("contract", "status"), [(2, "too-new"), (0, "too-old")])
    def test_of_another_is_not_imported(self, install: Install, contract: int, status: str) -> None:
        """A plug-in for another contract is seen and named, and not imported."""
        install({"future": NEVER}, contract=contract)
        (one,) = found(Host().load(), "future")
        assert (one.status, one.reason) == (status, f"made for hook contract {contract}; this host speaks 1")


class TestStrict:
    def test_names_all_that_is_wrong(self, install: Install) -> None:
        """A strict host refuses to go on, and says of each plug-in that is not ready why."""
        install({"acme": "raise SystemExit(3)", "other": "import no_such_library"})
        with pytest.raises(
            PluginError, match=r"the plug-in acme is broken: SystemExit: 3; the plug-in other is broken: M"
        ):
            Host().load(strict=True)


class TestMissing:
    def test_metric_of_a_broken_plugin_says_why(self, install: Install) -> None:
        """Who asks for a metric of a broken plug-in hears of the plug-in and what ails it, not that there is none."""
        install({"acme": "import no_such_library"})
        host = Host().load()
        said = (
            "metric acme.effort is not there: its plug-in acme is broken: ModuleNotFoundError: No module named 'no_such"
        )
        with pytest.raises(PluginError, match=said):
            host.metric("acme.effort")

    def test_table_of_a_broken_plugin_says_why(self, install: Install) -> None:
        """A metric over a table of a broken plug-in says what ails that one, and all others are answered."""
        over = GOOD.replace('name="{name}.tickets"', 'name="{name}.tickets", table="acme.visits"')
        install({"acme": "import no_such_library", "other": over})
        with Desk("sqlite:///:memory:", host=Host().load()) as desk:
            with pytest.raises(PluginError, match=r"fact table acme\.visits is not there: its plug-in acme is broken"):
                desk.ask("other.tickets")
            assert desk.ask("tickets").value == 0

    def test_other_metric_names_what_is_not_ready(self, install: Install) -> None:
        """Who asks for a metric that nobody has hears which plug-ins are not ready: it may be theirs."""
        install({"acme": "import no_such_library"})
        with pytest.raises(NotUnderstood, match=r"not ready are the plug-ins acme \(broken\)"):
            Host().load().metric("effort")


class TestRecords:
    def test_that_are_broken_stop_nobody(self, install: Install, tmp_path: Path) -> None:
        """A package whose own records cannot be read takes no other with it."""
        install({"acme": GOOD})
        broken = tmp_path / "x_broken-1.0.dist-info"
        broken.mkdir()
        (broken / "entry_points.txt").write_text("[ventanilla.plugins.v1]\nno equals sign\n")
        assert found(Host().load(), "acme")[0].status == "ready"


class TestLog:
    def test_has_a_line_for_each_that_is_left_out(self, install: Install, log: list[EventDict]) -> None:
        """What is left out is logged once, as a warning, with status and reason; what is blocked on purpose is not."""
        install({"acme": "raise SystemExit(3)", "blocked": NEVER})
        Host().load(blocked=["blocked"])
        assert [(line["event"], line["plugin"], line["status"], line["log_level"]) for line in log] == [
            ("plugin.left_out", "acme", "broken", "warning")
        ]
