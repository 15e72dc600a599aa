from __future__ import annotations

import inspect
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType

import attrs
import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import CallEnded, HumanRequested, TicketOpened
from ventanilla.core.recorded import Recorded
from ventanilla.plugins import Found, Host, builtin, hookimpl, hooks
from ventanilla.plugins.webform import CHANNEL
from ventanilla.projections.clock import Clock
from ventanilla.projections.customers import CUSTOMERS
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric
from ventanilla.projections.standard import STANDARD
from ventanilla.projections.summaries import Count
from ventanilla.projections.triggers import on as when

BUILTIN = {declared.name for declared in builtin.metrics()}
EVENTS = [
    Recorded(
        position=1,
        stream="T-1",
        version=1,
        recorded_at=datetime(2026, 1, 5, tzinfo=UTC),
        actor="agent:a7",
        cause="command:open",
        allowed_by="1/agent",
        event=TicketOpened(at=datetime(2026, 1, 5, tzinfo=UTC), channel="phone"),
    )
]


def metric(name: str) -> Metric:
    return Metric(
        name=name,
        question="How many?",
        unit="count",
        where=column("opened_at").given(),
        value=column("opened_at"),
        summary=Count(),
        dated=column("opened_at"),
    )


CALL_BACK = Clock(name="acme.call_back", starts=(when(HumanRequested),), meets=(when(CallEnded, direction="outbound"),))


def clocks_of(*declared: object) -> object:
    """Return a plug-in that declares these clocks."""

    class Declares:
        @hookimpl
        def clocks(self) -> tuple[object, ...]:
            return declared

    return Declares()


class Asks:
    """A plug-in that brings metrics and hears nothing."""

    def __init__(self, *names: str) -> None:
        self.names = names

    @hookimpl
    def metrics(self) -> Iterable[Metric]:
        """Return a metric for each name."""
        return [metric(name) for name in self.names]


class Hears:
    """A plug-in that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[Recorded] = []

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Remember what was recorded."""
        self.heard.extend(events)


class Raises:
    """A plug-in that cannot name its metrics, and would hear what is recorded."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.heard: list[Recorded] = []

    @hookimpl
    def metrics(self) -> Iterator[Metric]:
        """Return one metric and raise before the next."""
        yield metric("acme.first")
        raise self.error

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Remember what was recorded."""
        self.heard.extend(events)


class Misspelt:
    """A plug-in with one good hook and one that there is not."""

    @hookimpl
    def metrics(self) -> Iterable[Metric]:
        """Return one metric."""
        return [metric("acme.first")]

    @hookimpl
    def recordet(self, events: Sequence[Recorded]) -> None:
        """Stand for a hook that nobody calls."""


class AsksTooMuch:
    """A plug-in with one good hook and one that wants an argument which it does not have."""

    @hookimpl
    def metrics(self) -> Iterable[Metric]:
        """Return one metric."""
        return [metric("acme.first")]

    @hookimpl
    def recorded(self, events: Sequence[Recorded], desk: object) -> None:
        """Want a desk, which no listener is given."""


class Wraps:
    """A plug-in that would alter what others return."""

    @hookimpl(wrapper=True)
    def metrics(self) -> Generator[None, object, object]:
        """Return what the others do."""
        return (yield)


def gives(hook: str, value: object) -> object:
    """Return a plug-in whose *hook* gives *value*."""

    def implementation(self: object) -> object:
        return value

    return type("Gives", (), {hook: hookimpl(implementation)})()


class Goes:
    """A plug-in that says which ticket a contact continues."""

    def __init__(self, answer: str | None, *, tryfirst: bool = False, trylast: bool = False) -> None:
        self.answer = answer

        def continued(contact: Contact, matters: Sequence[Matter]) -> str | None:
            if answer == "raise":
                raise RuntimeError("lost")
            return self.answer

        self.continued = hookimpl(tryfirst=tryfirst, trylast=trylast)(continued)


