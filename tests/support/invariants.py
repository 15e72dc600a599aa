"""What must hold of a desk after whatever happened to it, compared with what its clients were told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crash_client import acknowledgements, opening

from ventanilla import Desk
from ventanilla.adapters.doctor import examine
from ventanilla.adapters.moving import import_log
from ventanilla.projections import runner

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def check(url: str, history: Path | None = None) -> None:
    """Raise ``AssertionError`` if the desk at *url* breaks a promise.

    - What was acknowledged is stored, where it was said to be.
    - A command's events are all there or none; a key has one outcome, once.
    - The versions of a stream are 1 to n; positions grow; SQLite leaves none out.
    - The view is what a replay of the log gives.
    - Who was erased is erased whole; sealed texts and events go together.
    """
    assert [finding for finding in examine(url) if finding.serious] == []
    with Desk(url, create=False) as desk:
        check_log(desk)
        told = list(acknowledgements(history)) if history else []
        stored = {(stream, position) for position, stream, _ in desk.store.page(0, 10**6)}
        for said in told:
            if "positions" in said:
                assert {(said["stream"], position) for position in said["positions"]} <= stored
            elif "folded" in said:
                assert said["folded"] <= desk.store.head()
            elif "erased" in said:
                assert desk.store.personal.texts_about(said["erased"]) == []
                assert len(desk.store.personal.erasures([said["erased"]])) == 1
            elif "exported" in said:
                assert Path(said["exported"]).exists()
        imported = [said["imported"] for said in told if "imported" in said]
        ((claimed,),) = desk.store.database.select("SELECT count(*) FROM claims WHERE key >= 'row:' AND key < 'row;'")
        assert max(imported, default=0) <= claimed
        first = {said["stream"]: said["positions"] for said in told if "positions" in said}
        for ticket in [said["tried"] for said in told if "tried" in said][-30:]:
            again = desk.handle(opening(ticket), key=ticket)  # whether or not it was acknowledged
            assert [event.position for event in again.events] == first.get(
                ticket, [event.position for event in again.events]
            )
            assert [recorded.version for recorded in desk.log(ticket)] == [1]
        check_log(desk)


def check_log(desk: Desk) -> None:
    """Raise ``AssertionError`` if log and view of *desk* are not as they should be."""
    positions, versions = [], dict[str, int]()
    for place, stream, _ in desk.store.page(0, 10**6):
        positions.append(place)
        versions[stream] = versions.get(stream, 0) + 1
    assert positions == sorted(set(positions))
    if desk.store.database.dialect.name == "sqlite":
        assert positions == list(range(1, len(positions) + 1))
    for stream, count in desk.store.database.select(
        "SELECT originator_id, max(originator_version) FROM events GROUP BY 1"
    ):
        assert versions[stream] == count
    for stream, count in versions.items():
        assert not stream.startswith(("triple-", "p-")) or count == 3, f"{stream} is torn: {count} of 3"
    head = desk.catch_up()
    assert head == desk.store.head()
    assert list(desk.view.rows()) == sorted(runner.replay(desk.store, head, FOREVER), key=lambda row: row.ticket)


def check_exports(folder: Path) -> int:
    """Import every export in *folder*, each of which is whole, and return how many there are."""
    files = sorted(folder.glob("export-*"))
    for file in files:
        with Desk("sqlite:///:memory:") as desk:
            import_log(desk, file)
    return len(files)
