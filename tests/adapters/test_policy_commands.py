"""The commands about policies, clocks and cases, as a shell runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from ventanilla.adapters.policies import of_log, read_file
from ventanilla.core.errors import NotUnderstood
from ventanilla.core.events import SettingPublished
from ventanilla.core.recorded import Recorded

EXAMPLE = str(Path(__file__).parents[2] / "examples/policies/standard.toml")
POLICY = """
format = "ventanilla-policy/1"
name = "standard"

[[rules]]
name = "everybody"
calendar = "always"
targets = {{ first_response = "{target}" }}
"""
CASE = {
    "id": "a",
    "kind": "elapsed",
    "calendar": "always",
    "start": "2024-01-01T00:00:00Z",
    "end": "2024-01-01T01:00:00Z",
    "expect": {"seconds": 3600},
}
CASES = {"format": "sla-cases/1", "calendars": {"always": {"always": True}}}


def at(minutes: float) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from ventanilla.adapters.cli import main; main()", *words]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


class TestCases:
    def test_run(self, tmp_path: Path) -> None:
        """All agree: 0; one differs: 1, with one object per case and line; a bad file: 2, in one line."""
        (tmp_path / "good.json").write_text(json.dumps({**CASES, "cases": [CASE]}))
        other = {**CASE, "id": "b", "expect": {"seconds": 1}}
        (tmp_path / "mixed.json").write_text(json.dumps({**CASES, "cases": [CASE, other]}))
        (tmp_path / "bad.json").write_text("{")
        good = run(tmp_path, "cases", "run", "good.json")
        assert (good.returncode, good.stdout) == (0, "1 of 1 cases agree\n")
        mixed = run(tmp_path, "cases", "run", "mixed.json", "--json")
        lines = [json.loads(line) for line in mixed.stdout.splitlines()]
        assert mixed.returncode == 1
        assert [sorted(line) for line in lines] == [["agrees", "expected", "got", "id", "kind", "why"]] * 2
        assert [(line["id"], line["agrees"], line["got"]) for line in lines] == [
            ("a", True, {"seconds": 3600}),
            ("b", False, {"seconds": 3600}),
        ]
        strange = {"id": "c", "kind": "guess"}
        (tmp_path / "strange.json").write_text(json.dumps({**CASES, "cases": [strange, CASE]}), encoding="utf-8-sig")
        found = run(tmp_path, "cases", "run", "strange.json", "--json")
        assert found.returncode == 1, found.stderr
        assert [json.loads(line)["agrees"] for line in found.stdout.splitlines()] == [False, True]
        bad = run(tmp_path, "cases", "run", "bad.json")
        assert (bad.returncode, len(bad.stderr.splitlines())) == (2, 1)


class TestPolicies:
    def test_check(self, tmp_path: Path) -> None:
        """The example explains itself; what makes no sense is one line and exit code 2."""
        good = run(tmp_path, "policy", "check", EXAMPLE)
        assert good.returncode == 0, good.stderr
        assert "first_response: 30 min if urgent, 1 h if high, 4 h otherwise" in good.stdout
        (tmp_path / "bad.toml").write_text("format = 'x'")
        bad = run(tmp_path, "policy", "check", "bad.toml")
        assert (bad.returncode, len(bad.stderr.splitlines())) == (2, 1)

    def test_what_if_writes_nothing(self, tmp_path: Path) -> None:
        """The same history under another policy: what differs is counted and told, and the log stays as it is."""
        for words in (
            ("init",),
            ("simulate", "--tickets", "60", "--seed", "1", "--out", "m.csv"),
            ("import", "m.csv", "--map", "m.toml"),
        ):
            assert run(tmp_path, *words).returncode == 0
        before = (tmp_path / "desk.db").read_bytes()
        done = run(tmp_path, "what-if", "--policy", EXAMPLE, "--by", "priority", "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        resolution = next(clock for clock in found["clocks"] if clock["clock"] == "resolution")
        assert resolution["before"] == 0 < resolution["after"] == resolution["more"]
        assert {one["value"] for one in found["by"]} <= {"urgent", "high", "normal", "low"}
        assert sum(one["instances"] for one in found["by"]) == sum(one["instances"] for one in found["clocks"])
        assert (tmp_path / "desk.db").read_bytes() == before
        same = ("--policy", EXAMPLE, "--against", EXAMPLE)
        assert json.loads(run(tmp_path, "what-if", *same, "--json").stdout)["differences"] == []
        clocks = run(tmp_path, "clocks", "simulated:S-000001", "--json")
        assert [clock["clock"] for clock in json.loads(clocks.stdout)["clocks"]] == ["due_date"]
        assert "Nothing has come due" in run(tmp_path, "due").stdout

    def test_publish(self, tmp_path: Path) -> None:
        """A version is published; one that judges the past anew is recorded with its report, and listed."""
        for words in (
            ("init",),
            ("simulate", "--tickets", "30", "--seed", "1", "--out", "m.csv"),
            ("import", "m.csv", "--map", "m.toml"),
        ):
            assert run(tmp_path, *words).returncode == 0
        (tmp_path / "p.toml").write_text(POLICY.format(target="1h"))
        assert "never judged anew" in run(tmp_path, "policy", "restatements").stdout
        plain = run(tmp_path, "policy", "publish", "p.toml")
        assert (plain.returncode, plain.stderr) == (0, "")
        assert "setting/policy/standard, version 1" in plain.stdout
        again = run(tmp_path, "policy", "publish", "p.toml")
        assert (again.returncode, "nothing was recorded:\n#" in again.stdout, "version 1" in again.stdout) == (
            0,
            True,
            True,
        )
        told = ("--restates", "we were wrong", "--since", "2020-01-01", "--report", "r.json", "--by", "ada", "--json")
        done = run(tmp_path, "policy", "publish", "p.toml", *told)
        assert done.returncode == 0, done.stderr
        listed = json.loads(run(tmp_path, "policy", "restatements", "--json").stdout)
        assert listed == [json.loads(done.stdout)]
        event = listed[0]["event"]
        assert (event["version"], event["because"], listed[0]["actor"]) == (2, "we were wrong", "agent:ada")
        assert event["tickets"] == 30
        assert event["digest"] == sha256((tmp_path / "r.json").read_bytes()).hexdigest()
        assert event["instances_changed"] == len(json.loads((tmp_path / "r.json").read_text())["differences"])
        assert "30 tickets up to position" in run(tmp_path, "policy", "restatements").stdout
        (tmp_path / "bad.toml").write_text(POLICY.format(target="soon"))
        bad = run(tmp_path, "policy", "publish", "bad.toml")
        assert (bad.returncode, len(bad.stderr.splitlines())) == (2, 1)


def published(content: str, version: int = 1, stream: str = "setting/policy/standard") -> Recorded:
    return Recorded(
        position=version,
        stream=stream,
        version=version,
        recorded_at=at(0),
        actor="agent:ada",
        allowed_by="1/admin",
        cause="command:publishsetting",
        event=SettingPublished(at=at(version), version=version, since=at(version), content=content),
    )


class TestSettings:
    def test_what_cannot_be_read_is_passed_over_and_said(self) -> None:
        """The version before it stays in force, and a mended one can follow."""
        good, bad = POLICY.format(target="1h"), "format = 'x'"
        settings, problems = of_log([[published(good), published(bad, 2), published(good, 3)]])
        assert [version.version for version in settings.policies] == [1, 3]
        assert [problem.partition(" is passed over")[0] for problem in problems] == [
            "setting/policy/standard, version 2,"
        ]

    def test_calendars_are_settings_of_their_own(self) -> None:
        """A policy may use a calendar that was published before, or name one that it brings along."""
        hours = published("tz = 'UTC'\nalways = true", stream="setting/calendar/office")
        policy = POLICY.format(target="1h").replace('calendar = "always"', 'calendar = "office"')
        settings, problems = of_log([[hours], [published(policy)]])
        assert (problems, list(settings.calendars)) == ([], ["office"])

    def test_a_file_names_itself_in_what_is_wrong(self, tmp_path: Path) -> None:
        """Whoever reads the line knows which file to mend."""
        file = tmp_path / "p.toml"
        file.write_text(POLICY.format(target="soon"))
        with pytest.raises(NotUnderstood, match=r"p\.toml: rule 'everybody'"):
            read_file(file)
