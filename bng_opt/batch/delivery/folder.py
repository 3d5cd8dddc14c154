"""Delivery into a folder: a dated folder of its own appears there, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bng_opt.batch.batch_run import INDEX_PAGE
from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.delivery.pages import recipients_page
from bng_opt.batch.report_run import OutputFile
from bng_opt.errors import Finding

_LOST = "Put it back, or make the report again: bng-opt schedule run-now."


def put_into_folder(handover: Handover, source: Path, target: Path) -> Path:
    """Copy what recipients may get into a dated folder, with a page that lists it.

    Parameters
    ----------
    source
        Where it was made.
    target
        The folder in which the dated one appears; it is made if it isn't there.

    Returns
    -------
    Path
        The dated folder: date and time as planned, and the schedule's name.

    Raises
    ------
    DeliveryError
        If a file is no longer as it was made, or the folder can't be written.
    """
    files = [file for run in handover.sound for file in run.files.values()]
    check_whole(files, source)
    final = target / f"{handover.stamp}-{handover.schedule}"
    page = recipients_page(handover, linked=True).encode()
    wanted = [*files, OutputFile.of(INDEX_PAGE, page)]
    if final.exists() and all(file.is_whole(final) for file in wanted):
        # It was put there by one who was stopped before he could say so.
        return final
    part = final.with_name(f".{final.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for file in files:
            shutil.copyfile(source / file.name, part / file.name)
        (part / INDEX_PAGE).write_bytes(page)
        check_whole(wanted, part)
        _on_disk(part)
        part.rename(final)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise _refused(final, error) from error
    return final


def check_whole(files: list[OutputFile], folder: Path) -> None:
    """See that files are as they were made.

    Raises
    ------
    DeliveryError
        For good, if one isn't.
    """
    for file in files:
        if not file.is_whole(folder):
            message = "The file is gone, or no longer what was made."
            finding = Finding(message, _LOST, file=str(folder / file.name))
            raise DeliveryError(finding, for_good=True)


def _on_disk(folder: Path) -> None:
    """Return once a folder's files are on the disk: its new name must not be there before them."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _refused(path: Path, error: OSError) -> DeliveryError:
    if path.exists():
        message = "There is such a folder already, and it holds something else."
        return DeliveryError(Finding(message, "Move it away.", file=str(path)))
    message = f"The folder can't be written: {error.strerror or type(error).__name__}."
    remedy = "See whether its disk is there, has room, and lets this user write."
    return DeliveryError(Finding(message, remedy, file=str(path)))