class RaisesOnHearing:
    """A plug-in that fails whenever it is told something."""

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Raise, whatever was recorded."""
        raise RuntimeError("deaf")


class Exits:
    """A plug-in that would end the process whenever it is told something."""

    @hookimpl
    def recorded(self, events: Sequence[Recorded]) -> None:
        """Leave."""
        raise SystemExit(3)


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    with capture_logs() as captured:
        yield captured


class TestHost:
    def test_has_our_own_metrics(self) -> None:
        """A host to which nothing was added has our own metrics, from a plug-in like any other."""
        host = Host()
        assert set(host.metrics) == BUILTIN
        (found,) = host.found
        assert (found.name, found.status) == ("builtin", "ready")
        assert {"channel webform", "metric backlog", "clock first_response"} <= set(found.adds)

    def test_gives_a_metric_by_name(self) -> None:
        """A metric is found by its name."""
        assert Host().metric("backlog").name == "backlog"

    def test_names_the_metrics_there_are(self) -> None:
        """Who asks for a metric that there is not is told which are called alike, or where they are listed."""
        with pytest.raises(NotUnderstood, match=r"no metric is called 'backlogs'; there are \d+, like it backlog, "):
            Host().metric("backlogs")
        with pytest.raises(NotUnderstood, match=r"'qqq'; there are \d+, see `ventanilla metrics list`"):
            Host().metric("qqq")


class TestAdd:
    def test_brings_in_metrics(self, log: list[EventDict]) -> None:
        """A plug-in that keeps its contract is ready, and its metrics can be asked beside ours."""
        host = Host()
        found = host.add("acme", Asks("acme.effort", "acme.regret"))
        assert found == Found(name="acme", status="ready", adds=("metric acme.effort", "metric acme.regret"))
        assert host.found[1:] == [found]
        assert set(host.metrics) == BUILTIN | {"acme.effort", "acme.regret"}
        assert host.metric("acme.regret").name == "acme.regret"
        assert log == []

    @pytest.mark.parametrize(
        ("plugin", "reason"),
        [
            (Misspelt(), "PluginValidationError: unknown hook 'recordet'"),
            (AsksTooMuch(), "PluginValidationError: Plugin 'acme' for hook 'recorded'"),
            (Raises(RuntimeError("no")), "RuntimeError: no"),
            (Raises(SystemExit(3)), "SystemExit: 3"),
            (Wraps(), "TypeError: metrics is a wrapper"),
            (gives("metrics", [7]), "TypeError: 7 is no metric"),
            (gives("tables", "abc"), "TypeError: 'a' is no fact table"),
            (gives("channels", None), "TypeError: 'NoneType' object is not iterable"),
            (gives("channels", [CHANNEL]), "ValueError: another channel is called webform"),
            (gives("tables", [CUSTOMERS]), "ValueError: another fact table is called customers"),
            (Asks("acme.first", "backlog"), "ValueError: another metric is called backlog"),
            (Asks("acme.first", "acme.first"), "ValueError: another metric is called acme.first"),
        ],
    )
    def test_leaves_nothing_of_a_broken_plugin(self, plugin: object, reason: str, log: list[EventDict]) -> None:
        """A plug-in that breaks in any way is named with the reason, and nothing of it stays, not even its name."""
        host = Host()
        found = host.add("acme", plugin)
        assert (found.name, found.status) == ("acme", "broken")
        assert found.reason.startswith(reason)
        assert host.found[1:] == [found]
        assert set(host.metrics) == BUILTIN
        assert [line["event"] for line in log] == ["plugin.left_out"]
        assert (log[0]["log_level"], log[0]["plugin"], log[0]["reason"]) == ("warning", "acme", found.reason)
        assert host.add("acme", Asks("acme.first")).status == "ready"

    def test_tells_a_broken_plugin_nothing(self) -> None:
        """A plug-in that broke hears nothing of what is recorded."""
        host, plugin = Host(), Raises(RuntimeError("no"))
        with capture_logs():
            host.add("acme", plugin)
        host.tell(EVENTS)
        assert plugin.heard == []

    def test_keeps_the_first_of_two_with_one_name(self, log: list[EventDict]) -> None:
        """A name that is taken refuses the second plug-in and leaves the first as it was."""
        host, first, second = Host(), Hears(), Hears()
        assert host.add("acme", first).status == "ready"
        found = host.add("acme", second)
        assert (found.status, found.reason) == ("duplicate", "another plug-in is called acme")
        host.tell(EVENTS)
        assert (first.heard, second.heard) == (EVENTS, [])
        assert [line["event"] for line in log] == ["plugin.left_out"]

    def test_keeps_our_own_metrics(self, log: list[EventDict]) -> None:
        """Our own metrics stay ours when a plug-in claims one of their names."""
        host = Host()
        host.add("acme", Asks("backlog"))
        assert host.metric("backlog").question == "How many tickets are open?"
        assert len(log) == 1

    def test_spoils_nothing_for_the_next(self, log: list[EventDict]) -> None:
        """A plug-in comes in after a broken one as if that had never been."""
        host = Host()
        assert host.add("broken", Misspelt()).status == "broken"
        assert host.add("acme", Asks("acme.effort")).status == "ready"
        assert "acme.effort" in host.metrics
        assert len(log) == 1

    def test_lets_an_interrupt_through(self) -> None:
        """An impatient user is no fault of a plug-in: the interrupt goes on, and nothing of the plug-in stays."""
        host = Host()
        with pytest.raises(KeyboardInterrupt):
            host.add("acme", Raises(KeyboardInterrupt()))
        assert set(host.metrics) == BUILTIN
        assert host.add("acme", Asks("acme.effort")).status == "ready"


MATTERS = [
    Matter(ticket=name, status="open", category=None, last_at=datetime(2026, 1, 5, tzinfo=UTC))
    for name in ("T-1", "T-2")
]
CONTACT = Contact(customer="c-1", channel="phone", at=datetime(2026, 1, 5, tzinfo=UTC))


class TestContinued:
    @pytest.mark.parametrize(
        ("plugins", "ticket"),
        [
            ([], "T-2"),
            ([Goes("T-1")], "T-1"),
            ([Goes("T-2"), Goes("T-1")], "T-1"),
            ([Goes("T-1", tryfirst=True), Goes("T-2")], "T-1"),
            ([Goes("T-1"), Goes("T-2", trylast=True)], "T-1"),
            ([Goes("T-1"), Goes(None)], "T-1"),
            ([Goes("T-1"), Goes("T-9")], "T-1"),
            ([Goes("T-1"), Goes("raise")], "T-1"),
        ],
    )
    def test_asks_one_after_the_other(self, plugins: Sequence[Goes], ticket: str, log: list[EventDict]) -> None:
        """Who comes first, else who was loaded last, is asked first; who knows none, or fails, is passed over."""
        host = Host()
        for number, plugin in enumerate(plugins):
            assert host.add(f"acme-{number}", plugin).status == "ready"
        assert host.continued(CONTACT, MATTERS) == ticket


class TestTell:
    def test_is_heard_by_every_listener(self) -> None:
        """Every plug-in that listens hears what was recorded, as it was recorded."""
        host, first, second = Host(), Hears(), Hears()
        host.add("first", first)
        host.add("second", second)
        host.tell(EVENTS)
        assert (first.heard, second.heard) == (EVENTS, EVENTS)

    def test_goes_on_after_a_listener_that_raises(self, log: list[EventDict]) -> None:
        """A listener that raises is logged by name and stops nobody, whichever comes first."""
        host, before, after = Host(), Hears(), Hears()
        host.add("before", before)
        host.add("deaf", RaisesOnHearing())
        host.add("after", after)
        host.tell(EVENTS)
        assert (before.heard, after.heard) == (EVENTS, EVENTS)
        (line,) = log
        assert (line["event"], line["log_level"], line["plugin"], line["hook"]) == (
            "plugin.failed",
            "error",
            "deaf",
            "recorded",
        )

    def test_goes_on_after_a_listener_that_exits(self, log: list[EventDict]) -> None:
        """A listener cannot end the host's process: its exit is logged like any other failure."""
        host = Host()
        host.add("leaves", Exits())
        host.tell(EVENTS)
        assert [line["event"] for line in log] == ["plugin.failed"]


