"""The way between a page and its browser: address, draft, downloads, focus, announcements.

A small widget without a body of its own. It works in Voila, with preheated kernels too, and in
JupyterLab, and needs nothing but the kernel's own connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import anywidget

LONGEST_DRAFT = 2_000_000
"""Characters of a draft that are kept and taken back; a session has far fewer."""


@dataclass(frozen=True)
class Arrival:
    """What a browser brings when it opens the page.

    Attributes
    ----------
    query
        The parameters of its address.
    draft
        The text that it kept of an earlier visit, empty for none.
    ticket
        What says who signed in, empty where nobody has to.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    draft: str = ""
    ticket: str = ""


class PageLink(anywidget.AnyWidget):
    """The way to the browser.

    Parameters
    ----------
    on_arrival
        Called once when the browser has opened the page.
    """

    _esm = Path(__file__).with_suffix(".js")

    def __init__(self, on_arrival: Callable[[Arrival], None]) -> None:
        super().__init__()
        self._on_arrival = on_arrival
        self._has_arrived = False
        self._draft = ""
        self.on_msg(self._hear)

    def set_query(self, **parameters: str) -> None:
        """Show parameters in the address; an empty one is left out."""
        given = {name: value for name, value in parameters.items() if value}
        self.send({"do": "query", "parameters": given})

    def keep_draft(self, text: str) -> None:
        """Have the browser keep a text for a reload of this tab; an empty one forgets it."""
        if text != self._draft and len(text) <= LONGEST_DRAFT:
            self._draft = text
            self.send({"do": "draft", "text": text})

    def download(self, name: str, data: bytes, mime: str = "application/octet-stream") -> None:
        """Hand a file to the browser to be saved."""
        self.send({"do": "download", "name": name, "mime": mime}, [data])

    def focus(self, selector: str) -> None:
        """Move the keyboard to the first element that a CSS selector finds."""
        self.send({"do": "focus", "selector": selector})

    def announce(self, text: str) -> None:
        """Have screen readers say a text."""
        self.send({"do": "announce", "text": text})

    def set_title(self, text: str) -> None:
        """Name the tab."""
        self.send({"do": "title", "text": text})

    def leave(self, path: str) -> None:
        """Go to a page of the same server, such as ``logout``."""
        self.send({"do": "leave", "path": path})

    def _hear(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if "ping" in content:
            self.send({"do": "pong"})
        elif "arrival" in content and not self._has_arrived:
            self._has_arrived = True
            brought = content["arrival"]
            query = dict(parse_qsl(str(brought.get("query", "")).lstrip("?")))
            draft = str(brought.get("draft", ""))[:LONGEST_DRAFT]
            self._on_arrival(Arrival(query, draft, str(brought.get("ticket", ""))))
