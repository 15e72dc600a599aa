"""What a doctor finds."""

from __future__ import annotations

from attrs import frozen

SHOWN = 10
"""Findings of one rule that are told one by one."""


@frozen(kw_only=True)
class Finding:
    """Something that is wrong with a desk.

    Attributes:
        rule: Its stable name: ``"version.missing"``.
        says: What is wrong, and where, in words.
        serious: Whether something is wrong now; else it is a warning of what may go wrong.
    """

    rule: str
    says: str
    serious: bool = True


class Findings:
    """Gathers findings; however many there are, it keeps few."""

    def __init__(self) -> None:
        self._found: dict[str, list[Finding]] = {}
        self._more: dict[str, int] = {}

    def add(self, rule: str, says: str) -> None:
        """Note that something is wrong."""
        self._note(Finding(rule=rule, says=says))

    def warn(self, rule: str, says: str) -> None:
        """Note that something may go wrong."""
        self._note(Finding(rule=rule, says=says, serious=False))

    def all(self) -> list[Finding]:
        """Return what was found, rule by rule, and of each rule how many more there are."""
        told: list[Finding] = []
        for rule, found in self._found.items():
            told += found
            if more := self._more.get(rule):
                told.append(Finding(rule=rule, says=f"… and {more:,} more like it", serious=found[0].serious))
        return told

    def _note(self, finding: Finding) -> None:
        found = self._found.setdefault(finding.rule, [])
        if len(found) < SHOWN:
            found.append(finding)
        else:
            self._more[finding.rule] = self._more.get(finding.rule, 0) + 1
