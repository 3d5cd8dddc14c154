"""What the book of quotes says, in the page's words: no command, no option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bng_opt.errors import BngOptError

_ACTIONS = {
    "created": "made",
    "documents": "documents made",
    "reserved": "stock reserved",
    "released": "stock given back",
    "cancelled": "sale called off",
}
"""What the log calls it, in the page's words; the other words are plain already."""
_PAGE_WORDS = (
    (re.compile(r"bng-opt quote approve \S+"), "name the approver below."),
    (re.compile(r"bng-opt quote revise \S+"), 'press "Revise".'),
    (re.compile(r", with --reason\."), ": fill in the reason."),
    (re.compile(r"A sale is undone by: bng-opt quote cancel\."), 'Press "Call the sale off".'),
    (re.compile(r" \(bng-opt quote show\)"), ""),
    (re.compile(r"quote revise makes a new one"), '"Revise" makes a new one'),
    (re.compile(r"A new revision quotes again \(quote revise\)\."), '"Revise" quotes again.'),
    (re.compile(r"See: bng-opt quote list"), "The history lists the quotes that there are."),
    (
        re.compile(r"bng-opt quote list shows which quotes hold stock\."),
        "The history shows the quotes that may hold it; search again to buy elsewhere.",
    ),
)
"""Remedies of the command line, and what they are on the page."""


def action_words(action: str, details: Mapping[str, Any]) -> str:
    """Return in words what the log says was done with a quote."""
    words = _ACTIONS.get(action, action)
    if approver := details.get("approver"):
        words += f" by {approver}"
    reason = details.get("reason")
    return f"{words}: {reason}" if reason else words


@contextmanager
def in_page_words() -> Iterator[None]:
    """Have errors name what the page has, and no command."""
    try:
        yield
    except BngOptError as error:
        raise type(error)(
            [
                replace(each, message=_on_page(each.message), remedy=_on_page(each.remedy))
                for each in error.findings
            ]
        ) from error


def _on_page(text: str) -> str:
    for command, words in _PAGE_WORDS:
        text = command.sub(words, text)
    return text
