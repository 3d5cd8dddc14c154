"""What a checkup is: a small function that looks at one thing and says how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bng_opt.errors import Finding
from bng_opt.settings import Settings

_USUAL_LIMIT_S = 60.0
"""A checkup takes a few seconds; one that takes so long waits for ever [s]."""


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and something about it should be known."""
    FAILED = "failed"
    ABSENT = "absent"
    """It isn't there, and needn't be."""


@dataclass(frozen=True)
class Found:
    """What a checkup found.

    Attributes
    ----------
    state
        How the thing is.
    message
        What was found, in a sentence.
    remedy
        How to mend it; empty where nothing is wrong.
    """

    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Checkup:
    """One thing to look at.

    Attributes
    ----------
    name
        What is looked at.
    look
        Looks, and changes nothing; what it raises counts as failed.
    if_stuck
        What to do where it gives no answer in time.
    needed
        Whether the whole fails with it.
    uses_settings
        Whether it can't be looked at while the settings are wrong.
    limit_s
        How long it may take [s].
    """

    name: str
    look: Callable[[Settings], Found]
    if_stuck: str
    needed: bool = True
    uses_settings: bool = False
    limit_s: float = _USUAL_LIMIT_S


def fine(message: str) -> Found:
    """Return that a thing is as it should be."""
    return Found(State.OK, message)


def warned(message: str, remedy: str) -> Found:
    """Return that a thing works, with something to know."""
    return Found(State.WARNING, message, remedy)


def failed(message: str, remedy: str) -> Found:
    """Return that a thing doesn't work."""
    return Found(State.FAILED, message, remedy)


def absent(message: str, remedy: str = "") -> Found:
    """Return that a thing isn't there, which is no fault."""
    return Found(State.ABSENT, message, remedy)


def failed_by(findings: Iterable[Finding], most: int = 5) -> Found:
    """Return that a thing doesn't work, for the first of the reasons found."""
    found = tuple(findings)
    messages = [f"{one.where}: {one.message}" if one.where else one.message for one in found]
    if found[most:]:
        messages[most:] = [f"And {len(found) - most} more."]
    remedies = dict.fromkeys(one.remedy for one in found[:most])
    return failed(" ".join(messages), " ".join(remedies))
