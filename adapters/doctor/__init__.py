"""Examines a desk's database and says in words what is wrong with it."""

from ventanilla.adapters.doctor.examine import examine
from ventanilla.adapters.doctor.finding import Finding

__all__ = ["Finding", "examine"]
