"""The workbook's zip package, opened so that no file can harm the reader.

Sizes are judged from the central directory before anything is inflated, and again while
inflating. What the official workbooks measure (version 4.1, eleven files): 3.2 MB, 260
members, 27.5 MB inflated, at most 37 times larger than packed (``xl/styles.xml``); the
parts that are read here inflate to 160 kB at most.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import BinaryIO

from bng_opt.errors import Finding, InputError

MAX_FILE_BYTES = 64 * 2**20
"""Largest file [bytes]: twenty times an official workbook."""
MAX_MEMBERS = 4096
"""Most members: sixteen times an official workbook's."""
MAX_DIRECTORY_BYTES = 2**20
"""Largest central directory [bytes]; an official workbook's has 20 kB."""
MAX_TOTAL_BYTES = 256 * 2**20
"""Most bytes that the package may claim to inflate to: ten times an official workbook."""
MAX_PART_BYTES = 8 * 2**20
"""Largest part that is read [bytes]: fifty times an official workbook's."""
MAX_RATIO = 200
"""Most times a member may be larger than packed; an official workbook's is 37 at most."""
RATIO_FREE_BYTES = 2**20
"""Members below this size [bytes] can't do harm, whatever their ratio."""

_ZIP_MAGIC = b"PK\x03\x04"
_COMPOUND_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What zipfile raises of damaged files (RuntimeError: a member is marked as encrypted)."""

SAVE_AGAIN = "Open the workbook in Excel and save it as .xlsx or .xlsm, then read that file."
FETCH_AGAIN = "Copy or download the file again, and check that it opens in Excel."

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


class Package:
    """An open package: its members' names, and their bytes within the limits.

    Parameters
    ----------
    data
        The whole file.
    name
        The file's name, for findings.

    Raises
    ------
    InputError
        If the package can't be read, or claims sizes that no metric has.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        _refuse_other_kinds(data, name)
        _refuse_large_directory(data, name)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise self.error(f"The zip package is damaged ({error}).", FETCH_AGAIN) from error
        self._refuse_bombs()
        self.members = frozenset(self._zip.namelist())

    @property
    def infos(self) -> tuple[zipfile.ZipInfo, ...]:
        """Return what the package lists of each member, in its order."""
        return tuple(self._zip.infolist())

    def error(self, message: str, remedy: str) -> InputError:
        """Return an error about this file."""
        return InputError(Finding(message, remedy, file=self.name))

    def read(self, part: str, limit: int = MAX_PART_BYTES) -> bytes:
        """Return the bytes of a member.

        Raises
        ------
        InputError
            If it is absent, damaged, encrypted or larger than ``limit`` [bytes].
        """
        if part not in self.members:
            raise self.error(f"The package lacks its part {part}.", SAVE_AGAIN)
        member = self._zip.getinfo(part)
        if member.flag_bits & 1:
            raise self.error(
                f"The part {part} is encrypted.", "Save the workbook without a password."
            )
        if member.compress_type not in _PLAIN_METHODS:
            raise self.error(f"The part {part} is packed in a way Excel doesn't use.", SAVE_AGAIN)
        try:
            with self._zip.open(member) as stream:
                content = stream.read(limit + 1)
        except _DAMAGE as error:
            raise self.error(f"The part {part} is damaged ({error}).", FETCH_AGAIN) from error
        if len(content) > limit:
            raise self.error(
                f"The part {part} is larger than {limit:,} bytes; no metric has that.",
                SAVE_AGAIN,
            )
        return content

    def _refuse_bombs(self) -> None:
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise self.error(
                f"The package has {len(members):,} members; a metric has about 260.", SAVE_AGAIN
            )
        names = Counter(member.filename for member in members)
        twice = sorted(name for name, count in names.items() if count > 1)
        if twice:
            raise self.error(f"The package holds {', '.join(twice[:3])} twice.", SAVE_AGAIN)
        total = sum(member.file_size for member in members)
        if total > MAX_TOTAL_BYTES:
            raise self.error(
                f"The package would inflate to {total:,} bytes; a metric has about 27 million.",
                SAVE_AGAIN,
            )
        for member in members:
            packed = max(member.compress_size, 1)
            if member.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * packed):
                raise self.error(
                    f"The part {member.filename} would inflate {member.file_size // packed:,} "
                    f"times; a metric's parts do so 40 times at most.",
                    SAVE_AGAIN,
                )


