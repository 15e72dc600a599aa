"""The dials that a manifest says."""

from __future__ import annotations

from datetime import datetime

from ventanilla.adapters.answers import keeper_of_log
from ventanilla.adapters.audit.figures import Dialled
from ventanilla.adapters.audit.manifest import Manifest
from ventanilla.adapters.desk import Desk
from ventanilla.adapters.policies import Document, read_text
from ventanilla.core.errors import NotUnderstood


def dialled_by(desk: Desk, manifest: Manifest) -> Dialled:
    """Return *desk* under the dials of *manifest*."""
    dials, policy = manifest["dials"], manifest["dials"]["policy"]
    known_at = datetime.fromisoformat(dials["known_at"]) if dials["known_at"] else None
    return Dialled(
        desk=desk,
        as_of=datetime.fromisoformat(dials["as_of"]),
        known_at=known_at,
        policy=policy_of(desk, policy["text"], dials["position"]) if policy else None,
        position=dials["position"],
    )


def policy_of(desk: Desk, text: str, position: int, place: str = "the manifest's policy: ") -> Document:
    """Return the policy that *text* says, which may use the calendars that *desk* had at *position*.

    Raises:
        NotUnderstood: It makes no sense; the message begins with *place*.
    """
    calendars = keeper_of_log(desk.store, desk.host.clocks, until=position).settings.calendars
    try:
        return read_text(text, calendars=calendars, clocks=[clock.name for clock in desk.host.clocks])
    except NotUnderstood as error:
        raise NotUnderstood(f"{place}{error}") from error
