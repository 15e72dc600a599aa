"""What plug-ins do in a process of their own: bad ones get the right verdict, and nobody hangs with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from installing import record
from typer.testing import CliRunner

from ventanilla import Actor, Desk, NotUnderstood, PluginError
from ventanilla.adapters.cli.app import app, run
from ventanilla.adapters.isolation import Verdict, answer_isolated, check
from ventanilla.adapters.limited import Stopped
from ventanilla.core.commands import Open, Resolve

RUN = CliRunner()
BAD = Path(__file__).parents[1] / "plugins" / "bad"
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a good plug-in and every bad one, each as an entry of one package, for processes of their own."""
    target = tmp_path / "site"
    record(target, {path.stem.replace("_", "-"): path.stem for path in BAD.glob("*.py")} | {"good": "good"})
    (target / "good.py").write_text(GOOD)
    monkeypatch.syspath_prepend(BAD)
    monkeypatch.syspath_prepend(target)
    return target


GOOD = """
from ventanilla import hookimpl
from ventanilla.projections import Metric
from ventanilla.projections.expressions import column
from ventanilla.projections.summaries import Count
from visits import table

def counts(name, table):
    return Metric(name=name, table=table, question="How many visits?", unit="count", where=column("opened_at").given(),
                  value=column("opened_at"), summary=Count(), dated=column("opened_at"))

@hookimpl
def tables():
    return [table(name="good.visits")]

@hookimpl
def metrics():
    return [counts("good.visits", "good.visits")]
"""


def broken(name: str, *, seconds: float = 60, megabytes: int = 1024) -> list[Verdict]:
    return [verdict for verdict in check(name, seconds=seconds, megabytes=megabytes) if verdict.broken]


