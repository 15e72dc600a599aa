"""Manifests: the figures of a period, made again elsewhere, and whatever differs named."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from lived_in import live_in, skip
from period_figures import MADRID, figures_of
from shell import PROGRAM

from ventanilla import Actor, Desk
from ventanilla.adapters.audit import code, period
from ventanilla.adapters.audit.manifest import make_manifest, read_manifest, write_manifest
from ventanilla.adapters.audit.verify import Verification, verify
from ventanilla.adapters.audit.written import write_csv, write_json
from ventanilla.adapters.moving import export_log, import_log
from ventanilla.adapters.vault.keyring import MemoryKeys
from ventanilla.core.commands import Open, PublishSetting, Resolve
from ventanilla.core.errors import NotUnderstood
from ventanilla.plugins.host import Host

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARIA = Actor("agent", "maria", roles=("lead", "admin"))
KEYS = MemoryKeys()
POLICY = """
format = "ventanilla-policy/1"
name = "standard"
[calendars.office]
tz = "Europe/Paris"
weekly = { mon = [["09:00", "17:00"]] }
[[rules]]
name = "all"
calendar = "office"
[rules.targets]
resolution = "4h"
"""


@pytest.fixture
def desk(backend_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Give a desk in which everything has happened, and which has a policy."""
    with Desk(backend_url, keys=KEYS) as opened:
        opened.handle(published(1, datetime(2025, 2, 1, tzinfo=UTC)))
        live_in(opened, tmp_path)
        yield opened


def published(version: int, at: datetime) -> PublishSetting:
    return PublishSetting(setting="policy/standard", at=at, actor=MARIA, version=version, since=at, content=POLICY)


def manifest_of(desk: Desk, folder: Path) -> Any:
    path = folder / "manifest.json"
    dialled, figures = figures_of(desk)
    write_manifest(make_manifest(dialled, figures, title="Tickets", zone=MADRID), path)
    return read_manifest(path)


def found(verification: Verification) -> list[tuple[str, str]]:
    return [(one.part, one.said) for one in verification.differences]


def touch(desk: Desk, statement: str, *values: Any) -> None:
    with desk.store.database.write() as cursor:
        cursor.execute(desk.store.database.dialect.say(statement), values)


