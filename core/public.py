"""What may leave the desk: messages that the customer may see, and nothing else.

A :class:`PublicMessage` is made of a public event only; an internal note is of another class, so a type checker stops
whoever tries, and so does Python.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from ventanilla.core.events import MessageReceived, ReplySent
from ventanilla.core.fields import Personal

PublicEvent: TypeAlias = MessageReceived | ReplySent


def _is_public(message: PublicMessage, _: object, value: PublicEvent) -> None:
    if type(value) not in (MessageReceived, ReplySent):
        raise TypeError(f"a {type(value).__name__} is not public")


@frozen
class PublicMessage:
    """A message that a customer may see; the one thing that channels send, quote or export.

    Attributes:
        source: The event that it is: what was received or sent, never a note.

    Raises:
        TypeError: It was to be made of anything else.
    """

    source: PublicEvent = field(validator=_is_public)

    @property
    def id(self) -> str:
        """The message's id."""
        return self.source.message

    @property
    def text(self) -> Personal | None:
        """What it says; ``None`` if nothing was kept."""
        return self.source.text
