"""Histories of other systems, row by row into the log, by a mapping file that a user can write."""

from ventanilla.adapters.history.importer import Tally, import_history, retry
from ventanilla.adapters.history.mapping import Mapping, read_mapping

__all__ = ["Mapping", "Tally", "import_history", "read_mapping", "retry"]
