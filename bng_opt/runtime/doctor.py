"""How the program is, thing by thing: what is found, and how to mend it.

Each look is bounded in time, and none stops another, however it ends.
"""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from threading import Thread
from time import perf_counter

from bng_opt.errors import BngOptError, Finding, InputError
from bng_opt.logs import masked
from bng_opt.optimiser.text_table import WIDTH, plain
from bng_opt.runtime.checkups import CHECKUPS, Checkup, Found, State
from bng_opt.runtime.checkups.kinds import failed, failed_by, fine, warned
from bng_opt.settings import Settings, settings_file
from bng_opt.settings_listing import unknown_variables

SETTINGS = "settings"
_UNKNOWN = Found(State.ABSENT, "Not looked at while the settings are wrong.")
_REPORT = "Please report it with the output of: bng-opt doctor --json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checked:
    """One thing as it was found.

    Attributes
    ----------
    name
        What was looked at.
    needed
        Whether the whole fails with it.
    state, message, remedy
        How it is, what was found, and how to mend it.
    seconds
        How long the look took [s].
    """

    name: str
    needed: bool
    state: State
    message: str
    remedy: str
    seconds: float

    @property
    def is_fatal(self) -> bool:
        """Return whether the whole can't work because of it."""
        return self.needed and self.state is State.FAILED

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {**vars(self), "state": self.state.value, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Health:
    """How everything is.

    Attributes
    ----------
    checks
        Each thing that was looked at.
    """

    checks: tuple[Checked, ...]

    @property
    def state(self) -> State:
        """Return how the whole is: failed, if something needed is; what isn't needed only warns."""
        if any(check.is_fatal for check in self.checks):
            return State.FAILED
        doubtful = (State.FAILED, State.WARNING)
        return State.WARNING if any(check.state in doubtful for check in self.checks) else State.OK

    @property
    def is_fine(self) -> bool:
        """Return whether everything that is needed works."""
        return self.state is not State.FAILED

    def __getitem__(self, name: str) -> Checked:
        """Return how a thing is."""
        return next(check for check in self.checks if check.name == name)

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"state": self.state.value, "checks": [check.as_dict() for check in self.checks]}

    def summary(self) -> str:
        """Return it as a short report, with the remedies."""
        width = max(len(check.name) for check in self.checks) if self.checks else 0
        lines = [line for check in self.checks for line in _told(check, width)]
        faults = [check.name for check in self.checks if check.is_fatal]
        closing = f"To be mended: {', '.join(faults)}." if faults else "All that is needed works."
        return "\n".join([*lines, "", closing])

    def __str__(self) -> str:
        return self.summary()


def check_health(
    settings: Settings | InputError,
    *,
    only: Collection[str] | None = None,
    checkups: Sequence[Checkup] = CHECKUPS,
) -> Health:
    """Look at what the program stands on.

    Parameters
    ----------
    settings
        Those in force, or why they can't be read: what needs none of them is looked at then.
    only
        Names of what to look at, such as ``("store", "cache", "executor")``; all without.
    checkups
        What there is to look at; rooms above have more of them.

    Returns
    -------
    Health
        The settings first, then everything in the order of the checkups.

    Raises
    ------
    ValueError
        If there is no checkup of a name.

    Examples
    --------
    >>> print(check_health(Settings(), only=("scheduler",)))
    scheduler  absent   None is set: jobs run on this machine.
    <BLANKLINE>
    All that is needed works.
    """
    names = [SETTINGS, *(checkup.name for checkup in checkups)]
    wanted = set(names if only is None else only)
    if unknown := sorted(wanted - set(names)):
        raise ValueError(f"no checkups of these names: {', '.join(unknown)}")
    found = [_settings_checked(settings)] if SETTINGS in wanted else []
    chosen = [checkup for checkup in checkups if checkup.name in wanted]
    return Health((*found, *(_checked(checkup, settings) for checkup in chosen)))


def _settings_checked(settings: Settings | InputError) -> Checked:
    if isinstance(settings, InputError):
        return _as_checked(SETTINGS, True, failed_by(settings.findings), 0.0)
    path = settings_file()
    message = f"As {path} and the environment say." if path else "As the environment says; no file."
    odd = unknown_variables()
    found = warned(_messages(odd), _remedies(odd)) if odd else fine(message)
    return _as_checked(SETTINGS, True, found, 0.0)


def _checked(checkup: Checkup, settings: Settings | InputError) -> Checked:
    begin = perf_counter()
    if not isinstance(settings, InputError):
        found = _looked_in_time(checkup, settings)
    elif checkup.uses_settings:
        found = _UNKNOWN
    else:
        # As shipped, whatever file and environment say.
        found = _looked_in_time(checkup, Settings.model_construct())
    return _as_checked(checkup.name, checkup.needed, found, perf_counter() - begin)


def _as_checked(name: str, needed: bool, found: Found, seconds: float) -> Checked:
    return Checked(name, needed, found.state, masked(found.message), masked(found.remedy), seconds)


def _looked_in_time(checkup: Checkup, settings: Settings) -> Found:
    """Look from a thread of its own, which is left behind if it doesn't come back."""
    answers: list[Found] = []
    thread = Thread(
        target=lambda: answers.append(_looked(checkup, settings)),
        name=f"bng-opt checkup of {checkup.name}",
        daemon=True,
    )
    thread.start()
    thread.join(checkup.limit_s)
    if answers:
        return answers[0]
    return failed(f"No answer within {checkup.limit_s:g} s.", checkup.if_stuck)


def _looked(checkup: Checkup, settings: Settings) -> Found:
    try:
        return checkup.look(settings)
    except BngOptError as error:
        return failed_by(error.findings)
    except (Exception, SystemExit) as error:
        _log.info("The checkup of %s failed", checkup.name, exc_info=error)
        return failed(f"Unexpected {type(error).__name__}: {error}.", _REPORT)


def _messages(findings: Iterable[Finding]) -> str:
    return " ".join(finding.message for finding in findings)


def _remedies(findings: Iterable[Finding]) -> str:
    return " ".join(dict.fromkeys(finding.remedy for finding in findings))


def _told(check: Checked, width: int) -> list[str]:
    """Return a check as lines: name, state, what was found, and the remedy below it."""
    head = f"{check.name:<{width}}  {check.state.value:<7}  "
    lines = _hanging(head, check.message, len(head))
    if check.remedy:
        lines += _hanging(" " * len(head) + "-> ", check.remedy, len(head) + 3)
    return lines


def _hanging(head: str, text: str, hang: int) -> list[str]:
    return textwrap.wrap(
        plain(text),
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
        break_long_words=False,
        drop_whitespace=True,
    )
