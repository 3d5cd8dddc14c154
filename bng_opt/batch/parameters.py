"""The parameters of a report: what its first cell lists."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG = "parameters"
"""The cell with this tag lists them."""
PATH, DATE = "Path:", "Date:"
"""How the help of a parameter begins that is a file or folder, or a date."""
WRITTEN = frozenset({"files", "keep"})
"""Folders that a report writes into: they need not be there."""
STORE = "store"
"""Instead of a path: the store of the settings."""

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    str: "text",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a report.

    Attributes
    ----------
    default
        Text, number, truth or list; None where a number may be absent, ``...`` where it must be
        given.
    help
        What it means.
    """

    name: str
    default: Any
    help: str

    @property
    def is_path(self) -> bool:
        """Return whether it is a file or folder."""
        return self.help.startswith(PATH)

    @property
    def is_date(self) -> bool:
        """Return whether it is a date."""
        return self.help.startswith(DATE)

    @property
    def is_needed(self) -> bool:
        """Return whether it must be given."""
        return self.default is ...

    @property
    def kind(self) -> str:
        """Return in words what may be given."""
        if self.is_path:
            return "a path"
        if self.is_date:
            return "a date such as 2026-11-30"
        if self.default is None:
            return "a number, or nothing"
        return _KINDS.get(type(self.default), "a value")

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values; what must be given has no default."""
        default = None if self.is_needed else self.default
        return {
            "name": self.name,
            "default": default,
            "needed": self.is_needed,
            "kind": self.kind,
            "help": self.help,
        }


def read_parameters(notebook: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters of a report notebook, in their order.

    Parameters
    ----------
    notebook
        As its JSON is: the cell tagged ``parameters`` has lines ``name = value  # help``.

    Raises
    ------
    ValueError, SyntaxError
        If the cell holds anything but such lines of plain values.
    """
    for cell in notebook["cells"]:
        if TAG in cell["metadata"].get("tags", ()):
            source = cell["source"]
            return _listed(source if isinstance(source, str) else "".join(source))
    return ()


def _listed(source: str) -> tuple[Parameter, ...]:
    # First, as it tells what is wrong with the source, where the tokens below would stop.
    lines = ast.parse(source).body
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return tuple(
        _parameter(line, comments.get(line.end_lineno or line.lineno, "")) for line in lines
    )


def _parameter(line: ast.stmt, words: str) -> Parameter:
    match line:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            pass
        case _:
            raise ValueError(f"line {line.lineno} of its parameters is not NAME = VALUE")
    try:
        return Parameter(name, ast.literal_eval(value), words)
    except ValueError:
        raise ValueError(f"the default of {name} is no plain value") from None
