"""The page that a service manager reads: as data, in the terminal, in a browser."""

from ventanilla.adapters.report.page import Page, make_page

__all__ = ["Page", "make_page"]
