from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from ventanilla.core.commands import Command, PublishSetting, SealWindow, WithdrawSetting
from ventanilla.core.decide import decide, decide_all
from ventanilla.core.errors import Refused
from ventanilla.core.recorded import Actor
from ventanilla.core.setting import KINDS, Setting

ADMIN = Actor("agent", "ada", ("admin",))
NAME = "policy/standard"


def first_of(month: int) -> datetime:
    return datetime(2026, month, 1, tzinfo=UTC)


def publish(version: int, since: int, setting: str = NAME) -> Command:
    return PublishSetting(
        setting=setting, at=first_of(1), actor=ADMIN, version=version, since=first_of(since), content=f"v{version}"
    )


def withdraw(since: int) -> Command:
    return WithdrawSetting(setting=NAME, at=first_of(1), actor=ADMIN, since=first_of(since))


def after(*commands: Command) -> Setting:
    return decide_all(commands, Setting(id=f"setting/{NAME}"))[1]


def in_force(setting: Setting) -> list[int | None]:
    """Return which version is in force on the first of each month from January to June."""
    found = [setting.in_force(first_of(month)) for month in range(1, 7)]
    return [version.version if version else None for version in found]


class TestInForce:
    def test_begins_with_its_instant(self) -> None:
        """A version is in force from its beginning on, not a day before."""
        assert in_force(after(publish(1, 3))) == [None, None, 1, 1, 1, 1]

    def test_the_one_that_began_last_counts(self) -> None:
        """A later version takes over from its beginning on, and one that begins earlier does not displace it."""
        assert in_force(after(publish(1, 2), publish(2, 4))) == [None, 1, 1, 2, 2, 2]
        assert in_force(after(publish(1, 4), publish(2, 2))) == [None, 2, 2, 1, 1, 1]

    def test_of_two_with_one_beginning_the_later_version_counts(self) -> None:
        """A version published for the same instant replaces the one before."""
        assert in_force(after(publish(1, 2), publish(2, 2))) == [None, 2, 2, 2, 2, 2]

    def test_ends_with_the_withdrawal(self) -> None:
        """From the instant of its withdrawal on a setting is out of force, and what was to come comes no more."""
        assert in_force(after(publish(1, 1), publish(2, 4), withdraw(3))) == [1, 1, None, None, None, None]

    def test_a_withdrawal_can_be_put_off(self) -> None:
        """The withdrawal said last counts."""
        assert in_force(after(publish(1, 1), withdraw(3), withdraw(5))) == [1, 1, 1, 1, None, None]

    def test_a_version_after_a_withdrawal_does_not_rewrite_the_past(self) -> None:
        """What is published anew is in force from its own beginning on; in between, nothing was."""
        anew = after(publish(1, 1), withdraw(3), publish(2, 5))
        assert in_force(anew) == [1, 1, None, None, 2, 2]
        assert anew.withdrawn is None
        assert in_force(after(publish(1, 1), withdraw(3), publish(2, 5), withdraw(6))) == [1, 1, None, None, 2, None]


class TestRules:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_can_be_set(self, kind: str) -> None:
        """Each kind of setting can be published under a name."""
        assert decide(publish(1, 1, f"{kind}/x"), Setting(id=f"setting/{kind}/x"))

    @pytest.mark.parametrize("setting", ["", "/", "policy", "policy/", "weather/x", "Policy/x"])
    def test_no_other_kind_can(self, setting: str) -> None:
        """What is not a known kind and a name is refused."""
        with pytest.raises(Refused) as refused:
            decide(publish(1, 1, setting), Setting(id=f"setting/{setting}"))
        assert refused.value.rule == "publishsetting.unknown"

    @pytest.mark.parametrize("version", [-1, 0, 1, 3])
    def test_versions_follow_each_other(self, version: int) -> None:
        """No version is left out, and none comes twice with another content."""
        with pytest.raises(Refused) as refused:
            decide(publish(version, 2), after(publish(1, 1)))
        assert refused.value.rule == "publishsetting.version"
        assert refused.value.reason == f"{version} is not the next version of setting/policy/standard: give 2"

    def test_withdrawing_needs_a_version(self) -> None:
        """What was never published cannot be withdrawn."""
        with pytest.raises(Refused) as refused:
            decide(withdraw(1), after())
        assert refused.value.rule == "withdrawsetting.unborn"


class TestSeal:
    def sealing(self, digest: str, corrects: str | None = None, *, month: int = 1, version: int = 1) -> SealWindow:
        return SealWindow(
            setting="agreement/x", at=first_of(month + 1), actor=ADMIN, version=version, since=first_of(month),
            until=first_of(month + 1), position=1, digest=digest, result="{}", corrects=corrects,
        )  # fmt: skip

    def refused(self, command: Command, *before: Command, name: str = "agreement/x") -> str:
        with pytest.raises(Refused) as refused:
            decide(command, decide_all(before, Setting(id=f"setting/{name}"))[1])
        return refused.value.rule

    def test_holds_until_corrected(self) -> None:
        """The same result again is idle; another one says which it corrects, and each window stands for itself."""
        born = publish(1, 1, "agreement/x")
        events, setting = decide_all([born, self.sealing("a"), self.sealing("a")], Setting(id="setting/agreement/x"))
        assert len(events) == 2
        assert decide(self.sealing("b", "a"), setting)
        assert decide(self.sealing("b", month=2), setting)
        assert self.refused(self.sealing("b"), born, self.sealing("a")) == "sealwindow.sealed"
        assert (
            self.refused(self.sealing("c", "a"), born, self.sealing("a"), self.sealing("b", "a")) == "sealwindow.sealed"
        )
        assert self.refused(self.sealing("b", "a"), born) == "sealwindow.sealed"

    def test_needs_an_agreement_and_an_end(self) -> None:
        """What was not published, is no agreement, or is not over yet cannot be sealed."""
        born = publish(1, 1, "agreement/x")
        assert self.refused(self.sealing("a")) == "sealwindow.unborn"
        assert self.refused(self.sealing("a", version=2), born) == "sealwindow.unborn"
        assert self.refused(attrs.evolve(self.sealing("a"), at=first_of(1)), born) == "sealwindow.open"
        other = attrs.evolve(self.sealing("a"), setting=NAME)
        assert self.refused(other, publish(1, 1), name=NAME) == "sealwindow.unknown"
