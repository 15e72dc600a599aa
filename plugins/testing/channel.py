"""The rules of a channel."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, get_args

import attrs

from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Asked, Command
from ventanilla.core.decide import decide
from ventanilla.core.errors import NotUnderstood, Refused
from ventanilla.core.events import Event
from ventanilla.core.evolve import evolve, unborn
from ventanilla.core.fields import Personal
from ventanilla.plugins.channel import Channel, Delivery, nobody
from ventanilla.plugins.testing.contract import Contract, fail
from ventanilla.plugins.testing.damage import damaged, large
from ventanilla.plugins.testing.shape import digest
from ventanilla.plugins.testing.watch import Touched, watched

SKEW = timedelta(minutes=5)
"""How far ahead of the receipt a command may lie: clocks differ."""

_TELLING = 5
"""Characters from which on a text is found elsewhere by no accident."""


class ChannelContract(Contract):
    """What every channel keeps.

    Attributes:
        channel: The channel; its samples are the material.

    Example:
        >>> from ventanilla.plugins.testing import ChannelContract
        >>> from ventanilla.plugins.webform import CHANNEL
        >>> class TestWebform(ChannelContract):
        ...     channel = CHANNEL
        >>> TestWebform().test_survives_damage()
    """

    channel: Channel

    def test_reads_its_samples(self) -> None:
        """There are samples, each gives commands and nothing else, and not all of them nothing."""
        found = [command for sample in self._samples() for command in self._read(sample)]
        if not found:
            fail(f"the channel {self.channel.name} has no sample that gives a command: nothing can be said of it")

    def test_reads_alike_twice(self) -> None:
        """The same delivery gives equal commands each time, texts included."""
        for sample in self._samples():
            first, second = ([_shown(command) for command in self._read(sample)] for _ in range(2))
            if first != second:
                fail(f"{sample!r} read twice gives different commands: an id that was drawn, or a clock?")

    def test_leaves_the_delivery_as_it_was(self) -> None:
        """The headers that were handed in are the same afterwards."""
        for sample in self._samples():
            before = dict(sample.headers)
            self._read(sample)
            if sample.headers != before:
                fail(f"{sample!r} has other headers after it was read")

    def test_survives_damage(self) -> None:
        """Bytes that are cut, bent or nonsense give commands or ``NotUnderstood``, and no other error."""
        for sample in self._samples():
            for body in damaged(sample.body):
                self._read_or_refuse(attrs.evolve(sample, body=body))

    def test_survives_a_large_delivery(self) -> None:
        """A mebibyte is read or not understood."""
        for sample in self._samples():
            for body in large(sample.body):
                self._read_or_refuse(attrs.evolve(sample, body=body))

    def test_touches_no_network(self) -> None:
        """Reading opens no connection: the host owns the sockets."""
        self._refuse_touching("network")

    def test_opens_no_file_and_reads_no_clock(self) -> None:
        """Reading opens no file, runs no program, asks no clock and draws nothing."""
        self._refuse_touching("file", "program", "clock", "chance")

    def test_repeats_safely(self) -> None:
        """The commands of a delivery, asked a second time, make nothing happen."""
        for sample in self._samples():
            state: dict[str, Aggregate] = {}
            _carry_out(self._read(sample), state)
            if again := _carry_out(self._read(sample), state):
                fail(f"{sample!r} read again makes {type(again[0]).__name__} happen again")

    def test_tells_of_no_future(self) -> None:
        """No command happens later than its delivery was received, but for clocks that differ a little."""
        for sample in self._samples():
            for command in self._read(sample):
                if command.at > sample.received_at + SKEW:
                    fail(f"{type(command).__name__} happens at {command.at}, received {sample.received_at}")

    def test_keeps_people_out_of_facts(self) -> None:
        """What is personal in one place of a delivery's commands is a plain fact in no other."""
        for sample in self._samples():
            commands = self._read(sample)
            texts = {text for command in commands for text in _personal(command) if len(text) >= _TELLING}
            for command in commands:
                for field, fact in _facts(command):
                    if any(text in fact for text in texts):
                        fail(f"{type(command).__name__}.{field} repeats what is personal elsewhere")

    def test_keeps_people_out_of_logs(self) -> None:
        """Nothing personal is logged or printed, whatever comes in."""
        for sample in self._samples():
            texts = {text for command in self._read(sample) for text in _personal(command) if len(text) >= _TELLING}
            with _heard() as heard:
                for body in (sample.body, *damaged(sample.body)):
                    self._read_or_refuse(attrs.evolve(sample, body=body))
            said = heard()
            if any(text in said for text in texts):
                fail(f"reading {sample!r} logs or prints what is personal")

    def test_knows_its_own(self) -> None:
        """A channel that verifies accepts its samples and refuses them changed."""
        if self.channel.verify is None:
            return
        for sample in self._samples():
            if self.channel.verify(sample) is not True:
                fail(f"{sample!r} is not accepted: sign the samples with the key of the tests")
            if self.channel.verify(attrs.evolve(sample, body=sample.body + b"x")) is not False:
                fail(f"{sample!r} is accepted though its body was changed")

    def digest(self) -> str:
        """Return a digest of the commands of all samples."""
        return digest([[_shown(command) for command in self._read(sample)] for sample in self._samples()])

    def _samples(self) -> Iterator[Delivery]:
        """Return each sample as from a stranger, and as from somebody whom the desk knows."""
        for sample in self.channel.samples:
            for known in (nobody, lambda kind, address: "known-1"):
                yield attrs.evolve(sample, id=self.channel.id_of(sample), known=known)

    def _read(self, delivery: Delivery) -> list[Command]:
        found: Iterable[object] = self.channel.read(delivery)
        commands: list[Command] = []
        for command in found:
            if not isinstance(command, get_args(Command)):
                fail(f"{delivery!r} gives a {type(command).__name__}, which is no command")
            commands.append(command)
        return commands

    def _read_or_refuse(self, delivery: Delivery) -> None:
        try:
            self._read(delivery)
        except NotUnderstood:
            return
        except (Exception, SystemExit) as error:
            if isinstance(error, AssertionError):
                raise
            begins = f"{delivery.body[:80]!r}{'…' if len(delivery.body) > 80 else ''}"
            fail(f"{begins} raises {type(error).__name__}, not NotUnderstood")

    def _refuse_touching(self, *what: Touched) -> None:
        for sample in self._samples():
            with watched() as seen:
                self._read(sample)
            for touched, how in seen:
                if touched in what:
                    fail(f"reading {sample!r} touches {touched}: {how}")


