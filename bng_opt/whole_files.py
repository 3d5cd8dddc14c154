"""Files that are written complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from bng_opt.errors import Finding, InputError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of workbooks."""


def prepare_folder(folder: str | os.PathLike[str]) -> Path:
    """Make a folder for results and see that files can be written there.

    Raises
    ------
    InputError
        If it can't be made or written to.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(path, "The folder for the results can't be made", error) from None
    write_whole(path / ".bng-opt-try", b"", keep=False)
    return path


def write_whole(path: Path, content: bytes, *, keep: bool = True) -> None:
    """Write a file under another name first, so that no reader ever sees half of it.

    Raises
    ------
    InputError
        If it can't be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        if keep:
            part.replace(path)
    except OSError as error:
        raise _refusal(path, "The file can't be written", error) from None
    finally:
        part.unlink(missing_ok=True)


def _refusal(path: Path, message: str, error: OSError) -> InputError:
    remedy = "Give another folder, or close the program that has the file open."
    reason = error.strerror or type(error).__name__
    return InputError(Finding(f"{message}: {reason}.", remedy, file=str(path)))