def open_package(source: Source, name: str | None = None) -> Package:
    """Open a package from a path, from its bytes, or from an open binary file.

    Raises
    ------
    InputError
        If there is no such file, or it is not a sound zip package.
    """
    return Package(*read_source(source, name, MAX_FILE_BYTES))


def read_source(source: Source, name: str | None, limit: int) -> tuple[bytes, str]:
    """Return a file's content and its name for messages.

    Parameters
    ----------
    source
        A path, the file's content as bytes, or a binary file object.
    name
        The file's name for messages; by default the path's or file object's own.
    limit
        The largest size that is read [bytes].

    Raises
    ------
    InputError
        If the file is absent, a folder, unreadable or larger.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, label = bytes(source), name or "file"
    elif isinstance(source, (str, os.PathLike)):
        path = Path(source)
        label = name or path.name or str(path)
        data = _read_path(path, label, limit)
    else:
        own_name = getattr(source, "name", None)
        label = name or (Path(own_name).name if isinstance(own_name, str) else "file")
        data = source.read(limit + 1)
    if len(data) > limit:
        raise InputError(_too_large(label, limit))
    return data, label


def _read_path(path: Path, name: str, limit: int) -> bytes:
    try:
        if path.is_dir():
            raise InputError(Finding(f"{path} is a folder.", "Name the file inside.", file=name))
        if not path.is_file():
            raise InputError(
                Finding(f"There is no file {path}.", "Check the path and its spelling.", file=name)
            )
        if path.stat().st_size > limit:
            raise InputError(_too_large(name, limit))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(
            Finding(f"The file can't be read ({error}).", "Check its permissions.", file=name)
        ) from error


def _too_large(name: str, limit: int) -> Finding:
    return Finding(
        f"The file is larger than {limit // 2**20} MB.",
        "A statutory metric has about 3 MB, a table less: check that this is the right file.",
        file=name,
    )


def _refuse_other_kinds(data: bytes, name: str) -> None:
    """Refuse what is not a zip package, and say what it seems to be."""
    if data.startswith(_ZIP_MAGIC):
        return
    if not data:
        message, remedy = "The file is empty.", FETCH_AGAIN
    elif data.startswith(_COMPOUND_MAGIC) and "EncryptedPackage".encode("utf-16-le") in data:
        message = "The workbook is encrypted with a password."
        remedy = (
            "Open it in Excel, remove the password (File, Info, Protect Workbook), and save it."
        )
    elif data.startswith(_COMPOUND_MAGIC):
        message, remedy = "This is an old .xls file, not a statutory metric workbook.", SAVE_AGAIN
    else:
        message = "This is not an Excel workbook (.xlsx or .xlsm): it is not a zip package."
        remedy = "Give the statutory metric workbook as Excel saves it."
    raise InputError(Finding(message, remedy, file=name))


def _refuse_large_directory(data: bytes, name: str) -> None:
    """Refuse a central directory that would take long to list, before it is listed."""
    start = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if start < 0 or start + _END_OF_DIRECTORY.size > len(data):
        message = "The zip package has no end: the file was cut short."
        raise InputError(Finding(message, FETCH_AGAIN, file=name))
    fields = _END_OF_DIRECTORY.unpack_from(data, start)
    count, size = fields[4], fields[5]
    if count > MAX_MEMBERS or size > MAX_DIRECTORY_BYTES:
        message = f"The zip package lists {count:,} members in {size:,} bytes; no metric does."
        raise InputError(Finding(message, SAVE_AGAIN, file=name))
