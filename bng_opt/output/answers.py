"""The files of an answer that is more than one plan: JSON, tables and figures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bng_opt.cells import guard_formula
from bng_opt.output.say import to_json
from bng_opt.whole_files import prepare_folder, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from bng_opt.optimiser.figures import TextFigure

_DPI = 150


def write_answer(
    folder: str | os.PathLike[str],
    documents: Mapping[str, object],
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, TextFigure],
) -> tuple[Path, ...]:
    """Write documents, tables and figures into a folder, each complete or not at all.

    Parameters
    ----------
    folder
        Made if it isn't there; files of the same name are replaced.
    documents, tables, figures
        By file name: plain values for ``.json``, frames for ``.csv``, figures for ``.png``.
        A figure's text alternative is kept in it as its description.

    Returns
    -------
    The paths, in this order.

    Raises
    ------
    InputError
        If the folder can't be made or a file can't be written.
    """
    path = prepare_folder(folder)
    contents = {
        **{name: _json(value) for name, value in documents.items()},
        **{name: _csv(frame) for name, frame in tables.items()},
        **{name: _png(figure) for name, figure in figures.items()},
    }
    for name, content in contents.items():
        write_whole(path / name, content)
    return tuple(path / name for name in contents)


def _json(value: object) -> bytes:
    return (to_json(value) + "\n").encode(errors="backslashreplace")


def _csv(frame: pd.DataFrame) -> bytes:
    guarded = frame.copy()
    for column in guarded.columns:
        if guarded[column].dtype.kind not in "biuf":
            guarded[column] = [guard_formula(text) for text in guarded[column]]
    return guarded.to_csv(index=False, lineterminator="\n").encode()


def _png(figure: TextFigure) -> bytes:
    buffer = BytesIO()
    description = {"Description": figure.text_alternative}
    figure.savefig(buffer, format="png", dpi=_DPI, metadata=description)
    return buffer.getvalue()
