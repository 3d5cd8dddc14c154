"""A market from a file that was dropped: a workbook, or a zip of the market's three tables."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo

from bng_opt.errors import Finding, InputError
from bng_opt.market import Market, load_market
from bng_opt.market.schema import SCHEMAS
from bng_opt.market.sources import MAX_CSV_BYTES
from bng_opt.market.store import Store
from bng_opt.market.store.aliases import list_aliases
from bng_opt.market.workbooks import WORKBOOK_SUFFIXES

ACCEPT = (".xlsx", ".xlsm", ".zip")
"""The endings of the files that are read."""

_TABLES = tuple(f"{schema.name}.csv" for schema in SCHEMAS)
_KINDS = (
    "Give a workbook (.xlsx) with the sheets banks, stock and pricing, the broker's back-end "
    f"workbook, or a zip of {', '.join(_TABLES[:-1])} and {_TABLES[-1]}."
)
_CHUNK_BYTES = 1_000_000
_LONGEST_NAME = 100


def read_uploaded_market(name: str, content: bytes, store: Store) -> Market:
    """Return the market of a dropped file.

    Parameters
    ----------
    name
        What the file is called.
    content
        Its bytes.
    store
        Knows what others call the habitats; nothing is written to it.

    Raises
    ------
    InputError
        With every finding of every table, each with file, sheet and row.
    """
    label = _safe_name(name)
    suffix = Path(label).suffix.casefold()
    if suffix not in ACCEPT:
        raise InputError(Finding("A market isn't read from this kind of file.", _KINDS, file=label))
    aliases = {each.alias: each.habitat for each in list_aliases(store)}
    # Readers want files: it is gone once it is read.
    with TemporaryDirectory(prefix="bng-opt-market-") as folder:
        if suffix in WORKBOOK_SUFFIXES:
            path = Path(folder) / label
            path.write_bytes(content)
            return load_market(path, aliases=aliases)
        with _opened(label, content) as archive:
            for table, member in _members(label, archive).items():
                _extract(archive, member, Path(folder) / table)
        return load_market(folder, aliases=aliases)


@contextmanager
def _opened(label: str, content: bytes) -> Iterator[ZipFile]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            yield archive
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError is how zipfile says that a password is needed.
        finding = Finding(
            f"The zip can't be read: {error}.", "Zip the files again, without a password.", label
        )
        raise InputError(finding) from None


def _members(label: str, archive: ZipFile) -> dict[str, ZipInfo]:
    """Return the three tables of a zip by file name, in whatever folder they lie."""
    found: dict[str, list[ZipInfo]] = {table: [] for table in _TABLES}
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        # macOS keeps attributes beside each file, under its own name.
        if path.name.casefold() in found and "__MACOSX" not in path.parts:
            found[path.name.casefold()].append(member)
    findings = [
        Finding(
            f"The zip holds no {table}." if not members else f"The zip holds {table} twice.",
            _KINDS if not members else "Keep one of them.",
            file=label,
        )
        for table, members in found.items()
        if len(members) != 1
    ]
    if findings:
        raise InputError(findings)
    return {table: members[0] for table, members in found.items()}


def _extract(archive: ZipFile, member: ZipInfo, target: Path) -> None:
    """Unpack a table, and no more of it than a table can have, whatever its header says."""
    left = MAX_CSV_BYTES
    with archive.open(member) as packed, target.open("wb") as unpacked:
        while chunk := packed.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                message = f"The file unpacks to more than {MAX_CSV_BYTES // 1_000_000} MB."
                raise InputError(
                    Finding(message, "Give the market's own tables.", file=target.name)
                )
            unpacked.write(chunk)


def _safe_name(name: str) -> str:
    """Return the last part of a file's name, without odd characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(each for each in last if unicodedata.category(each)[0] != "C").strip()
    stem, dot, suffix = visible.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{suffix[:5]}" if stem else visible[:_LONGEST_NAME] or "file"
