"""A plan's files: for programs, for spreadsheets and for reading.

Names in a plan come from other people's workbooks and markets, so no cell may turn into a
formula when a spreadsheet program opens what is written here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from bng_opt.cells import guard_formula
from bng_opt.optimiser.plan import Plan
from bng_opt.output.say import to_json
from bng_opt.output.workbook import workbook_bytes
from bng_opt.whole_files import prepare_folder, write_whole

_TEXT_COLUMNS = ("stock_id", "bank_id", "bank", "ledger", "habitat", "serves")


def write_plan(plan: Plan, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write a plan's files into a folder, each complete or not at all.

    Parameters
    ----------
    plan
        The plan.
    folder
        Made if it isn't there; files of an earlier plan are replaced.

    Returns
    -------
    The paths of ``report.txt``, ``plan.json``, ``purchases.csv`` and ``plan.xlsx``.

    Raises
    ------
    InputError
        If the folder can't be made or a file can't be written.
    """
    path = prepare_folder(folder)
    # All is made before anything is written: no half-new set of files.
    contents = plan_files(plan)
    for name, content in contents.items():
        write_whole(path / name, content)
    return tuple(path / name for name in contents)


def plan_files(plan: Plan) -> dict[str, bytes]:
    """Return a plan's files by name, as :func:`write_plan` writes them."""
    return {name: make(plan) for name, make in _MAKERS.items()}


def _report(plan: Plan) -> bytes:
    return (plan.summary() + "\n").encode()


def _json(plan: Plan) -> bytes:
    # Half a character, which UTF-8 can't hold, becomes the escape that JSON has for it.
    return (to_json(plan.as_dict()) + "\n").encode(errors="backslashreplace")


def _purchases(plan: Plan) -> bytes:
    frame = plan.to_frame()
    for column in _TEXT_COLUMNS:
        frame[column] = [guard_formula(text) for text in frame[column]]
    return frame.to_csv(index=False, lineterminator="\n").encode()


_MAKERS: Mapping[str, Callable[[Plan], bytes]] = {
    "report.txt": _report,
    "plan.json": _json,
    "purchases.csv": _purchases,
    "plan.xlsx": workbook_bytes,
}

WRITTEN = tuple(_MAKERS)
"""The names of the files that :func:`write_plan` writes."""
