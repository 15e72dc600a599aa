"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from ventanilla.adapters.cli import show


def progress(what: str) -> Progress:
    """Return a bar that tells how many of *what* are done, and how many a second."""

    class Rate(TextColumn):
        def render(self, task: Any) -> Any:
            count = task.fields.get("count", task.completed)
            rate = count / task.elapsed if task.elapsed else 0
            self.text_format = f"{count:,.0f} {what} · {rate:,.0f}/s"
            return super().render(task)

    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), Rate(""), TimeRemainingColumn(),
        console=show.err, transient=True,
    )  # fmt: skip


@contextmanager
def told(doing: str, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar and give what moves it: the number done and the number in all."""
    with progress(what) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
