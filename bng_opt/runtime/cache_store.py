"""Where the cache's documents lie: checked files under joblib's Memory.

joblib's own store keeps pickles, and to read a pickle is to run whatever is in it. Here a
document is text below its own SHA-256: reading runs nothing, and damage shows.
"""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from joblib import Memory, register_store_backend
from joblib._store_backends import CacheItemInfo, FileSystemStoreBackend
from joblib.func_inspect import get_func_code

BACKEND = "bng-opt documents"
FILE = "document.json"
OWN_FOLDER = 0o700
"""Plans are the buyer's own business: nobody else may read the folder."""

_ENTRY = re.compile(r"[0-9a-f]{32}")
_TRIES = 2
"""Another process may clear a folder between its making and the writing; hardly twice."""

_log = logging.getLogger(__name__)


def kept_document(key: str, make: Callable[[], bytes | None]) -> bytes | None:
    """Return what is made; joblib keeps it by its key, and then returns what it kept."""
    return make()


def open_memory(folder: Path) -> Any:
    """Return joblib's memory in a folder, which is made.

    Raises
    ------
    OSError
        If the folder can't be made.
    """
    return Memory(folder, backend=BACKEND, verbose=0)


def keeper(memory: Any) -> Any:
    """Return :func:`kept_document` with a memory: an entry a key, whatever makes it."""
    return memory.cache(kept_document, ignore=["make"])


def sealed(text: bytes) -> bytes:
    """Return a document as its file has it: the SHA-256, a line's end, the text."""
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text


def unsealed(content: bytes) -> bytes | None:
    """Return the document of a file, None if it isn't what was written."""
    digest, _, text = content.partition(b"\n")
    return text if hashlib.sha256(text).hexdigest().encode("ascii") == digest else None


class DocumentStore(FileSystemStoreBackend):  # type: ignore[misc]
    """A store of joblib's for documents; what can't be read or written is logged, not raised."""

    def configure(
        self, location: str, verbose: int = 0, backend_options: dict[str, Any] | None = None
    ) -> None:
        """Make the folder; without the files that joblib would add."""
        self.location = str(location)
        self.verbose = verbose
        self.compress, self.mmap_mode = False, None
        Path(location).mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)

    def contains_item(self, call_id: tuple[str, ...]) -> bool:
        """Return whether there is a document."""
        return self._file(call_id).exists()

    def load_item(self, call_id: tuple[str, ...], *_: Any, **__: Any) -> bytes | None:
        """Return a document, None if it is damaged or gone."""
        path = self._file(call_id)
        try:
            document = unsealed(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("A kept plan can't be read (%s): %s", error.strerror, path)
            return None
        if document is None:
            _log.warning("A kept plan is damaged, and searched again: %s", path)
        return document

    def dump_item(self, call_id: tuple[str, ...], item: bytes, *_: Any, **__: Any) -> None:
        """Write a document, whole or not at all."""
        path = self._file(call_id)
        content = sealed(item)
        for attempt in range(1, _TRIES + 1):
            try:
                _write(path, content)
                return
            except FileNotFoundError:
                if attempt == _TRIES:
                    _log.warning("A plan can't be kept: its folder is cleared again and again.")
            except OSError as error:
                _log.warning("A plan can't be kept (%s): %s", error.strerror, path)
                return

    def get_metadata(self, call_id: tuple[str, ...]) -> dict[str, Any]:
        """Return nothing: a document says of itself what there is to know."""
        return {}

    def store_metadata(self, call_id: tuple[str, ...], metadata: dict[str, Any]) -> None:
        """Write nothing: each file more is one more to be damaged."""

    def get_cached_func_code(self, call_id: list[str]) -> str:
        """Return the code in force: entries of another version have other keys."""
        return _code_in_force()

    def store_cached_func_code(self, call_id: list[str], func_code: str | None = None) -> None:
        """Write nothing, for the same reason."""

    def get_items(self) -> list[Any]:
        """Return every entry with its size [bytes] and when it was written."""
        return list(self._entries())

    def _entries(self) -> Iterator[Any]:
        for folder in Path(self.location).rglob("*"):
            if not _ENTRY.fullmatch(folder.name):
                continue
            # What another process removes meanwhile is no entry any more.
            with suppress(OSError):
                files = [each.stat() for each in folder.iterdir()]
                written = max((each.st_mtime for each in files), default=folder.stat().st_mtime)
                size = sum(each.st_size for each in files)
                yield CacheItemInfo(str(folder), size, datetime.fromtimestamp(written))

    def _file(self, call_id: tuple[str, ...]) -> Path:
        return Path(self.location, *call_id, FILE)


@cache
def _code_in_force() -> str:
    code: str = get_func_code(kept_document)[0]
    return code


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


register_store_backend(BACKEND, DocumentStore)
