"""The page of the metrics is true, and the published examples that are wrong come out right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from asked_and_told import NINE, Teller

from ventanilla import Desk

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("metrics_page", DOCS / "metrics.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_what_the_metrics_say(docs: ModuleType) -> None:
    """The page is as ``make docs`` would write it now."""
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(), "run make docs"


@pytest.mark.parametrize(
    ("metric", "scale", "scores", "better", "right", "printed"),
    [
        ("nps", (0, 10), [10, 9, 8, 7, 7, 6], "higher", 100 / 6, -100 / 6),
        ("nps", (1, 10), [10, 10, 1], "higher", None, 100 / 3),
        ("csat", (1, 2), [1, 1, 2], "lower", 2 / 3, 4 / 3),
        ("csat", (1, 5), [5] * 60 + [2] * 20, "higher", 0.75, 0.6),
        ("ces_1", (1, 5), [1, 2], "lower", 4.5, 1.5),
    ],
)
def test_wrong_examples_come_out_right(
    docs: ModuleType,
    metric: str,
    scale: tuple[float, float],
    scores: list[float],
    better: str,
    right: float | None,
    printed: float,
) -> None:
    """What the articles print is not what the desk says; the page has the right figure."""
    with Desk("sqlite:///:memory:") as desk:
        told = Teller(desk)
        for number, score in enumerate(scores):
            told.ask(f"f-{number}", NINE, metric.partition("_")[0], score, scale, better=better)
        found = desk.ask(metric).value
    assert found == (right if right is None else pytest.approx(right))
    assert found != pytest.approx(printed)
    shown = {100 / 6: "+16.7", None: "leaves it out", 2 / 3: "66.7 %", 0.75: "75 %", 4.5: "4.5"}[right]
    assert shown in docs.WRONG.read_text(encoding="utf-8")