GOOD = """
import attrs
from ventanilla.plugins import builtin, hookimpl

@hookimpl
def metrics():
    return [attrs.evolve(builtin.metrics()[0], name="acme.tickets")]
"""


class TestLoad:
    @pytest.fixture
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Install four plug-ins: one good, and three that cannot even be imported."""
        modules = {
            "ventanilla_test_good": GOOD,
            "ventanilla_test_leaves": "raise SystemExit(3)",
            "ventanilla_test_torn": "import ventanilla_test_that_is_not_there",
        }
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        lines = [f"{name.removeprefix('ventanilla_test_')} = {name}" for name in [*modules, "ventanilla_test_absent"]]
        folder = tmp_path / "ventanilla_test-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: ventanilla-test\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join([f"[{hooks.GROUP}]", *reversed(lines)]))
        monkeypatch.syspath_prepend(tmp_path)

    @pytest.mark.usefixtures("installed")
    def test_brings_in_what_is_installed(self, log: list[EventDict]) -> None:
        """Every installed plug-in is brought in by name, ours once, and one that cannot be imported stops nobody."""
        host = Host()
        assert host.load() is host
        test = {"good", "leaves", "torn", "absent"}
        assert [(found.name, found.status) for found in host.found if found.name in test] == [
            ("absent", "broken"),
            ("good", "ready"),
            ("leaves", "broken"),
            ("torn", "broken"),
        ]
        reasons = {found.name: found.reason for found in host.found}
        assert reasons["leaves"] == "SystemExit: 3"
        assert reasons["torn"] == "ModuleNotFoundError: No module named 'ventanilla_test_that_is_not_there'"
        assert "acme.tickets" in host.metrics
        assert [found.name for found in host.found].count("builtin") == 1
        assert {"absent", "leaves", "torn"} <= {line["plugin"] for line in log}


class TestClocks:
    def test_join_ours(self) -> None:
        """A plug-in's clocks come behind ours, and a desk measures them."""
        host = Host()
        assert host.add("acme", clocks_of(CALL_BACK)).status == "ready"
        assert host.clocks == (*STANDARD, CALL_BACK)

    @pytest.mark.parametrize(
        ("clock", "said"),
        [
            (STANDARD[0], "another clock is called first_response"),
            (attrs.evolve(CALL_BACK, after="acme.other"), "which is not before it"),
            ("acme.call_back", "is no clock"),
        ],
    )
    def test_what_is_refused(self, clock: object, said: str) -> None:
        """A name that is taken, a clock that waits for none there is, or none at all: nothing of the plug-in stays."""
        host = Host()
        found = host.add("acme", clocks_of(clock))
        assert (found.status, said in found.reason, host.clocks) == ("broken", True, STANDARD)


