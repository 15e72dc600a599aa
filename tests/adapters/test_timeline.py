"""The timeline: what is measured from its files is what the log says, however they came about."""

from __future__ import annotations

import itertools
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
import timelines
from hypothesis import given, settings

from ventanilla.adapters.store import Store, open_store
from ventanilla.adapters.timeline import Audit, Source, audit, build, verify
from ventanilla.adapters.timeline import manifest as manifests
from ventanilla.adapters.timeline.manifest import Manifest
from ventanilla.core.errors import Damaged
from ventanilla.core.events import TicketOpened
from ventanilla.core.recorded import Recorded
from ventanilla.projections.expressions import column
from ventanilla.projections.measures import Count, Live, Measures
from ventanilla.projections.measures.standard import standard
from ventanilla.projections.timeline import COLUMNS, Column, Field, stamp

MEASURES = standard(hours=timelines.HOURS, first_reply={"high": 3_600, None: 14_400}, resolution={None: 86_400})
AS_OF = stamp(timelines.BEGIN) + 30 * 86_400 * 1_000_000


@pytest.fixture
def source(backend_url: str) -> Iterator[Source]:
    """A log on each backend in turn, in which things have happened."""
    store, _ = open_store(backend_url, create=True)
    for history in timelines.some():
        timelines.record(store, history)
    yield Source(url=backend_url, store=store)
    store.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Source]:
    """A log in a file, in which the same has happened."""
    url = f"sqlite:///{tmp_path}/desk.db"
    store, _ = open_store(url, create=True)
    for history in timelines.some():
        timelines.record(store, history)
    yield Source(url=url, store=store)
    store.close()


class TestFacts:
    def test_are_those_of_the_log(self, source: Source, tmp_path: Path) -> None:
        """On any backend: what is measured over the files is what is folded event by event from the log."""
        found, facts = measured(source, tmp_path / "t")
        assert facts == live(source)
        assert (found.depth, found.head, found.incomplete, found.findings) == ("quick", store_of(source).head(), (), ())

    @settings(max_examples=25)
    @given(timelines.histories)
    def test_are_those_of_any_log(self, found: dict[str, list[Recorded]]) -> None:
        """Whatever happened in whatever order, in blocks of seven positions: the same, row for row."""
        store, _ = open_store("sqlite:///:memory:", create=True)
        for version in itertools.count():
            now = [history[version : version + 1] for history in found.values()]
            if not any(now):
                break
            for history in now:
                timelines.record(store, history)
        source = Source(url="sqlite:///:memory:", store=store)
        with tempfile.TemporaryDirectory() as folder:
            build(source, Path(folder), partitions=3, block=7)
            parts = audit(source, Path(folder), MEASURES, as_of=AS_OF, partitions=3, block=7)[1]
            assert timelines.facts_of(parts) == live(source)
        store.close()

    def test_are_the_same_from_several_processes(self, log: Source, tmp_path: Path) -> None:
        """An executor's map gives what the plain one does, in the same order."""
        _, serial = measured(log, tmp_path / "a")
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            _, spread = measured(log, tmp_path / "b", workers=pool.map)
        assert list(spread.items()) == list(serial.items())

    def test_are_as_of_an_instant(self, log: Source, tmp_path: Path) -> None:
        """What happened later is left out, and whose ticket was not opened by then is not there."""
        at = stamp(timelines.BEGIN) + 4 * 86_400 * 1_000_000
        _, parts = audit(log, tmp_path / "t", MEASURES, as_of=at)
        facts = timelines.facts_of(parts)
        assert facts == live(log, at)
        assert 0 < len(facts) < len(timelines.some())


