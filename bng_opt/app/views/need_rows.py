"""The lines in which a need is typed: a ledger, a habitat and units each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.metric import NeedRow, habitat_names
from bng_opt.app.views.kit import button, column, labelled, row
from bng_opt.app.views.page import Page
from bng_opt.reference import Ledger

LEDGERS = {"Area habitats": "area", "Hedgerows": "hedgerow", "Watercourses": "watercourse"}
"""The ledgers by their titles."""


class NeedRows:
    """The lines, as many as one likes.

    Parameters
    ----------
    on_change
        Called after every change that the user makes.

    Attributes
    ----------
    box
        The lines as a widget.
    """

    def __init__(self, page: Page, on_change: Callable[[], None]) -> None:
        self._page, self._on_change = page, on_change
        self._lines: list[_Line] = []
        self._is_showing = False
        self.box = column(name="need-rows")

    def read(self) -> tuple[NeedRow, ...]:
        """Return what stands in the lines."""
        return tuple(line.read() for line in self._lines)

    def add(self, *_: Any) -> None:
        """Add a blank line and go there."""
        self.show((*self.read(), NeedRow()))
        self._changed()
        self._page.link.focus(f".bng-need-row-{len(self._lines)} select")

    def show(self, rows: tuple[NeedRow, ...]) -> bool:
        """Show lines, untouched where they are right already; return whether any wasn't."""
        if rows == self.read():
            return False
        self._is_showing = True
        try:
            while len(self._lines) < len(rows):
                number = len(self._lines) + 1
                self._lines.append(_Line(number, self._changed, self._removing(number)))
            del self._lines[len(rows) :]
            for line, content in zip(self._lines, rows, strict=True):
                line.show(content)
            self.box.children = [line.box for line in self._lines]
        finally:
            self._is_showing = False
        return True

    def _removing(self, number: int) -> Callable[..., None]:
        def remove(*_: Any) -> None:
            left = [row for n, row in enumerate(self.read(), start=1) if n != number]
            self.show(tuple(left) or (NeedRow(),))
            self._changed()
            place = min(number, len(self._lines))
            self._page.link.focus(f".bng-need-row-{place} select")

        return remove

    def _changed(self, *_: Any) -> None:
        if not self._is_showing:
            self._on_change()


class _Line:
    """One line."""

    def __init__(
        self, number: int, on_change: Callable[..., None], on_remove: Callable[..., None]
    ) -> None:
        self._ledger = widgets.Dropdown(options=LEDGERS)
        self._habitat = widgets.Combobox(
            options=habitat_names(Ledger.AREA),
            continuous_update=False,
            placeholder="Type to search",
        )
        self._units = widgets.Text(continuous_update=False)
        for field in (self._ledger, self._habitat, self._units):
            field.observe(on_change, "value")
        self._ledger.observe(self._offer, "value")
        self.box = row(
            labelled(self._ledger, f"Ledger of line {number}"),
            labelled(self._habitat, f"Habitat of line {number}"),
            labelled(self._units, f"Units missing in line {number}"),
            button(f"Remove line {number}", on_remove),
            name="need-row",
        )
        self.box.add_class(f"bng-need-row-{number}")

    def read(self) -> NeedRow:
        """Return what stands in the line."""
        return NeedRow(self._ledger.value, self._habitat.value, self._units.value)

    def show(self, content: NeedRow) -> None:
        """Show a line."""
        self._ledger.value = content.ledger
        self._habitat.value, self._units.value = content.habitat, content.units

    def _offer(self, _: Any) -> None:
        self._habitat.options = habitat_names(self._ledger.value)