HOOKS = {name: hook for name, hook in vars(hooks).items() if hasattr(hook, f"{hooks.PROJECT}_spec")}


class TestHooks:
    def test_are_those_of_the_contract(self) -> None:
        """Contract 1 has these hooks; one that joins or leaves is a change of contract."""
        assert set(HOOKS) == {"channels", "tables", "metrics", "clocks", "recorded", "objection", "continued"}

    @pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
    def test_are_documented_with_an_example(self, hook: FunctionType) -> None:
        """Every hook says what it is for and shows an implementation of itself that runs as a doctest."""
        told, _, example = (inspect.getdoc(hook) or "").partition("\nExample:\n")
        assert told.strip()
        assert ">>> @hookimpl" in example
        assert f"... def {hook.__name__}(" in example


class TestBuiltin:
    def test_names_every_metric_once(self) -> None:
        """Each of our own metrics has a name and a question of their own."""
        ours = builtin.metrics()
        assert len({one.name for one in ours}) == len({one.question for one in ours}) == len(ours)


class TestLogging:
    def test_is_silent_on_standard_output(
        self, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A host that has not set structlog up hears of broken plug-ins by the standard library's logging."""
        structlog.reset_defaults()
        Host().add("builtin", object())
        assert capsys.readouterr().out == ""
        assert "plugin.left_out" in caplog.text