class TestBuilding:
    def test_in_many_goes_is_as_at_once(self, log: Source, tmp_path: Path) -> None:
        """A timeline that followed the log is made of the same stretches and gives the same as one made at the end."""
        store, _ = open_store("sqlite:///:memory:", create=True)
        grown = Source(url="sqlite:///:memory:", store=store)
        for history in timelines.some():
            timelines.record(store, history)
            build(grown, tmp_path / "grown", block=7)
        once = build(log, tmp_path / "once", block=7)
        assert build(grown, tmp_path / "grown", block=7).stretches == once.stretches
        assert len(once.stretches) == 3
        assert len(once.runs) == 2  # the full blocks were put together
        assert measured(grown, tmp_path / "grown")[1] == measured(log, tmp_path / "once")[1]
        store.close()

    def test_goes_on_where_it_was_stopped(self, log: Source, tmp_path: Path) -> None:
        """Stopped half-way, it does not begin again, and leaves nothing behind."""

        def stopping(function: Any, things: Iterable[Any]) -> Iterator[Any]:
            for number, thing in enumerate(things):
                if number == 2:
                    raise KeyboardInterrupt
                yield function(thing)

        with pytest.raises(KeyboardInterrupt):
            build(log, tmp_path / "t", block=7, workers=stopping)
        (tmp_path / "t" / "000-orphan.npz").touch()
        seen: list[int] = []
        after = build(log, tmp_path / "t", block=7, progress=lambda done, total: seen.append(done))
        assert seen[0] == 14
        assert after.stretches == build(log, tmp_path / "anew", block=7).stretches
        named = {file.name for file in after.files()}
        assert {path.name for path in (tmp_path / "t").glob("*.npz")} == named

    def test_takes_no_file_from_who_reads(self, log: Source, tmp_path: Path) -> None:
        """While the parts of an audit are read, a build takes nothing away; once they have been, the next does."""
        folder = tmp_path / "t"
        _, parts = audit(log, folder, MEASURES, as_of=AS_OF, partitions=3, block=7)
        before = {path.name for path in folder.glob("*.npz")}
        first = next(parts)
        timelines.record(store_of(log), timelines.recorded(9, [TicketOpened(at=timelines.BEGIN, channel="mail")]))
        build(log, folder, partitions=3, block=7)
        assert before < {path.name for path in folder.glob("*.npz")}
        read = timelines.facts_of(iter([first, *parts]))
        assert "T-9" not in read
        now = build(log, folder, partitions=3, block=7)
        assert {path.name for path in folder.glob("*.npz")} == {file.name for file in now.files()}

    def test_of_another_log_or_other_columns_begins_anew(self, log: Source, tmp_path: Path) -> None:
        """What was made from another log, or without a column that is asked for, is thrown away."""
        before = build(log, tmp_path / "t")
        other, _ = open_store("sqlite:///:memory:", create=True)
        assert build(Source(url="", store=other), tmp_path / "t").rows == 0
        other.close()
        assert build(log, tmp_path / "t").stretches == before.stretches
        more = Column(name="acme_words", kind="number", of={"message.sent/1": Field("words")})
        columns = (*COLUMNS, more)
        measures = Measures({"counted": Count(column("acme_words").given())}, columns=columns)
        _, parts = audit(log, tmp_path / "t", measures)
        assert sum(row["counted"] for row in timelines.facts_of(parts).values()) == 1

    def test_with_nothing_new_does_nothing(self, log: Source, tmp_path: Path) -> None:
        """Up with the log already, it leaves every file as it is."""
        first = build(log, tmp_path / "t")
        assert build(log, tmp_path / "t") == first


