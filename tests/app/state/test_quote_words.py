"""What the book of quotes says, in the page's words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bng_opt.quotes
from bng_opt.app.state.quote_words import action_words, in_page_words
from bng_opt.errors import AccessError, Finding


def test_a_remedy_of_the_command_line_becomes_one_of_the_page() -> None:
    finding = Finding("Not yet.", "Let an admin approve it: bng-opt quote approve BNG-2026-00001")
    with pytest.raises(AccessError) as caught, in_page_words():
        raise AccessError([finding, Finding("And.", "Say why, with --reason.")])
    assert [each.remedy for each in caught.value.findings] == [
        "Let an admin approve it: name the approver below.",
        "Say why: fill in the reason.",
    ]


def told_by(module: str) -> Iterator[str]:
    """Yield the texts of a module of the book, with X for what is filled in."""
    source = (Path(bng_opt.quotes.__path__[0]) / f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                each.value if isinstance(each, ast.Constant) else "X" for each in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in inner:
            yield str(node.value)


def test_no_command_on_a_quote_is_left_in_what_the_book_says() -> None:
    modules = ("lifecycle", "making", "states", "book", "holding")
    commands = re.compile(r"bng-opt quote |quote revise|quote show|--[a-z]")
    found = [text for each in modules for text in told_by(each) if commands.search(text)]
    assert len(found) >= 6, "they are found at all"
    for text in found:
        with pytest.raises(AccessError) as caught, in_page_words():
            raise AccessError(Finding(text, ""))
        assert not commands.search(str(caught.value)), text


def test_what_was_done_is_said_plainly() -> None:
    assert action_words("created", {"net_gbp": "1"}) == "made"
    assert action_words("approved", {"approver": "Ada"}) == "approved by Ada"
    assert action_words("withdrawn", {"reason": "Too late"}) == "withdrawn: Too late"
