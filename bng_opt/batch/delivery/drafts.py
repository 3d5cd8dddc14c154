"""What each kind of message says, and what goes with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bng_opt.batch.delivery import pages
from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.delivery.message import Attachment, Draft, reports_to_attach
from bng_opt.batch.report_run import Format
from bng_opt.quantities import counted

_TOO_LARGE = "The failed reports were too large to be attached."


def made_draft(handover: Handover, mark: str = "") -> Draft:
    """Return what recipients get.

    Parameters
    ----------
    mark
        What the subject begins with.
    """
    return Draft(
        f"{mark}{handover.headline}",
        partial(pages.recipients_text, handover),
        partial(pages.recipients_page, handover),
        reports_to_attach(handover.sound),
    )


def failure_draft(handover: Handover, folder: Path, told: str) -> Draft:
    """Return what the owner gets of a run that failed, wholly or in part.

    Parameters
    ----------
    folder
        Where its files are.
    told
        What recipients got, in a sentence.
    """
    word = "With something left out" if handover.is_whole else "FAILED"
    failed = Attachment.of(handover.unsound, (Format.HTML,))
    return Draft(
        f"{word}: {handover.headline}",
        partial(pages.failure_text, handover, folder, told),
        partial(pages.failure_page, handover, folder, told),
        ((failed, ""), ((), _TOO_LARGE)) if failed else (((), ""),),
    )


def undelivered_draft(handover: Handover, folder: Path, target: str, error: str) -> Draft:
    """Return what the owner gets of a delivery that didn't come about.

    Parameters
    ----------
    target
        The folder or address that got nothing.
    error
        Why.
    """
    return Draft(
        f"NOT DELIVERED: {handover.headline}",
        lambda note: pages.undelivered_text(handover, folder, target, error),
        lambda note: pages.undelivered_page(handover, folder, target, error),
    )


def told_to_recipients(handover: Handover, targets: int, *, to_owner: bool) -> str:
    """Return in a sentence what others than the owner got.

    Parameters
    ----------
    targets
        How many folders and addresses get what was made.
    to_owner
        Whether it was for the owner alone.
    """
    if to_owner:
        return "This run is for you alone: nobody else gets anything."
    if not targets:
        return "Nothing is sent to recipients, nor put into the schedule's folder."
    return f"Recipients get {counted(len(handover.sound), 'report')} that could be made."