@pytest.mark.usefixtures("installed")
class TestCheck:
    def test_finds_nothing_against_a_good_one(self) -> None:
        """A plug-in that keeps its contract has a verdict for each rule, and none against it."""
        verdicts = list(check("good"))
        assert [verdict for verdict in verdicts if verdict.broken] == []
        names = {verdict.rule for verdict in verdicts}
        assert {"loads", "table good.visits: folds_purely", "metric good.visits: names_real_evidence"} <= names

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("import-error", "broken: ModuleNotFoundError: No module named 'no_such_library'"),
            ("exits", "broken: SystemExit: 3"),
            ("wrong-hook", "broken: PluginValidationError: unknown hook 'metrix' in plugin"),
            ("clashes", "broken: ValueError: another metric is called backlog"),
        ],
    )
    def test_of_what_does_not_load(self, name: str, said: str) -> None:
        """A plug-in that cannot be loaded has one verdict, which says why."""
        (verdict,) = check(name)
        assert verdict.rule == "loads"
        assert (verdict.broken or "").startswith(said)

    @pytest.mark.parametrize(
        ("name", "rule", "said"),
        [
            ("raises", "folds_purely", "raises LookupError: no such key (raises.py, line 14)"),
            ("mutates", "folds_purely", "the fold of bad.visits@1 changes the state that it is given, at TicketOpened"),
            ("not-deterministic", "is_deterministic", "bad.visits@1 gives other rows of the same log another time"),
            ("garbage", "gives_rows_of_its_class", "bad.visits@1 gives a dict, not a Visit"),
            ("made-up", "names_real_evidence", "bad.visits@1 names position 100"),
        ],
    )
    def test_of_what_is_bad_in_one_thing(self, name: str, rule: str, said: str) -> None:
        """A table that breaks a rule is found by that rule, in words that tell its author what to mend."""
        verdicts = {verdict.rule: verdict.broken or "" for verdict in broken(name)}
        assert verdicts[f"table bad.visits: {rule}"].startswith(said)

    @pytest.mark.parametrize(
        ("name", "seconds", "said"),
        [
            ("hangs-in-python", 4, "took more than 4 s and was stopped"),
            ("hangs-in-c", 4, "took more than 4 s and was stopped"),
            ("grows", 60, "wanted more than 512 MB of memory"),
        ],
    )
    def test_of_what_has_to_be_stopped(self, name: str, seconds: float, said: str) -> None:
        """A fold that hangs or grows without end is stopped at the limit, which is named, and is not tried further."""
        assert broken(name, seconds=seconds, megabytes=512) == [
            Verdict(
                rule="table bad.visits: folds_purely",
                broken=f"{said}; the other rules of table bad.visits were not tried",
            )
        ]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give the address of a desk with two tickets."""
    address = f"sqlite:///{tmp_path}/desk.db"
    with Desk(address, clock=lambda: NINE + timedelta(days=1)) as desk:
        desk.handle(Open(ticket="T-1", at=NINE, actor=MARIA, channel="phone"))
        desk.handle(Open(ticket="T-2", at=NINE, actor=MARIA, channel="mail"))
        desk.handle(Resolve(ticket="T-2", at=NINE + timedelta(hours=1), actor=MARIA, code="done"))
    return address


class TestAnswer:
    def test_is_that_of_the_desk(self, url: str) -> None:
        """What a process of its own answers is what the desk answers, whole and cut, by whichever dials."""
        with Desk(url) as desk:
            assert answer_isolated(url, "resolution_time") == desk.ask("resolution_time")
            assert answer_isolated(url, "tickets", by="channel") == desk.ask("tickets", by="channel")
            assert answer_isolated(url, "backlog", as_of=NINE, replayed=True) == desk.ask("backlog", as_of=NINE)

    @pytest.mark.usefixtures("installed")
    def test_of_an_installed_plugin(self, url: str) -> None:
        """A metric of an installed plug-in, over a table of its own, is answered there."""
        found = answer_isolated(url, "good.visits")
        assert (found.value, found.metric, found.table) == (2, "good.visits@1", "good.visits@1")

    @pytest.mark.parametrize(
        ("fold", "seconds", "said"),
        [
            ("while True: pass", 4, "took more than 4 s and was stopped"),
            ("return sum(__import__('itertools').repeat(1))", 4, "took more than 4 s and was stopped"),
            ("return b'x' * 2_000_000_000", 60, "wanted more than 512 MB of memory"),
            ("__import__('os').kill(__import__('os').getpid(), 11)", 60, "crashed with SIGSEGV"),
            ("__import__('os')._exit(3)", 60, "crashed with exit code 3"),
        ],
    )
    def test_that_has_to_be_stopped_names_the_limit_and_the_plugin(
        self, installed: Path, url: str, fold: str, seconds: float, said: str
    ) -> None:
        """What hangs, grows or crashes is stopped, and the error names metric, plug-in and limit."""
        text = GOOD.replace('table(name="good.visits")', 'table(name="good.visits", fold=fold)')
        (installed / "good.py").write_text(f"{text}\ndef fold(state, recorded):\n    {fold}\n")
        with pytest.raises(Stopped) as error:
            answer_isolated(url, "good.visits", seconds=seconds, megabytes=512)
        assert str(error.value) == f"the metric good.visits of the plug-in good {said}"

    def test_that_hangs_while_it_is_loaded(self, installed: Path, url: str) -> None:
        """A plug-in that never finishes its import is stopped, too."""
        (installed / "good.py").write_text("while True: pass")
        with pytest.raises(Stopped, match=r"a plug-in that was loaded for the metric backlog took more than 2 s"):
            answer_isolated(url, "backlog", seconds=2)

    def test_that_is_garbage(self, installed: Path, url: str) -> None:
        """A summary that gives words for a number is no answer, and the metric is named."""
        text = GOOD.replace("summary=Count()", "summary=Words()")
        words = "class Words:\n    def of(self, values):\n        return Figure(value='many', n=2)\n"
        (installed / "good.py").write_text(f"from ventanilla.projections.summaries import Figure\n{words}{text}")
        with pytest.raises(
            PluginError, match=r"the metric good\.visits@1 fails on 2 values: ValueError: its value is 'many'"
        ):
            answer_isolated(url, "good.visits")

    def test_that_fails(self, installed: Path, url: str) -> None:
        """A fold that raises is named with table and position, as at the desk."""
        text = GOOD.replace(
            'table(name="good.visits")', 'table(name="good.visits", fold=lambda state, recorded: 1 / 0)'
        )
        (installed / "good.py").write_text(text)
        with pytest.raises(PluginError, match=r"the table good\.visits@1 fails on T-1, at position 1 of the log: Zero"):
            answer_isolated(url, "good.visits")

    @pytest.mark.parametrize(
        ("address", "metric", "said"),
        [("sqlite:///:memory:", "backlog", "is in the memory of this process"), ("", "regret", "no metric is called")],
    )
    def test_to_a_bad_question(self, url: str, address: str, metric: str, said: str) -> None:
        """A question that makes no sense is refused in the same words as at the desk."""
        with pytest.raises(NotUnderstood, match=said):
            answer_isolated(address or url, metric)


class TestCommand:
    @pytest.mark.parametrize(
        "words",
        [
            ["audit", "resolution_time"],
            ["audit", "tickets", "--by", "channel", "--bucket", "mail", "--json"],
            ["ask", "tickets", "--by", "channel", "--evidence"],
            ["ask", "resolution_time", "--json"],
        ],
    )
    def test_prints_the_same_in_a_process_of_its_own(self, url: str, words: list[str]) -> None:
        """An isolated audit, and an isolated question, print what they print otherwise, letter by letter."""
        words = [*words, "--desk", url]
        plain, isolated = RUN.invoke(app, words), RUN.invoke(app, [*words, "--isolated"])
        assert (plain.exit_code, isolated.exit_code) == (0, 0)
        assert isolated.stdout == plain.stdout != ""

    def test_prints_the_same_where_few_characters_can_be_shown(self, url: str) -> None:
        """A terminal that knows no lines of tables gets the same plain ones, and no error."""
        words, latin = ["audit", "tickets", "--by", "channel", "--desk", url], CliRunner(charset="latin-1")
        plain, isolated = latin.invoke(app, words), latin.invoke(app, [*words, "--isolated"])
        assert (plain.exit_code, isolated.exit_code) == (0, 0)
        assert isolated.stdout_bytes == plain.stdout_bytes != b""

    def test_may_end_its_options_before_the_metric(self, url: str) -> None:
        """Two dashes before the metric mean there what they mean otherwise."""
        plain = RUN.invoke(app, ["audit", "--desk", url, "--", "tickets"])
        isolated = RUN.invoke(app, ["audit", "--desk", url, "--isolated", "--", "tickets"])
        assert (isolated.exit_code, isolated.stdout) == (plain.exit_code, plain.stdout)
        assert plain.exit_code == 0

    def test_that_finds_a_difference_exits_alike(self, url: str) -> None:
        """A published figure that does not come out is a negative finding there, too."""
        words = ["audit", "tickets", "--claimed", "7", "--desk", url]
        plain, isolated = RUN.invoke(app, words), RUN.invoke(app, [*words, "--isolated"])
        assert (isolated.exit_code, isolated.stdout) == (plain.exit_code, plain.stdout)
        assert plain.exit_code == 1

    @pytest.mark.parametrize("command", ["audit", "ask"])
    def test_that_has_to_be_stopped_is_an_error(self, installed: Path, url: str, command: str) -> None:
        """A metric that hangs is stopped at the limit; the error names metric, plug-in and limit."""
        text = GOOD.replace('table(name="good.visits")', 'table(name="good.visits", fold=fold)')
        (installed / "good.py").write_text(f"{text}\ndef fold(state, recorded):\n    while True: pass\n")
        found = RUN.invoke(app, [command, "good.visits", "--desk", url, "--isolated", "--seconds", "4"])
        assert isinstance(found.exception, Stopped)
        assert str(found.exception) == ("the metric good.visits of the plug-in good took more than 4 s and was stopped")
        assert found.stdout == ""

    @pytest.mark.parametrize(
        ("fold", "said"),
        [
            (
                "raise SystemExit(3)",
                "the plug-in good: the table good.visits@1 fails on T-1, at position 1 of the log: SystemExit: 3",
            ),
            ("__import__('os')._exit(0)", "the metric good.visits of the plug-in good ended without a word"),
            ("raise KeyboardInterrupt", "the metric good.visits failed: KeyboardInterrupt"),
            ("raise GeneratorExit('odd')", "the metric good.visits failed: GeneratorExit: odd"),
        ],
    )
    def test_that_ends_its_process_is_an_error(self, installed: Path, url: str, fold: str, said: str) -> None:
        """A metric that wants to end the program ends nothing but its own process, and is named."""
        text = GOOD.replace('table(name="good.visits")', 'table(name="good.visits", fold=fold)')
        (installed / "good.py").write_text(f"{text}\ndef fold(state, recorded):\n    {fold}\n")
        found = RUN.invoke(app, ["audit", "good.visits", "--desk", url, "--isolated"])
        assert isinstance(found.exception, PluginError)
        assert said in str(found.exception)

    @pytest.mark.parametrize(
        ("fold", "said"),
        [
            ("__import__('os')._exit(1)", "the metric good.visits of the plug-in good crashed with exit code 1"),
            (
                "raise ValueError('two\\nlines')",
                "the plug-in good: the table good.visits@1 fails on T-1, at position 1 of the log: Value",
            ),
        ],
    )
    def test_that_fails_says_one_line_and_exits_2(
        self,
        installed: Path,
        url: str,
        fold: str,
        said: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Whatever a plug-in does or says, its error is one line, and no exit code of a negative finding."""
        text = GOOD.replace('table(name="good.visits")', 'table(name="good.visits", fold=fold)')
        (installed / "good.py").write_text(f"{text}\ndef fold(state, recorded):\n    {fold}\n")
        monkeypatch.setattr("sys.argv", ["ventanilla", "audit", "good.visits", "--desk", url, "--isolated"])
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"error: {said}")

    def test_has_its_seconds_for_all_that_it_does(self, installed: Path, url: str) -> None:
        """Loading and answering share the limit, which neither would reach alone."""
        text = GOOD.replace('table(name="good.visits")', 'table(name="good.visits", fold=fold)')
        once = "@functools.cache\ndef once():\n    time.sleep(4)\n"
        fold = "def fold(state, recorded):\n    once()\n    return []\n"
        (installed / "good.py").write_text(f"import functools, time\ntime.sleep(4)\n{text}\n{once}\n{fold}")
        found = RUN.invoke(app, ["audit", "good.visits", "--desk", url, "--isolated", "--seconds", "7"])
        assert isinstance(found.exception, Stopped)
        assert "took more than 7 s and was stopped" in str(found.exception)

    def test_is_refused_in_the_same_words(self, url: str) -> None:
        """What makes no sense is said as it is otherwise."""
        for words in (["audit", "regret"], ["audit", "tickets", "--by", "colour"]):
            plain = RUN.invoke(app, [*words, "--desk", url])
            isolated = RUN.invoke(app, [*words, "--desk", url, "--isolated"])
            assert type(isolated.exception) is type(plain.exception) is NotUnderstood
            assert str(isolated.exception) == str(plain.exception)

    def test_loads_no_plugin_in_the_process_that_was_called(self, installed: Path, url: str) -> None:
        """A plug-in that never finishes its import stops an isolated question, and not the caller."""
        (installed / "good.py").write_text("while True: pass")
        found = RUN.invoke(app, ["ask", "backlog", "--desk", url, "--isolated", "--seconds", "2"])
        assert "a plug-in that was loaded for the metric backlog took more than 2 s" in str(found.exception)