def _carry_out(commands: Iterable[Command], state: dict[str, Aggregate]) -> list[Event]:
    """Return what *commands* make happen to *state*; what the rules refuse there does not."""
    happened: list[Event] = []
    for command in commands:
        there = state.get(command.stream) or unborn(command.stream)
        with contextlib.suppress(Refused):
            events = decide(command, there)
            state[command.stream] = evolve(there, *events)
            happened += events
    return happened


def _shown(command: Asked) -> list[object]:
    fields = [(field.name, getattr(command, field.name)) for field in attrs.fields(type(command))]
    return [type(command).__name__, *((name, _text(value)) for name, value in fields)]


def _text(value: object) -> object:
    return (value.of, value.text) if isinstance(value, Personal) else value


def _personal(command: Asked) -> Iterator[str]:
    for field in attrs.fields(type(command)):
        if isinstance(value := getattr(command, field.name), Personal):
            yield value.text


def _facts(command: Asked) -> Iterator[tuple[str, str]]:
    for field in attrs.fields(type(command)):
        value: Any = getattr(command, field.name)
        if isinstance(value, str):
            yield field.name, value
        elif isinstance(value, dict):
            yield from ((f"{field.name}[{name!r}]", f"{name} {word}") for name, word in value.items())


@contextlib.contextmanager
def _heard() -> Iterator[Callable[[], str]]:
    """Give a function that returns all that was logged and printed in the block."""
    out = io.StringIO()
    lines = logging.StreamHandler(out)
    root = logging.getLogger()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            yield out.getvalue
    finally:
        root.removeHandler(lines)
        root.setLevel(level)
