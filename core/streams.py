"""Streams: each ticket, customer, agent, team, piece of feedback and setting has a history of its own.

A ticket's stream is the ticket's id; the others have a prefix, which no ticket's id may begin with.
"""

from __future__ import annotations

CUSTOMER = "customer/"
AGENT = "agent/"
TEAM = "team/"
FEEDBACK = "feedback/"
SETTING = "setting/"

PREFIXES = (CUSTOMER, AGENT, TEAM, FEEDBACK, SETTING)


def customer(name: str) -> str:
    """Return the stream of the customer *name*."""
    return CUSTOMER + name


def agent(name: str) -> str:
    """Return the stream of the agent *name*."""
    return AGENT + name


def team(name: str) -> str:
    """Return the stream of the team *name*."""
    return TEAM + name


def feedback(name: str) -> str:
    """Return the stream of the piece of feedback *name*."""
    return FEEDBACK + name


def setting(name: str) -> str:
    """Return the stream of the setting *name*, kind and name: ``"calendar/madrid"``."""
    return SETTING + name


def is_ticket(stream: str) -> bool:
    """Return whether *stream* is a ticket's."""
    return not stream.startswith(PREFIXES)
