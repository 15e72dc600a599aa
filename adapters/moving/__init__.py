"""Carries a desk elsewhere: to another database by a file, or whole to a copy of its own."""

from ventanilla.adapters.moving.backup import back_up
from ventanilla.adapters.moving.export import export_log
from ventanilla.adapters.moving.restore import import_log

__all__ = ["back_up", "export_log", "import_log"]
