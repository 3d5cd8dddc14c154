"""E-mail addresses: whether a text is one that a server will take."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_LONGEST = 254
"""RFC 5321, 4.5.3.1.3, with RFC 3696, erratum 1690 [characters]."""


def is_address(text: str) -> bool:
    """Return whether a text is one e-mail address in ASCII, without a name before it.

    Examples
    --------
    >>> [is_address(text) for text in ("ann@example.org", "ann", "Ann <ann@example.org>")]
    [True, False, False]
    """
    if not (text.isascii() and text.isprintable() and len(text) <= _LONGEST):
        return False
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    labels = address.domain.split(".")
    # What is written another way than it is read could be taken for several addresses.
    return (
        bool(address.username)
        and str(address) == text
        and '"' not in text
        and all(_LABEL.fullmatch(label) for label in labels)
    )


def is_sender(text: str) -> bool:
    """Return whether a text is an e-mail address, with or without a name before it.

    Examples
    --------
    >>> [is_sender(text) for text in ("bng@example.org", "BNG desk <bng@example.org>", "BNG desk")]
    [True, True, False]
    """
    _, address = _parts(text)
    return text.isprintable() and is_address(address)


def read_sender(text: str) -> tuple[str, str]:
    """Return the name, which may be empty, and the address of a sender.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not is_sender(text):
        raise ValueError(f"{text!r} is no sender's address")
    return _parts(text)


def _parts(text: str) -> tuple[str, str]:
    named = _NAMED.fullmatch(text)
    return (named["name"].strip().strip('"'), named["address"]) if named else ("", text)
