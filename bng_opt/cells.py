"""Text of unknown origin made harmless for the cells of a spreadsheet."""

from __future__ import annotations

import re

# Full-width signs too: some spreadsheet programs take them for the plain ones.
_FORMULA = r"(\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
_STARTS_FORMULA = re.compile(_FORMULA)
_MAY_BE_GUARDED = re.compile(f"'*{_FORMULA}")
_NOT_FOR_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

MAX_CELL_CHARACTERS = 32_767
"""What a cell of an .xlsx workbook holds."""


def begins_formula(text: str) -> bool:
    """Return whether a spreadsheet program could take the text for a formula."""
    return _STARTS_FORMULA.match(text) is not None


def guard_formula(text: object) -> str:
    """Return text for a CSV cell, with an apostrophe before what could be a formula.

    Examples
    --------
    >>> guard_formula("=HYPERLINK(1)"), guard_formula("Ash Dell")
    ("'=HYPERLINK(1)", 'Ash Dell')
    """
    cell = visible(str(text))
    return f"'{cell}" if begins_formula(cell) else cell


def with_guard(text: str) -> str:
    """Return text for a CSV cell that :func:`without_guard` reads back as it was.

    Examples
    --------
    >>> with_guard("=1"), with_guard("'=1"), with_guard("'Ash")
    ("'=1", "''=1", "'Ash")
    """
    return f"'{text}" if _MAY_BE_GUARDED.match(text) else text


def without_guard(cell: str) -> str:
    """Return the text of a CSV cell that was written by :func:`with_guard`.

    Examples
    --------
    >>> without_guard("'=1"), without_guard("'Ash")
    ('=1', "'Ash")
    """
    return cell[1:] if cell.startswith("'") and _MAY_BE_GUARDED.match(cell) else cell


def cell_text(text: object) -> str:
    """Return text for an .xlsx cell: control characters made visible, not too long."""
    return visible(str(text))[:MAX_CELL_CHARACTERS]


def visible(text: str) -> str:
    r"""Return text with what XML refuses written as an escape, such as ``\x07``."""
    return _NOT_FOR_XML.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
