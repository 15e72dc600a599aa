"""Audits: a figure counted anew from the log alone, and a published one explained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla import Actor, Desk
from ventanilla.adapters.audit.audited import Audited, audit_figure
from ventanilla.adapters.audit.claims import read_claim
from ventanilla.adapters.history import import_history, read_mapping
from ventanilla.adapters.simulate import mapping_path, simulate, write
from ventanilla.adapters.vault import MemoryKeys
from ventanilla.core.commands import Open, PublishSetting, Reopen, Resolve, Route, SetDue
from ventanilla.core.errors import NotUnderstood, PluginError
from ventanilla.plugins.host import Host
from ventanilla.projections.expressions import column
from ventanilla.projections.metric import Metric, Question, Unit
from ventanilla.projections.summaries import Quantile, Share

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria", roles=("lead", "admin"))
BREACHED = Metric(
    name="acme.kept",
    question="Which share of the clocks was kept?",
    table="clocks",
    unit="ratio",
    where=column("judged") & column("slot").equals("main"),
    value=~column("breached"),
    summary=Share(),
    dated=column("started_at"),
)
MEDIAN_OF_CLOCKS = attrs.evolve(
    BREACHED, name="acme.spent", unit="seconds", value=column("elapsed"), summary=Quantile(0.5)
)
POLICY = """
format = "ventanilla-policy/1"
name = "standard"
[[rules]]
name = "all"
slot = "main"
calendar = "always"
[rules.targets]
resolution = "{target}"
"""


def hours(count: float) -> datetime:
    return NINE + timedelta(hours=count)


class Clock:
    """The instant of recording, which tests turn."""

    now = NINE

    def __call__(self) -> datetime:
        return self.now


def host() -> Host:
    made = Host()
    made.metrics |= {one.name: one for one in (BREACHED, MEDIAN_OF_CLOCKS)}
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(backend_url: str, clock: Clock) -> Iterator[Desk]:
    """Four tickets of two teams, due after four hours: two are settled in time, of which one is told a day late."""
    with Desk(backend_url, host=host(), clock=clock, keys=MemoryKeys()) as opened:
        for ticket, team in (("T-1", "red"), ("T-2", "red"), ("T-3", "blue"), ("T-4", "blue")):
            opened.handle(Open(ticket=ticket, at=NINE, actor=MARIA, channel="mail"))
            opened.handle(Route(ticket=ticket, at=NINE, actor=MARIA, team=team))
            opened.handle(SetDue(ticket=ticket, at=NINE, actor=MARIA, due=hours(4)))
        for ticket, settled, told in (("T-1", 3, 3), ("T-2", 6, 6), ("T-3", 2, 24), ("T-4", 8, 30)):
            clock.now = hours(told)
            opened.handle(Resolve(ticket=ticket, at=hours(settled), actor=MARIA, code="fixed"))
        yield opened


def audited(
    desk: Desk, metric: str, *buckets: str, by: str | None = None, until: datetime | None = None, **given: Any
) -> Audited:
    question = Question(metric=desk.host.metric(metric), by=by, until=until, zone=UTC)
    return audit_figure(desk, question, buckets=buckets, **given)


def publish(desk: Desk, version: int, target: str, at: datetime) -> None:
    desk.handle(
        PublishSetting(
            setting="policy/standard",
            at=at,
            actor=MARIA,
            version=version,
            since=at,
            content=POLICY.format(target=target),
        )
    )


class TestClaims:
    @pytest.mark.parametrize(
        ("text", "unit", "value", "holds"),
        [
            ("92.4", "ratio", 243 / 263, True),
            ("92.4%", "ratio", 243 / 263, True),
            ("92.4 %", "ratio", 0.92451, False),
            ("0.924", "ratio", 243 / 263, True),
            ("0.5%", "ratio", 0.005, True),
            ("1", "ratio", 1.0, True),
            ("92.45", "ratio", 243 / 263, False),
            ("1,234", "count", 1234, True),
            ("90", "seconds", 90.4, True),
            ("1 h 30 min", "seconds", 5_420, True),
            ("1 h 30 min", "seconds", 5_440, False),
            ("2d", "seconds", 2 * 86_400, True),
            ("12.34", "money", 1234, True),
            ("-12", "points", -12.3, True),
            ("92.4", "ratio", None, False),
        ],
    )
    def test_are_equal_at_the_places_given(self, text: str, unit: Unit, value: float | None, holds: bool) -> None:
        """A figure is the claimed one if it is written so with as many places."""
        assert read_claim(text, unit).holds(value) is holds

    @given(st.floats(0.011, 1), st.integers(0, 6))
    def test_a_share_is_what_it_is_written_as(self, share: float, places: int) -> None:
        """Every share, written as a percentage with any number of places, is equal to itself."""
        assert read_claim(f"{share * 100:.{places}f} %", "ratio").holds(share)

    @pytest.mark.parametrize(("text", "unit"), [("much", "ratio"), ("5 %", "count"), ("4x", "seconds"), ("", "score")])
    def test_what_is_none_is_named(self, text: str, unit: Unit) -> None:
        """What is no figure of that unit is refused, with the value."""
        with pytest.raises(NotUnderstood, match="is no figure in"):
            read_claim(text, unit)


class TestCountedAnew:
    def test_is_what_the_desk_answers(self, desk: Desk, tmp_path: Path) -> None:
        """Of a generated history every metric, cut or not, comes out of the log as the desk answers it."""
        file = tmp_path / "month.csv"
        list(write(file, simulate(40, 3)))
        list(import_history(desk, file, read_mapping(mapping_path(file))))
        for metric in ("tickets", "on_time", "resolution_time_p90", "backlog_age", "verdict_agreement", "acme.kept"):
            for by in (None, "team", "week"):
                found = audited(desk, metric, by=by)
                assert found.proved
                rows = [row for row in found.rows() if not row.excluded]
                for key, one in found.cut.items():
                    here = {position for row in rows if row.key == key for position in row.positions}
                    assert sorted(here) == list(one.evidence)

    def test_whatever_is_asked(self, tmp_path: Path) -> None:
        """Of a generated history, every metric there is comes out of the log alone as the desk answers it."""
        file = tmp_path / "month.csv"
        with Desk("sqlite:///:memory:", keys=MemoryKeys()) as desk:
            list(write(file, simulate(30, 5)))
            list(import_history(desk, file, read_mapping(mapping_path(file))))
            for metric in desk.host.metrics.values():
                found = audited(desk, metric.name)
                assert found.proved, metric.name
                values = [row.value for row in found.recount.rows() if not row.excluded]
                assert found.answer is not None
                if metric.fewest < 2:
                    assert metric.summary.of(values).value == found.answer.value, metric.name
                    behind = {position for row in found.rows() if not row.excluded for position in row.positions}
                    assert sorted(behind) == list(found.answer.evidence), metric.name

    def test_of_what_is_told_of_many_no_row_is(self, desk: Desk) -> None:
        """Rows of a metric that is told of several at least are not named, whatever is asked."""
        desk.host.metrics["few"] = attrs.evolve(desk.host.metrics["on_time"], name="few", fewest=4)
        found = audited(desk, "few", claimed="25")
        assert found.explanation is not None
        assert (list(found.rows()), found.explanation.changes) == ([], ())
        desk.host.metrics["few"] = attrs.evolve(desk.host.metrics["on_time"], name="few", fewest=5)
        untold = audited(desk, "few", claimed="50")
        assert (untold.proved, untold.explanation) == (False, None)
        with pytest.raises(NotUnderstood, match="are not told one by one"):
            audited(desk, "few", claimed_rows=Path("rows.csv"))

    def test_of_several_only_the_latest_counts(self, desk: Desk) -> None:
        """Where only the latest row of something counts, the others are left out, and say why."""
        once = attrs.evolve(desk.host.metrics["on_time"], name="once", once=column("team"), dated=column("settled_at"))
        desk.host.metrics["once"] = once
        found = audited(desk, "once", claimed="0")
        assert found.proved
        assert {row.name: row.excluded for row in found.rows()} == {
            "T-1": "a later one counts",
            "T-2": "",
            "T-3": "a later one counts",
            "T-4": "",
        }

    def test_a_row_that_names_another_tickets_event_is_an_error(self, desk: Desk) -> None:
        """What a plug-in's table names behind a row is of the stream that the row is made of."""
        table = desk.host.tables["times"]
        other = desk.log("T-4")[0].position

        def with_another(state: Any, as_of: datetime) -> Any:
            return [attrs.evolve(row, evidence=(*row.evidence, other)) for row in table.rows(state, as_of)]

        desk.host.tables["times"] = attrs.evolve(table, rows=with_another)
        message = f"the table times@1 names position {other} behind T-1, whose event that is not"
        with pytest.raises(PluginError, match=message):
            list(audited(desk, "full_resolution_time").rows())

    def test_a_table_that_was_touched_is_noticed(self, desk: Desk) -> None:
        """A fact table that says otherwise than the log does not prove a figure."""
        desk.catch_up()
        mark = desk.view.mark()
        touched = attrs.evolve(desk.view.rows_of(["T-1"])["T-1"], team="blue")
        assert desk.view.save([touched], [], mark, mark, ())
        found = audited(desk, "tickets", by="team")
        assert {key: one.value for key, one in found.cut.items()} == {"red": 2, "blue": 2}
        assert not found.kept
        assert not found.proved

    def test_buckets(self, desk: Desk) -> None:
        """A bucket is a value of the cut, a side of a share, or what lies beyond a limit; several narrow it down."""

        def names(*words: str, metric: str = "on_time", by: str | None = None) -> list[str]:
            return [row.name for row in audited(desk, metric, *words, by=by).rows()]

        assert names("yes") == ["T-1", "T-3"]
        assert names("no") == ["T-2", "T-4"]
        assert names("red", "no", by="team") == ["T-2"]
        assert names(">2 h", metric="resolution_time") == ["T-1", "T-2", "T-4"]
        assert names("<=10800", metric="resolution_time") == ["T-1", "T-3"]
        with pytest.raises(NotUnderstood, match="'green' is no part of this figure: there are 'blue', 'red', 'yes'"):
            names("green", by="team")

    def test_a_cut_is_many_figures(self, desk: Desk) -> None:
        """A claim against a cut needs the bucket that it is about."""
        with pytest.raises(NotUnderstood, match="name the one that was published with --bucket"):
            audited(desk, "on_time", by="team", claimed="50")
        assert audited(desk, "on_time", "red", by="team", claimed="50").proved


