"""The timeline: the tickets' events as coded columns in files, made from the log, to measure millions at once."""

from ventanilla.adapters.timeline.audit import Audit, Part, audit, verify
from ventanilla.adapters.timeline.build import build
from ventanilla.adapters.timeline.manifest import Manifest
from ventanilla.adapters.timeline.source import Source

__all__ = ["Audit", "Manifest", "Part", "Source", "audit", "build", "verify"]
