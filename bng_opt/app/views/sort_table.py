"""A table that sorts, filters and adds up what it shows.

itables' widget was tried first: its totals can't follow its filter, and its script has 800 kB,
which every page would wait for. This one is a table as browsers know it: buttons in the headers
sort, a field filters, rows are chosen by a button, and a last row adds up.
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
    before
        What stands before its numbers, such as ``"£"``.
    total
        Whether the last row adds it up.
    """

    key: str
    title: str
    decimals: int | None = None
    before: str = ""
    total: bool = False


class SortTable(anywidget.AnyWidget):
    """A table of plain values.

    Parameters
    ----------
    caption
        What it shows.
    columns
        Its columns.
    on_choose
        Called with the ``group`` of a row that was chosen; without it rows can't be.

    Attributes
    ----------
    rows
        Plain values by column key; ``group`` names what a row belongs to.
    chosen
        The group that is marked.
    """

    _esm = Path(__file__).with_suffix(".js")
    caption: Any = traitlets.Unicode().tag(sync=True)
    columns: Any = traitlets.List().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    chosen: Any = traitlets.Unicode().tag(sync=True)
    choosable: Any = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        caption: str,
        columns: Sequence[SortColumn],
        on_choose: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            caption=caption, columns=list(map(asdict, columns)), choosable=on_choose is not None
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