class TestExplained:
    def test_by_what_was_known(self, desk: Desk) -> None:
        """A figure that was true of what was known then names what was recorded since, and nothing else."""
        found = audited(desk, "on_time", claimed="25")
        assert not found.proved
        assert found.explanation is not None
        assert found.explanation.held is not None
        assert (found.explanation.held.first, found.explanation.held.before) == (hours(3), hours(24))
        (change,) = found.explanation.changes
        assert (change.name, change.then, change.now) == ("T-3", False, True)
        (since,) = change.since
        assert (since.topic, since.recorded_at) == ("ticket.resolved/1", hours(24))
        assert desk.log("T-3")[-1].position == since.position

    def test_by_the_end_of_the_period(self, desk: Desk, clock: Clock) -> None:
        """A figure that was true at the end of its period names what happened afterwards."""
        clock.now = hours(40)
        desk.handle(Reopen(ticket="T-1", at=hours(35), actor=MARIA))
        desk.handle(Resolve(ticket="T-1", at=hours(40), actor=MARIA, code="fixed"))
        found = audited(desk, "on_time", until=hours(31), claimed="50")
        assert found.explanation is not None
        assert {change.name for change in found.explanation.changes} == {"T-1"}

    def test_by_an_older_policy(self, desk: Desk, clock: Clock) -> None:
        """A figure that was true under an older version of the policy is explained by that version."""
        clock.now = hours(40)
        publish(desk, 1, "5h", hours(40))
        clock.now = hours(41)
        publish(desk, 2, "1h", hours(41))
        for ticket in ("T-8", "T-9"):
            clock.now = hours(50)
            desk.handle(Open(ticket=ticket, at=hours(42), actor=MARIA, channel="mail"))
            desk.handle(Resolve(ticket=ticket, at=hours(45 if ticket == "T-8" else 49), actor=MARIA, code="fixed"))
        found = audited(desk, "acme.kept", claimed="50")
        assert found.answer is not None
        assert found.answer.value == 0
        assert found.explanation is not None
        assert found.explanation.policy == "standard, version 1"
        assert "T-8" in {change.ticket for change in found.explanation.changes}

    def test_clocks_as_they_were_known(self, desk: Desk, clock: Clock) -> None:
        """What clocks showed is followed through the settings, too: before any policy was known nothing was judged."""
        clock.now = hours(31)
        publish(desk, 1, "1h", hours(31))
        clock.now = hours(60)
        desk.handle(Open(ticket="T-9", at=hours(50), actor=MARIA, channel="mail"))
        desk.handle(Resolve(ticket="T-9", at=hours(50.5), actor=MARIA, code="fixed"))
        clock.now = hours(70)
        desk.handle(Reopen(ticket="T-9", at=hours(65), actor=MARIA))
        desk.handle(Resolve(ticket="T-9", at=hours(69), actor=MARIA, code="fixed"))
        now = desk.ask("acme.kept", as_of=hours(69))
        then = desk.ask("acme.kept", as_of=hours(69), known_at=hours(60))
        assert (now.value, then.value) == (0, 1)
        found = audited(desk, "acme.kept", claimed="100")
        assert found.explanation is not None
        assert {change.ticket for change in found.explanation.changes} == {"T-9"}

    def test_or_it_is_so_many_rows_away(self, desk: Desk) -> None:
        """A figure that never was true says how many rows it is away, and which are nearest."""
        share = audited(desk, "on_time", claimed="75").away
        assert share is not None
        assert (share.rows, [row.name for row in share.nearest]) == (1, ["T-2", "T-4"])
        odd = audited(desk, "on_time", claimed="33").away
        assert odd is not None
        assert odd.rows is None
        assert "no number of yes among 4 gives 33; 2 among 6 would" in odd.said
        median = audited(desk, "resolution_time", claimed="7 h").away
        assert median is not None
        assert (median.rows, [row.name for row in median.nearest]) == (1, ["T-2"])
        count = audited(desk, "settled", claimed="9").away
        assert count is not None
        assert (count.rows, count.said) == (5, "the figure has 4 rows: 5 fewer than claimed")

    @settings(max_examples=40)
    @given(
        st.lists(st.tuples(st.integers(1, 8), st.integers(9, 40)), min_size=2, max_size=7),
        st.integers(9, 41),
        st.sampled_from(["on_time", "settled", "resolution_time", "acme.kept"]),
    )
    def test_exactly_the_rows_recorded_later(self, told: list[tuple[int, int]], known: int, metric: str) -> None:
        """A figure as known at any instant is explained by exactly the rows that were recorded later."""
        clock = Clock()
        with Desk("sqlite:///:memory:", host=host(), clock=clock) as desk:
            publish(desk, 1, "4h", NINE)
            for number in range(len(told)):
                desk.handle(Open(ticket=f"T-{number}", at=NINE, actor=MARIA, channel="mail"))
                desk.handle(SetDue(ticket=f"T-{number}", at=NINE, actor=MARIA, due=hours(4)))
            for number, (settled, recorded) in sorted(enumerate(told), key=lambda one: one[1][1]):
                clock.now = hours(recorded)
                desk.handle(Resolve(ticket=f"T-{number}", at=hours(settled), actor=MARIA, code="fixed"))
            then = desk.ask(metric, as_of=hours(50), known_at=hours(known))
            if then.value is None:
                return
            claimed = f"{then.value * 100:.6f} %" if metric in ("on_time", "acme.kept") else str(round(then.value))
            found = audited(desk, metric, claimed=claimed, as_of=hours(50))
            if found.proved:
                return
            assert found.explanation is not None
            assert found.explanation.known_at is not None
            last = found.explanation.known_at
            assert desk.ask(metric, as_of=hours(50), known_at=last).value == pytest.approx(then.value)
            later = {f"T-{number}" for number, (_, recorded) in enumerate(told) if hours(recorded) > last}
            changed = {change.ticket for change in found.explanation.changes}
            late = {f"T-{number}" for number, (settled, _) in enumerate(told) if settled > 4}
            assert changed == (later - late if metric in ("on_time", "acme.kept") else later)
            for change in found.explanation.changes:
                assert [since.topic for since in change.since] == ["ticket.resolved/1"]
                assert all(since.recorded_at > last for since in change.since)


