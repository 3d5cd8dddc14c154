"""A place to drop a file: its name and size at once, then its content piece by piece.

The file input is a real one, so that keyboards, screen readers and tests reach it. The content
comes in pieces, each far below what a connection takes in one message: a large file can't end
it, and progress is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_MB = 2**20


class FileDrop(anywidget.AnyWidget):
    """A labelled file input that files can be dropped on.

    Parameters
    ----------
    label
        What file is wanted.
    accept
        The endings that are offered, such as ``".xlsx,.xlsm"``.
    most_mb
        The largest file [MB]; the browser refuses larger ones in words.
    on_file
        Called with the name and the content of each file, once it is here whole.
    """

    _esm = Path(__file__).with_suffix(".js")
    label: Any = traitlets.Unicode().tag(sync=True)
    accept: Any = traitlets.Unicode().tag(sync=True)
    most_bytes: Any = traitlets.Int().tag(sync=True)

    def __init__(
        self, label: str, accept: str, most_mb: float, on_file: Callable[[str, bytes], None]
    ) -> None:
        super().__init__(label=label, accept=accept, most_bytes=int(most_mb * _MB))
        self._on_file = on_file
        self._pieces: list[bytes] = []
        self._upload = ""
        self.on_msg(self._hear)

    def _hear(self, _: Any, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        if "piece" not in content:
            return
        upload = content["upload"]
        if upload != self._upload:
            self._upload, self._pieces = upload, []
        if content["piece"] != len(self._pieces):
            # One on the way was lost, or the page has a new kernel: the browser says so.
            self._forget()
            self.send({"lost": upload})
            return
        self._pieces.append(bytes(buffers[0]))
        if sum(map(len, self._pieces)) > self.most_bytes:
            self._forget()
            self.send({"lost": upload})
        elif content["last"]:
            data = b"".join(self._pieces)
            self._forget()
            try:
                self._on_file(str(content["name"]), data)
            finally:
                self.send({"read": upload})
        else:
            self.send({"next": len(self._pieces), "upload": upload})

    def _forget(self) -> None:
        self._upload, self._pieces = "", []
