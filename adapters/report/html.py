"""The page as one self-contained HTML file: no script, no font, no picture from anywhere else."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from ventanilla.adapters.report.page import CUT, Page
from ventanilla.adapters.report.words import LONG, TITLES, agreement_line, duration, moment, say, say_cell, say_interval


def render(page: Page) -> str:
    """Return the page as HTML; whatever comes from the log is escaped."""
    environment = Environment(
        loader=PackageLoader("ventanilla.adapters.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone = ZoneInfo(page.zone)
    words = {
        "say": say,
        "say_interval": say_interval,
        "agreement_line": agreement_line,
        "duration": duration,
        "moment": lambda at: moment(at, zone),
        "say_cell": say_cell,
        "titles": TITLES,
        "long": LONG,
        "cut": CUT,
    }
    return environment.get_template("page.html.jinja").render(page=page, **words)
