"""The pieces that views are made of: text, fields, buttons and notices that look alike.

Text goes through Jinja with escaping on: nothing that a user or a file says becomes markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import ipywidgets as widgets
from jinja2 import Environment, PackageLoader, StrictUndefined

from bng_opt.errors import Finding
from bng_opt.quantities import pounds, units_text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bng_opt.app.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pounds"] = pounds
    environment.filters["units"] = units_text
    return environment


def render(template: str, **values: Any) -> str:
    """Return a template of ``views/templates`` with its values, each escaped.

    The filters ``pounds`` and ``units`` print amounts as everywhere in the package.
    """
    return _environment().get_template(f"{template}.html").render(**values)


def html(template: str = "", **values: Any) -> widgets.HTML:
    """Return a widget that shows a template; empty without one."""
    return _plain(widgets.HTML(render(template, **values) if template else ""))


def heading(text: str, level: int = 2) -> widgets.HTML:
    """Return a heading."""
    return html("heading", text=text, level=level)


def prose(text: str, *, kind: str = "") -> widgets.HTML:
    """Return a paragraph; of kind ``help`` it explains, of kind ``lead`` it leads."""
    return html("prose", text=text, kind=kind)


def column(*children: widgets.Widget, name: str = "") -> widgets.VBox:
    """Return widgets one below the other; the name becomes a CSS class, ``bng-NAME``."""
    return _named(widgets.VBox(list(children)), name)


def row(*children: widgets.Widget, name: str = "") -> widgets.HBox:
    """Return widgets side by side, wrapped where there is no room."""
    box = _named(widgets.HBox(list(children)), name)
    box.add_class("bng-row")
    return box


def show(widget: widgets.Widget, shown: bool) -> None:
    """Show a widget or take it off the page, for keyboards and screen readers too."""
    widget.layout.display = None if shown else "none"


def button(
    label: str, on_click: Callable[..., None], *, kind: str = "secondary", tooltip: str = ""
) -> widgets.Button:
    """Return a button.

    Parameters
    ----------
    kind
        ``primary`` for the one thing to do next, ``secondary``, ``danger``, ``link``, or
        ``chip`` for one of several choices.
    """
    made = widgets.Button(description=label, tooltip=tooltip or None)
    made.add_class("bng-button")
    made.add_class(f"bng-{kind}")
    made.on_click(on_click)
    return made


def labelled(widget: widgets.Widget, label: str, help_text: str = "") -> widgets.VBox:
    """Return a field with its label above it and a sentence of help below.

    The label is the widget's own description, so that browsers tie the two together.
    """
    widget.description = label
    widget.style.description_width = "initial"
    widget.layout.width = "auto"
    below = [prose(help_text, kind="help")] if help_text else []
    return column(widget, *below, name="field")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str,
    numbers: Iterable[int] = (),
    total: Sequence[object] | None = None,
) -> widgets.HTML:
    """Return a small table that only shows; values are printed as they are.

    Parameters
    ----------
    numbers
        Places of the columns that are set right, from 0.
    total
        A last row of sums.
    """
    values = {"columns": columns, "rows": [list(each) for each in rows], "caption": caption}
    return html("table", **values, numbers=set(numbers), total=total)


class Notice(widgets.VBox):  # type: ignore[misc]
    """Where a view says how things went: what is wrong, where, and what to do about it.

    Screen readers read it out when it changes.
    """

    def __init__(self) -> None:
        self._text = _plain(widgets.HTML())
        super().__init__([self._text])
        self.add_class("bng-notice")
        self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self._set("")

    def show_findings(self, findings: Iterable[Finding], *, kind: str = "error") -> None:
        """Show findings as a list, of kind ``error``, ``warning`` or ``info``."""
        self._set(render("findings", findings=list(findings), kind=kind))

    def show_error(self, text: str) -> None:
        """Show that something failed."""
        self._set(render("notice", text=text, kind="error"))

    def show_info(self, text: str) -> None:
        """Show that something was done, or is being done."""
        self._set(render("notice", text=text, kind="info"))

    def _set(self, value: str) -> None:
        self._text.value = value
        show(self, bool(value))


class Disclosure(widgets.VBox):  # type: ignore[misc]
    """A heading's worth of content behind a button that says what it shows."""

    def __init__(self, title: str, *children: widgets.Widget, is_open: bool = False) -> None:
        self._title = title
        self._content = column(*children)
        self._button = button("", self._turn, kind="link")
        super().__init__([self._button, self._content])
        self.add_class("bng-disclosure")
        self.is_open = not is_open
        self._turn()

    def unfold(self) -> None:
        """Show the content."""
        if not self.is_open:
            self._turn()

    def _turn(self, *_: Any) -> None:
        self.is_open = not self.is_open
        self._button.description = f"{'Hide' if self.is_open else 'Show'} {self._title}"
        show(self._content, self.is_open)


def _plain(widget: widgets.HTML) -> widgets.HTML:
    widget.add_class("bng-html")
    return widget


def _named(box: Any, name: str) -> Any:
    if name:
        box.add_class(f"bng-{name}")
    return box
