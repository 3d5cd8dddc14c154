"""A table that sorts, filters and adds up what it shows.

itables' widget would be the ready-made one, but its sums can't follow its filter, its rows
can't be chosen from the keyboard, and its script and styles take 700 kB, for which every page
would wait. This one is a table as browsers know it: buttons in the headers sort, fields filter,
rows are chosen by a button, and the last rows add up. It shows every row that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets


@dataclass(frozen=True)
class SortColumn:
    """A column.

    Attributes
    ----------
    key, title
        Where its values are in a row, and its heading.
    decimals
        How many decimals its numbers show; None for text.
    most
        How many they show where they have more; as many as ``decimals`` without.
    before
        What stands before its numbers, such as ``"£"``.
    total
        Whether the last rows add it up.
    apart
        The column that keeps what it adds up apart: units of two ledgers are never added.
    choice
        What a list of its values to filter by is called; empty for no such list.
    blank
        What stands for a number that isn't known.
    """

    key: str
    title: str
    decimals: int | None = None
    most: int | None = None
    before: str = ""
    total: bool = False
    apart: str = ""
    choice: str = ""
    blank: str = ""


class SortTable(anywidget.AnyWidget):
    """A table of plain values.

    Parameters
    ----------
    caption
        What it shows.
    columns
        Its columns.
    on_choose
        Called with the ``group`` of a row that was chosen, or with nothing where it was let go;
        without it rows can't be chosen.
    purpose
        What choosing a row does, in the words of its button: ``"Show on the map"``.

    Attributes
    ----------
    rows
        Plain values by column key; ``group`` names what a row belongs to, ``name`` is what its
        button says of it.
    chosen
        The group that is marked.
    """

    _esm = Path(__file__).with_suffix(".js")
    caption: Any = traitlets.Unicode().tag(sync=True)
    columns: Any = traitlets.List().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    chosen: Any = traitlets.Unicode().tag(sync=True)
    purpose: Any = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        caption: str,
        columns: Sequence[SortColumn],
        on_choose: Callable[[str], None] | None = None,
        purpose: str = "Show on the map",
    ) -> None:
        super().__init__(
            caption=caption,
            columns=list(map(asdict, columns)),
            purpose=purpose if on_choose is not None else "",
        )
        self._on_choose = on_choose
        self.on_msg(self._hear)

    def show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Show rows."""
        given = [dict(row) for row in rows]
        if given != self.rows:
            self.rows = given

    def _hear(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if "choose" in content and self._on_choose is not None:
            self._on_choose(str(content["choose"]))
