"""Names of people and firms: read with care, compared without regard to case or blanks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bng_opt.errors import Finding

LONGEST_NAME = 200
LONGEST_TEXT = 2000
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")


def name_key(name: str) -> str:
    """Return what two spellings of one name share.

    Examples
    --------
    >>> name_key("  Ash  DELL Ltd ") == name_key("Ash Dell ltd")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def name_problems(name: str, what: str) -> list[Finding]:
    """Return what is wrong with a name."""
    if not name_key(name):
        return [Finding(f"The {what} has no name.", "Give one.")]
    return text_problems({what: name}, LONGEST_NAME, one_line=True)


def text_problems(
    texts: Mapping[str, str], longest: int = LONGEST_TEXT, *, one_line: bool = False
) -> list[Finding]:
    """Return what is wrong with texts: too long, or with characters that can't be printed."""
    findings = []
    for what, text in texts.items():
        if len(text) > longest:
            findings.append(
                Finding(f"The {what} has {len(text)} characters.", f"Use at most {longest}.")
            )
        allowed = "" if one_line else "\n\t"
        if any(_is_control(each) and each not in allowed for each in text):
            findings.append(
                Finding(f"The {what} holds control characters.", "Type it again, without them.")
            )
    return findings


def _is_control(character: str) -> bool:
    """Return whether a character steers what shows it; so do those that turn its direction."""
    return unicodedata.category(character) in ("Cc", "Cs") or character in _DIRECTIONS


def email_problems(email: str) -> list[Finding]:
    """Return what is wrong with an e-mail address; an empty one is fine.

    Examples
    --------
    >>> email_problems("a.b@example.org"), len(email_problems("a.b@example"))
    ([], 1)
    """
    if not email or (_EMAIL.fullmatch(email) and len(email) <= LONGEST_NAME):
        return []
    return [Finding(f'"{email}" is no e-mail address.', "Write it as name@example.org.")]