class TestEqual:
    def test_on_the_same_desk(self, desk: Desk, tmp_path: Path) -> None:
        """Made again at once, all is equal, and what is incomplete is told."""
        manifest = manifest_of(desk, tmp_path)
        verification = verify(desk, manifest)
        assert verification.equal
        assert verification.figures == len(manifest["result"]["figures"]) > 50
        assert verification.told == ("incomplete then and now: 2 rows of month.csv are in quarantine",)
        assert manifest["log"]["events"] == desk.store.behind(0)[0]
        assert manifest["zones"].keys() == {"Europe/Madrid", "Europe/Paris"}
        assert [one["setting"] for one in manifest["settings"]] == ["policy/standard"]

    def test_by_a_manifest_that_names_no_files(self, desk: Desk, tmp_path: Path) -> None:
        """One that was made before files were named is verified without them."""
        verification = verify(desk, manifest_of(desk, tmp_path), folder=tmp_path)
        assert (verification.equal, verification.files, len(verification.told)) == (True, 0, 1)

    @pytest.mark.parametrize(("old", "new"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
    def test_on_another_backend(self, request: pytest.FixtureRequest, tmp_path: Path, old: str, new: str) -> None:
        """A log that was carried to the other backend, without its vault, gives the same: only the backend is told."""
        server = request.getfixturevalue("postgres_url")
        urls = {"sqlite": f"sqlite:///{tmp_path}/desk.db", "postgresql": server}
        with Desk(urls[old], keys=KEYS) as source, Desk(urls[new], keys=KEYS) as target:
            live_in(source, tmp_path)
            manifest = manifest_of(source, tmp_path)
            export_log(source.store, tmp_path / "log.jsonl", vault=False)
            import_log(target, tmp_path / "log.jsonl")
            verification = verify(target, manifest)
        assert found(verification) == []
        assert verification.told == (
            f"backend: {old} then, {new} here",
            "incomplete then: 2 rows of month.csv are in quarantine",
        )

    def test_of_a_log_that_has_grown(self, desk: Desk, tmp_path: Path) -> None:
        """What was recorded since is left out, and counted."""
        manifest = manifest_of(desk, tmp_path)
        at = datetime(2025, 3, 10, tzinfo=UTC)
        desk.handle(Open(ticket="late", at=at, actor=MARIA, channel="mail"))
        desk.handle(Resolve(ticket="late", at=at + timedelta(hours=1), actor=MARIA, code="fixed"))
        skip(desk.store, 3)
        desk.handle(attrs.evolve(published(2, NINE), content=published(2, NINE).content + "\n"))
        verification = verify(desk, manifest)
        assert found(verification) == []
        assert verification.since == 3

    def test_with_another_hash_seed(self, tmp_path: Path) -> None:
        """Another process with another hash seed writes the same figures, and verifies the manifest."""
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            live_in(desk, tmp_path)
        words = ["report", "--month", "2025-03", "--out"]
        assert run(tmp_path, *words, "one", seed="1").returncode == 0
        assert run(tmp_path, *words, "two", seed="2").returncode == 0
        for name in ("figures.json", "figures.csv", "index.html"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        done = run(tmp_path, "verify", "one/manifest.json", seed="3")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "equal: all" in done.stdout


class TestDiffers:
    def test_one_byte(self, desk: Desk, tmp_path: Path) -> None:
        """One byte changed in one payload is found, with the positions among which it lies and the figures it moves."""
        manifest = manifest_of(desk, tmp_path)
        stored = next(row for row in desk.store.stored(200, 500) if row.topic == "ticket.resolved/1")
        at = stored.state.index(b"2025-03-")
        touched = stored.state[: at + 6] + b"2" + stored.state[at + 7 :]
        touch(desk, "UPDATE events SET state = ? WHERE {position} = ?", touched, stored.position)
        verification = verify(desk, manifest)
        (where,) = (one.said for one in verification.differences if one.part == "log")
        first, last = (int(word.replace(",", "")) for word in where.split() if word[0].isdigit())
        assert first <= stored.position <= last
        assert last - first < 200
        moved = [one for one in verification.differences if one.part == "figure"]
        assert any(one.said.startswith("settled@1") and one.old != one.new for one in moved)
        assert {one.part for one in verification.differences} == {"log", "figure"}

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("DELETE FROM events WHERE {position} = 150", "there were 100 events and are 99"),
            ("UPDATE events SET actor = 'agent:x' WHERE {position} = 150", "are not as they were"),
            ("UPDATE events SET recorded_at = recorded_at + 1 WHERE {position} = 150", "are not as they were"),
            ("UPDATE events SET {position} = -5 WHERE {position} = 150", "there were 100 events and are 101"),
        ],
    )
    def test_rows_of_the_log(self, desk: Desk, tmp_path: Path, statement: str, said: str) -> None:
        """A row taken out, put where no desk puts one, or changed in any column is found."""
        manifest = manifest_of(desk, tmp_path)
        touch(desk, statement)
        assert any(part == "log" and said in text for part, text in found(verify(desk, manifest)))

    def test_an_end_that_was_cut_off(self, desk: Desk, tmp_path: Path) -> None:
        """A log whose last event is gone is not the log that it was."""
        manifest = manifest_of(desk, tmp_path)
        touch(desk, "DELETE FROM events WHERE {position} = (SELECT max({position}) FROM events)")
        assert [part for part, _ in found(verify(desk, manifest))][:1] == ["log"]

    def test_another_log(self, desk: Desk, tmp_path: Path) -> None:
        """The manifest of one log is not verified by another."""
        manifest = manifest_of(desk, tmp_path)
        with Desk("sqlite:///:memory:") as other:
            verification = verify(other, manifest)
        assert ("log", "it is another log") in found(verification)
        assert sum(part == "figure" for part, _ in found(verification)) > 50

    def test_code_zones_settings_plugins_and_metrics(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What else figures depend on is named when it is not what it was; a Python is only told."""
        with Desk("sqlite:///:memory:", keys=KEYS) as desk:
            live_in(desk, tmp_path)
            manifest = manifest_of(desk, tmp_path)
            files = {**code.own_files(), "ventanilla/core/decide.py": "0"}
            rules = code.zone_rules("Europe/Lisbon", 2027)
            monkeypatch.setattr(code, "own_files", lambda: files)
            monkeypatch.setattr(code, "zone_rules", lambda *_: rules)
            monkeypatch.setattr("platform.python_version", lambda: "3.99.1")
            desk.host.add("acme", Acme())
            del desk.host.metrics["verdict_agreement"]
            verification = verify(desk, manifest)
        parts = found(verification)
        assert ("code", "other files: ventanilla/core/decide.py") in parts
        assert ("zone", "Europe/Madrid has other rules here, up to 2026") in parts
        assert ("plug-in", "acme") in parts
        assert ("metric", "verdict_agreement is not there") in parts
        assert any(reason.startswith("python: ") and "3.99.1 here" in reason for reason in verification.told)

    def test_a_manifest_that_was_touched(self, desk: Desk, tmp_path: Path) -> None:
        """A manifest in which a figure was written over is not as it was made."""
        manifest_of(desk, tmp_path)
        path = tmp_path / "manifest.json"
        path.write_text(path.read_text().replace('"title": "Tickets"', '"title": "Others"'))
        assert found(verify(desk, read_manifest(path))) == [("manifest", "it is not as it was made")]

    @pytest.mark.parametrize("text", ["", "[]", '{"format": "ventanilla-manifest/9"}', "\udcff"])
    def test_what_is_no_manifest_is_refused(self, tmp_path: Path, text: str) -> None:
        """A file of another kind is refused by name."""
        path = tmp_path / "manifest.json"
        path.write_text(text, errors="surrogateescape")
        with pytest.raises(NotUnderstood, match="is no manifest"):
            read_manifest(path)


class TestFiles:
    def test_say_the_same(self, desk: Desk, tmp_path: Path) -> None:
        """JSON and CSV have every figure that the desk answers one by one, with the period before."""
        _, figures = figures_of(desk)
        write_json(figures, "Tickets", tmp_path / "figures.json")
        write_csv(figures, tmp_path / "figures.csv")
        as_json = json.loads((tmp_path / "figures.json").read_text())["figures"]
        with (tmp_path / "figures.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        assert [one["id"] for one in as_json] == [line["id"] for line in lines]
        this, before = period.named("month", "2025-03", MADRID)
        for one in (this, before):
            asked = desk.ask("tickets", since=one.since, until=one.until, zone=MADRID, as_of=this.until)
            wanted = ("tickets@1", "", str(one.since))
            (line,) = (line for line in lines if (line["metric"], line["by"], line["since"]) == wanted)
            assert (float(line["value"]), int(line["events"])) == (asked.value, len(asked.evidence))
        by_team = desk.ask("on_time", by="team", since=this.since, until=this.until, zone=MADRID, as_of=this.until)
        found = {one["key"]: one["value"] for one in as_json if one["metric"] == "on_time@1" and one["by"] == "team"}
        assert found == {key: answer.value for key, answer in by_team.items()}

    def test_a_metric_that_fails_is_named(self, tmp_path: Path) -> None:
        """A metric whose table cannot be asked is named, and spoils no other."""
        with Desk("sqlite:///:memory:", keys=KEYS) as desk:
            live_in(desk, tmp_path)
            whole = figures_of(desk)[1]
            desk.host.metrics["lost"] = lost(desk.host)
            figures = figures_of(desk)[1]
        assert figures.lines == whole.lines
        assert list(figures.failed) == ["lost@1"]


class TestCommands:
    @pytest.fixture
    def shell(self, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            live_in(desk, tmp_path)
        return lambda *words: run(tmp_path, *words)

    def test_exit_codes(self, shell: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
        """Equal is 0, what differs is 1, what makes no sense is 2 and one line."""
        answer = json.loads(shell("ask", "on_time", "--json").stdout)["value"]
        assert shell("audit", "on_time", "--claimed", f"{answer * 100:.2f}").returncode == 0
        differing = shell("audit", "on_time", "--claimed", "12.5", "--json")
        assert (differing.returncode, json.loads(differing.stdout)["claimed"]["equal"]) == (1, False)
        shown = shell("audit", "on_time", "--by", "team", "--bucket", "no", "--limit", "2")
        assert (shown.returncode, "counted anew from the log alone" in shown.stdout) == (0, True)
        for words, said in (
            (["audit", "on_time", "--claimed", "much"], "--claimed 'much' is no figure in ratio"),
            (["audit", "on_time", "--only", "team"], "--only 'team' names no value"),
            (["audit", "on_time", "--only", "team=a", "--only", "team=b"], "--only team is given twice"),
            (["audit", "nothing"], "no metric is called 'nothing'"),
            (["report", "--month", "2025-03"], "go with --out DIR"),
            (["report", "--month", "2025-03", "--from", "2025-01-01", "--out", "x"], "--out needs one period"),
            (["verify", "none.json"], "none.json: No such file or directory"),
        ):
            done = shell(*words)
            assert (done.returncode, done.stdout, len(done.stderr.strip().splitlines())) == (2, "", 1)
            assert said in done.stderr

    def test_verify(self, shell: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
        """A report under a policy of its own is verified without that file; a row touched since is shown."""
        (tmp_path / "policy.toml").write_text(POLICY)
        words = [
            "report",
            "--quarter",
            "2025-Q1",
            "--out",
            "r",
            "--policy",
            "policy.toml",
            "--metrics",
            "on_time,tickets",
        ]
        done = shell(*words)
        assert done.returncode == 0, done.stderr
        (tmp_path / "policy.toml").unlink()
        assert json.loads((tmp_path / "r/manifest.json").read_text())["metrics"] == {"on_time": 1, "tickets": 1}
        assert shell("verify", "r/manifest.json").returncode == 0
        with Desk(f"sqlite:///{tmp_path}/desk.db") as desk:
            touch(desk, "UPDATE events SET cause = 'command:x' WHERE {position} = 42")
        again = shell("verify", "r/manifest.json")
        assert again.returncode == 1
        assert "positions 1 to 100 are not as they were" in again.stdout
        assert json.loads(shell("verify", "r/manifest.json", "--json").stdout)["equal"] is False

    @pytest.fixture
    def report(self, shell: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
        done = shell("report", "--month", "2025-03", "--out", "r", "--metrics", "tickets")
        assert done.returncode == 0, done.stderr
        return tmp_path / "r"

    def test_files_that_were_published(
        self, shell: Callable[..., subprocess.CompletedProcess[str]], report: Path
    ) -> None:
        """A file beside the manifest that was altered, or taken away, is named, and is no figure that differs."""
        done = shell("verify", "r/manifest.json")
        assert (done.returncode, "and 3 files as they were published" in done.stdout) == (0, True)
        (report / "figures.csv").write_bytes((report / "figures.csv").read_bytes().replace(b"1", b"2", 1))
        (report / "index.html").unlink()
        done = shell("verify", "r/manifest.json")
        assert done.returncode == 1
        assert "file: figures.csv is not as it was published" in done.stdout
        assert "file: index.html is not there" in done.stdout
        assert "not the figures" in done.stdout

    def test_a_manifest_alone(self, shell: Callable[..., subprocess.CompletedProcess[str]], report: Path) -> None:
        """Kept apart from its files it is verified all the same, and says so."""
        (report / "manifest.json").rename(report.parent / "kept.json")
        done = shell("verify", "kept.json")
        assert done.returncode == 0, done.stdout
        assert "none of the files is beside the manifest: figures.json, figures.csv, index.html" in done.stdout

    def test_a_hash_that_was_written_over(
        self, shell: Callable[..., subprocess.CompletedProcess[str]], report: Path
    ) -> None:
        """Who alters a file and its hash has altered the manifest."""
        manifest = report / "manifest.json"
        known = json.loads(manifest.read_text())["files"]["figures.csv"]
        manifest.write_text(manifest.read_text().replace(known, "0" * 64))
        done = shell("verify", "r/manifest.json")
        assert (done.returncode, "manifest: it is not as it was made" in done.stdout) == (1, True)


class Acme:
    """A plug-in that does nothing."""


def lost(host: Host) -> Any:
    import attrs

    return attrs.evolve(host.metrics["tickets"], name="lost", table="nowhere")


def run(folder: Path, *words: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "VENTANILLA_DESK"}
    environment |= {"COLUMNS": "200", "PYTHONHASHSEED": seed}
    return subprocess.run([*PROGRAM, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
