"""What a report is made of, as one hash: the same again needs no new run."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bng_opt.batch.library import Report
from bng_opt.batch.parameter_values import is_there
from bng_opt.batch.parameters import STORE, WRITTEN
from bng_opt.market.sources import store_of
from bng_opt.runtime.run import versions
from bng_opt.settings import Settings

_KEEP = "keep"
"""A report that keeps each day's market is another one every day."""
_MANIFEST = "manifest"
"""The files that its cells name count as well."""


@dataclass
class InputHashes:
    """The hashes of many runs: files and stores that several name are read once.

    Parameters
    ----------
    settings
        Where the store is, and what makes PDFs.
    today
        The day of the run.
    """

    settings: Settings
    today: date
    _known: dict[str, str] = field(default_factory=dict)

    def of_run(self, report: Report, parameters: Mapping[str, Any], formats: Iterable[str]) -> str:
        """Return the SHA-256 of the notebook, its parameters, what they name, and versions.

        A market in a store counts by its snapshot of now, so that a sale makes a new report.

        Parameters
        ----------
        report, parameters
            What is run.
        formats
            What it is handed over as.
        """
        paths = {each.name for each in report.parameters if each.is_path} - WRITTEN
        whole = {
            "report": report.text,
            "parameters": dict(parameters),
            "content": {
                name: self._content(name, str(value))
                for name, value in parameters.items()
                if name in paths and value
            },
            "formats": sorted(formats),
            "pdf_engine": self.settings.pdf_engine,
            "versions": versions(),
            "day": self.today.isoformat() if parameters.get(_KEEP) else "",
        }
        return _sha256(json.dumps(whole, sort_keys=True, default=str).encode())

    def _content(self, name: str, text: str) -> str:
        if text not in self._known:
            source = self.settings.database if text == STORE else text
            store = source if text == STORE else store_of(source)
            self._known[text] = _snapshot(source) if store else _of_path(Path(source))
        if name == _MANIFEST:
            named = [self._content("", str(path)) for path in _named_by(Path(text))]
            return _sha256(json.dumps([self._known[text], *named]).encode())
        return self._known[text]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _of_path(path: Path) -> str:
    """Return the hash of a file, or of the names and contents of a folder's files."""
    if not path.is_dir():
        return file_sha256(path) if path.is_file() else ""
    files = [
        (str(each.relative_to(path)), file_sha256(each))
        for each in sorted(path.rglob("*"))
        if each.is_file()
    ]
    return _sha256(json.dumps(files).encode())


def _named_by(manifest: Path) -> Iterator[Path]:
    """Yield the files that cells of a manifest name, from its folder."""
    text = manifest.read_text(encoding="utf-8-sig", errors="replace")
    cells = {cell.strip() for row in csv.reader(text.splitlines()) for cell in row}
    for cell in sorted(cells - {""}):
        path = manifest.parent / cell
        if is_there(path) and path.is_file():
            yield path


def _snapshot(store: str) -> str:
    from bng_opt.market import load_market

    return load_market(store).snapshot