class TestClaimedRows:
    def test_differ_one_by_one(self, desk: Desk, tmp_path: Path) -> None:
        """A file of rows is compared ticket by ticket: what it counts otherwise, what it lacks, what it adds."""
        file = tmp_path / "rows.csv"
        file.write_text("ticket,value\nT-1,yes\nT-2,1\nT-3,true\nT-9,no\n")
        found = audited(desk, "on_time", claimed_rows=file)
        assert found.differing is not None
        assert [(one.ticket, one.theirs, one.ours) for one in found.differing] == [
            ("T-2", (1,), (0,)),
            ("T-4", (), (0,)),
            ("T-9", (0,), ()),
        ]
        assert set(found.differing[0].positions) <= {recorded.position for recorded in desk.log("T-2")}
        file.write_text("ticket,value\nT-4,0\nT-1,1\nT-2,no\nT-3,yes\n")
        assert audited(desk, "on_time", claimed_rows=file).proved

    @pytest.mark.parametrize(
        ("text", "said"),
        [("a,b\n1,2\n", "needs the columns ticket and value"), ("ticket,value\nT-1,perhaps\n", "line 2: 'perhaps'")],
    )
    def test_what_is_no_such_file_is_named(self, desk: Desk, tmp_path: Path, text: str, said: str) -> None:
        """A file without its columns, or with a word that is no value, is refused with the place."""
        file = tmp_path / "rows.csv"
        file.write_text(text)
        with pytest.raises(NotUnderstood, match=said):
            audited(desk, "on_time", claimed_rows=file)


class TestIncomplete:
    def test_rows_in_quarantine_and_broken_plugins(self, backend_url: str, tmp_path: Path) -> None:
        """An answer says which rows wait in quarantine and which plug-ins are broken, from view and log alike."""
        file = tmp_path / "month.csv"
        list(write(file, simulate(20, 7)))
        last = file.read_text().splitlines()[-1]
        with file.open("a") as more:
            more.write(last.replace("S-", "bad-", 1) + ",one cell more\n")
        broken = Host()
        broken.add("acme", object())
        broken.add("acme", object())
        with Desk(backend_url, host=broken, keys=MemoryKeys()) as desk:
            assert desk.ask("tickets").incomplete == ("the plug-in acme is duplicate: another plug-in is called acme",)
            list(import_history(desk, file, read_mapping(mapping_path(file))))
            said = desk.ask("tickets").incomplete
            assert said[0] == "1 row of month.csv is in quarantine"
            assert said[1].startswith("the plug-in acme is duplicate: ")
            assert audited(desk, "tickets").answer == desk.ask("tickets")
