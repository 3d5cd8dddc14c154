"""The lines of a quote that are entered by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.metric import habitat_names
from bng_opt.app.state.quote_form import ChargeRow, OutsideRow
from bng_opt.app.views.kit import column, labelled, row
from bng_opt.places import Category
from bng_opt.reference import Ledger

_CHARGE = ("Charge", "Amount before VAT [£]")
_CATEGORIES = {
    "Within (×1)": Category.WITHIN.value,
    "Neighbouring (×0.75)": Category.NEIGHBOURING.value,
    "Outside (×0.5)": Category.OUTSIDE.value,
}


class ChargeRows:
    """Charges by hand: what for, and how much."""

    def __init__(self, on_change: Callable[..., None]) -> None:
        self._on_change = on_change
        self._fields: list[tuple[widgets.Text, widgets.Text]] = []
        self.box = column()

    def read(self) -> tuple[ChargeRow, ...]:
        """Return what stands in the lines."""
        return tuple(ChargeRow(first.value, second.value) for first, second in self._fields)

    def show(self, rows: tuple[ChargeRow, ...]) -> None:
        """Show lines; those that are right already stay untouched."""
        if rows == self.read():
            return
        while len(self._fields) < len(rows):
            self._fields.append(self._make(len(self._fields) + 1))
        del self._fields[len(rows) :]
        for (first, second), content in zip(self._fields, rows, strict=True):
            first.value, second.value = content.description, content.amount
        self.box.children = [row(*map(_parent, fields), name="fields") for fields in self._fields]

    def add(self) -> None:
        """Add a blank line."""
        self.show((*self.read(), ChargeRow()))
        self._on_change()

    def _make(self, number: int) -> tuple[widgets.Text, widgets.Text]:
        made = []
        for label in _CHARGE:
            field = widgets.Text(continuous_update=False)
            field.box = labelled(field, f"{label}, line {number}")
            field.observe(self._on_change, "value")
            made.append(field)
        return made[0], made[1]


class OutsideRows:
    """Lines of units from outside the market."""

    def __init__(self, on_change: Callable[..., None]) -> None:
        self._on_change = on_change
        self._lines: list[dict[str, Any]] = []
        self.box = column()

    def read(self) -> tuple[OutsideRow, ...]:
        """Return what stands in the lines."""
        return tuple(
            OutsideRow(**{name: field.value for name, field in line.items()})
            for line in self._lines
        )

    def show(self, rows: tuple[OutsideRow, ...]) -> None:
        """Show lines; those that are right already stay untouched."""
        if rows == self.read():
            return
        while len(self._lines) < len(rows):
            self._lines.append(self._make(len(self._lines) + 1))
        del self._lines[len(rows) :]
        for line, content in zip(self._lines, rows, strict=True):
            for name, value in asdict(content).items():
                line[name].value = value
        self.box.children = [
            row(*map(_parent, line.values()), name="outside") for line in self._lines
        ]

    def add(self) -> None:
        """Add a blank line."""
        self.show((*self.read(), OutsideRow()))
        self._on_change()

    def _make(self, number: int) -> dict[str, Any]:
        names = [name for ledger in Ledger for name in habitat_names(ledger.value)[1:]]
        fields: dict[str, Any] = {
            "description": widgets.Text(continuous_update=False),
            "habitat": widgets.Combobox(options=names, continuous_update=False),
            "units": widgets.Text(continuous_update=False),
            "price": widgets.Text(continuous_update=False),
            "category": widgets.Dropdown(options=_CATEGORIES),
            "supplier": widgets.Text(continuous_update=False),
        }
        labels = (
            "What it is",
            "Habitat",
            "Units",
            "Price per unit [£]",
            "Spatial risk",
            "Supplier",
        )
        for field, label in zip(fields.values(), labels, strict=True):
            field.box = labelled(field, f"{label}, line {number}")
            field.observe(self._on_change, "value")
        return fields


def _parent(field: Any) -> widgets.Widget:
    return field.box
