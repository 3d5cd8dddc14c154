"""A searchable list from which several names are taken, each shown with a way to remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as widgets

from bng_opt.app.views.enter_key import entering
from bng_opt.app.views.kit import Notice, button, column, labelled, row
from bng_opt.app.views.page import Page
from bng_opt.errors import Finding, InputError


class NameAdder:
    """A field with a list to search, and the names that were taken.

    What is taken is the model's: the adder asks for a change and shows what came of it.

    Parameters
    ----------
    label
        What is named, such as ``"Local planning authority"``.
    offered
        What the list offers; other words may be typed, and are the model's to refuse.
    on_change
        Called with all names as they should be.
    notice
        Where a refusal is shown.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(
        self,
        page: Page,
        label: str,
        offered: tuple[str, ...],
        on_change: Callable[[tuple[str, ...]], None],
        notice: Notice,
    ) -> None:
        self._page, self._label, self._notice = page, label, notice
        self._on_change = on_change
        self._names: tuple[str, ...] = ()
        self._field = widgets.Combobox(
            options=offered, continuous_update=False, placeholder="Type to search"
        )
        self._list = row()
        add = button(f"Add the {label}", page.guarded(self._add, notice))
        self.box = column(
            entering(row(labelled(self._field, label), add)), self._list, name="adder"
        )

    def show(self, names: Iterable[str]) -> None:
        """Show names that were taken."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._list.children = [
                button(f"Remove {name}", self._removing(name), kind="chip") for name in self._names
            ]

    def add(self, name: str) -> None:
        """Take a name, as if it had been typed."""
        self._on_change((*self._names, name))

    def _add(self) -> None:
        typed = self._field.value.strip()
        if not typed:
            raise InputError(Finding(f"No {self._label} was typed.", "Choose it from the list."))
        self.add(typed)
        self._field.value = ""

    def _removing(self, name: str) -> Callable[..., None]:
        def remove() -> None:
            self._on_change(tuple(each for each in self._names if each != name))

        return self._page.guarded(remove, self._notice)