class TestTrust:
    def test_a_changed_file_is_found(self, log: Source, tmp_path: Path) -> None:
        """A quick audit measures no file that is not as it was written; verifying names it."""
        now = build(log, tmp_path / "t")
        victim = tmp_path / "t" / now.runs[0].segments[0].file.name
        written = victim.read_bytes()
        victim.write_bytes(written[:-1] + bytes([written[-1] ^ 1]))
        with pytest.raises(Damaged, match="is not as it was written"):
            measured(log, tmp_path / "t")
        assert verify(tmp_path / "t")[1] == [f"{victim} is not as it was written"]
        victim.unlink()
        assert "No such file" in verify(tmp_path / "t")[1][0]

    def test_a_changed_log_is_found_by_a_full_audit(self, log: Source, tmp_path: Path) -> None:
        """Who changes the log after the fact is found out by the stretch and by the ticket; the facts are the log's."""
        build(log, tmp_path / "t", block=7)
        with store_of(log).database.write() as cursor:
            cursor.execute(
                "UPDATE events SET state = CAST(replace(CAST(state AS TEXT), 'high', 'low') AS BLOB) WHERE topic = ?",
                ("ticket.prioritised/1",),
            )
        quick, _ = audit(log, tmp_path / "t", MEASURES, block=7)
        found, parts = audit(log, tmp_path / "t", MEASURES, as_of=AS_OF, full=True, block=7)
        assert (quick.findings, found.depth) == ((), "full")
        assert [finding for finding in found.findings if "positions 1 to 7 of" in finding]
        assert [finding for finding in found.findings if "the timeline of T-2 was not" in finding]
        assert timelines.facts_of(parts) == live(log)
        assert not (tmp_path / "t" / "full").exists()

    def test_a_forged_segment_is_found_by_a_full_audit(self, log: Source, tmp_path: Path) -> None:
        """Files that were changed together with their digests stand against the log itself."""
        build(log, tmp_path / "t")
        other, _ = open_store("sqlite:///:memory:", create=True)
        for history in timelines.some()[1:]:
            timelines.record(other, history)
        forged = build(Source(url="", store=other), tmp_path / "forged")
        mine = manifests.load(tmp_path / "t")
        assert mine is not None
        for path in (tmp_path / "forged").glob("*.npz"):
            path.rename(tmp_path / "t" / path.name)
        manifests.save(tmp_path / "t", attrs.evolve(mine, runs=forged.runs))
        assert audit(log, tmp_path / "t", MEASURES)[0].findings == ()
        findings = audit(log, tmp_path / "t", MEASURES, full=True)[0].findings
        assert [finding for finding in findings if "the timeline of T-1 was not" in finding]
        other.close()

    def test_a_full_audit_of_an_honest_log_finds_nothing(self, source: Source, tmp_path: Path) -> None:
        """On any backend: decoding the log again gives the rows that were there, and the same facts."""
        build(source, tmp_path / "t", block=7)
        found, parts = audit(source, tmp_path / "t", MEASURES, as_of=AS_OF, full=True, block=7)
        assert found.findings == ()
        assert timelines.facts_of(parts) == live(source)

    @pytest.mark.parametrize(
        ("topic", "state", "reason"),
        [
            ("ticket.teleported/9", b'{"at":"2026-03-28T00:00:00Z"}', "has the unknown topic 'ticket.teleported/9'"),
            ("message.received/1", b'{"at":"2026-03-28T00:00:00Z"}', "missing required field `channel`"),
            ("message.received/1", b'{"at":"2026-03-28T00:00:00","channel":"mail"}', "has no time zone"),
            ("ticket.resumed/1", b'{"at":"2026-03-28T00:00:00Z"},{"at":"2026-03-28T00:00:00Z"}', "malformed"),
        ],
    )
    def test_what_cannot_be_read_stops_its_ticket_alone(
        self, log: Source, tmp_path: Path, topic: str, state: bytes, reason: str
    ) -> None:
        """The ticket stands as before that event, the others go on, and the audit says what is lacking, and why."""
        store = store_of(log)
        expected = live(log)
        with store.database.write() as cursor:
            ((version,),) = cursor.execute("SELECT count(*) FROM events WHERE originator_id = 'T-2'").fetchall()  # type: ignore[attr-defined]
            cursor.execute(
                "INSERT INTO events (originator_id, originator_version, topic, state, recorded_at, actor, cause, "
                "allowed_by) VALUES ('T-2', ?, ?, ?, 0, 'agent:x', 'command:x', '1/agent')",
                (version + 1, topic, state),
            )
        position = store.head()
        timelines.record(store, [attrs.evolve(timelines.some()[1][0], version=version + 2)])
        found, facts = measured(log, tmp_path / "t")
        assert facts == expected
        (said,) = found.incomplete
        assert said.startswith(f"ticket T-2 stands as before event {position}: position {position} of the log ")
        assert reason in said

    def test_a_manifest_of_another_version_is_made_again(self, log: Source, tmp_path: Path) -> None:
        """A timeline of another format is disposable: it is made anew; one that is no manifest at all is said."""
        first = build(log, tmp_path / "t")
        (tmp_path / "t" / manifests.NAME).write_text('{"format": 999}')
        assert build(log, tmp_path / "t").stretches == first.stretches
        (tmp_path / "t" / manifests.NAME).write_text("{")
        with pytest.raises(Damaged, match="is no manifest"):
            build(log, tmp_path / "t")


def live(source: Source, as_of: int = AS_OF) -> dict[str, dict[str, Any]]:
    """Return the facts by the evaluator that takes one event at a time, from the log."""
    store, evaluator = store_of(source), Live(MEASURES)
    histories = {stream: store.load(stream) for stream, _ in store.histories(store.head(), frozenset())}
    return {
        ticket: evaluator.value(evaluator.fold(history, as_of), as_of)
        for ticket, history in histories.items()
        if any(stamp(one.event.at) <= as_of for one in history)
    }


def measured(source: Source, folder: Path, **options: Any) -> tuple[Audit, dict[str, dict[str, Any]]]:
    """Return the facts over the files of the timeline in *folder*, which is brought up with the log first."""
    now = manifests.load(folder) or Manifest(log="", coding="")
    found, parts = audit(source, folder, MEASURES, as_of=AS_OF, block=now.block, **options)
    return found, timelines.facts_of(parts)


def store_of(source: Source) -> Store:
    """Return the log itself."""
    assert source.store is not None
    return source.store
