"""Sessions of the dashboard that are ready for something, and a page's link without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.session import Session
from bng_opt.metric.requirement import Requirement
from bng_opt.places import Site


class RecordingLink:
    """Stands where the browser would be, and notes what it is told: (method, arguments)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        def tell(*given: Any, **named: Any) -> None:
            self.told.append((name, given, named))

        return tell

    def all_told(self, name: str) -> list[Any]:
        """Return the first argument of every call of a method."""
        return [given[0] for method, given, _ in self.told if method == name]


def make_ready(session: Session, need: Requirement) -> Session:
    """Enter the demonstration's need, site and market."""
    session.metric.take(need)
    session.site.take(Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"))
    session.market.take_newest()
    return session


def widgets_in(box: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield a widget and all within it."""
    yield box
    for child in getattr(box, "children", ()):
        yield from widgets_in(child)


def text_of(box: widgets.Widget) -> str:
    """Return the markup that a widget and all within it show."""
    return "\n".join(each.value for each in widgets_in(box) if isinstance(each, widgets.HTML))


def find_button(box: widgets.Widget, label: str) -> widgets.Button:
    """Return the button of a label."""
    found = [
        each
        for each in widgets_in(box)
        if isinstance(each, widgets.Button) and each.description == label
    ]
    assert len(found) == 1, f"{len(found)} buttons {label!r}"
    return found[0]


def is_shown(box: widgets.Widget, wanted: widgets.Widget) -> bool:
    """Return whether a widget within another is on the page."""
    if box.layout.display == "none":
        return False
    return box is wanted or any(is_shown(child, wanted) for child in getattr(box, "children", ()))
