"""A list of banks that is put together by name, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from bng_opt.app.views.kit import button, column, labelled, row

if TYPE_CHECKING:
    from bng_opt.app.state.optimise import BankList as Which
    from bng_opt.app.state.optimise import OptimiseStep
    from bng_opt.app.views.kit import Notice
    from bng_opt.app.views.page import Page


class BankList:
    """A searchable field for one bank after the other, and those that were chosen.

    Parameters
    ----------
    page, step, notice
        Whose wishes they are, and where it is said what is wrong.
    which
        Which of the two lists.
    label, help_text
        What the field is called.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(
        self,
        page: Page,
        step: OptimiseStep,
        notice: Notice,
        which: Which,
        label: str,
        help_text: str,
    ) -> None:
        self._page, self._step, self._which = page, step, which
        self._notice = notice
        self._field = widgets.Combobox(continuous_update=False, placeholder="Begin to type a name")
        self._field.observe(self._picked, "value")
        self._add = button("Add", page.guarded(self._enter, notice))
        self._chosen = column(name="chosen")
        self._names: tuple[str, ...] = ()
        self._options: Sequence[str] = ()
        name = which.replace("_", "-")
        self.box = column(
            row(labelled(self._field, label, help_text), self._add), self._chosen, name=name
        )
        self._selector = f".bng-{name} input"

    def refresh(self) -> None:
        """Show what is chosen, and what there is to choose from."""
        labels = self._step.bank_labels()
        if labels != self._options:
            self._options = self._field.options = labels
        ids = getattr(self._step.wishes, self._which)
        names = tuple(map(self._step.label_of, ids))
        if names != self._names:
            self._names = names
            self._chosen.children = [
                button(f"Remove {name}", self._remover(bank_id), kind="link")
                for bank_id, name in zip(ids, names, strict=True)
            ]

    def _picked(self, change: Any) -> None:
        """Add a bank that was picked from the list; what is typed waits for the button."""
        if change["new"] in self._options:
            self._page.attempt(self._enter, self._notice)

    def _enter(self) -> None:
        if self._field.value.strip():
            self._step.add_bank(self._which, self._field.value)
            self._field.value = ""

    def _remover(self, bank_id: str) -> Callable[..., None]:
        def remove() -> None:
            self._step.remove_bank(self._which, bank_id)
            # Its button is gone: the keyboard goes on at the field.
            self._page.link.focus(self._selector)

        return self._page.guarded(remove, self._notice)
