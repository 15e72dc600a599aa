"""Where the fact tables are kept: any SQL database, disposable, rebuilt from the log, readable by any BI tool."""

from ventanilla.adapters.views.facts import facts, remake
from ventanilla.adapters.views.tables import VERSION
from ventanilla.adapters.views.view import TicketView, open_view

__all__ = ["VERSION", "TicketView", "facts", "open_view", "remake"]
