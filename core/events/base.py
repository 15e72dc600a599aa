"""What all events have in common.

NOTE: names, topics and fields of events are the storage format of every log ever written. A class is never changed once
released: a new topic (``ticket.opened/2``) joins the old one, which stays readable for ever.

An event is pure: whom it happened to, who did it, why, and when it was recorded stand around it, in
:class:`~ventanilla.core.recorded.Recorded`. Words are facts of closed lists that the desk itself keeps, unless their
type lists them here.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from ventanilla.core.fields import refuse_undeclared_text


@frozen(kw_only=True)
class Happened:
    """What every event says.

    Attributes:
        at: When it happened: aware, UTC. When it was *recorded* is the store's to say.
    """

    TOPIC: ClassVar[str]

    at: datetime

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        refuse_undeclared_text(cls)
