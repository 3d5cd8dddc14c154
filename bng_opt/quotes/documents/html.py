"""Client report, letter and purchase orders as HTML: self-contained, all text escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bng_opt.optimiser.text_table import plain
from bng_opt.quantities import pounds, rate_text, units_text

_NOT_PLAIN_CSS = re.compile(r"[^A-Za-z0-9 ]")


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a template filled in.

    Parameters
    ----------
    template
        Its file.
    values
        Names come from other people's files: all is escaped, and none is read as a template.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bng_opt.quotes.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        money=pounds,
        rate=rate_text,
        units=units_text,
        multiplier=multiplier_text,
        percent=percent,
        css=css_string,
        lines=lines_of,
    )
    return environment


def lines_of(text: str) -> list[str]:
    """Return the lines of an address that aren't empty."""
    return [line for line in map(str.strip, map(plain, text.splitlines())) if line]


def percent(share: Decimal) -> str:
    """Return a fraction as a percentage.

    Examples
    --------
    >>> percent(Decimal("0.20")), percent(Decimal("0.175"))
    ('20%', '17.5%')
    """
    return f"{(share * 100).normalize():f}%"


def multiplier_text(multiplier: Decimal) -> str:
    """Return a multiplier without needless zeros.

    Examples
    --------
    >>> multiplier_text(Decimal("1.00")), multiplier_text(Decimal("0.75"))
    ('1', '0.75')
    """
    return f"{multiplier.normalize():f}"


def css_string(text: str) -> Markup:
    r"""Return text as a string of a style sheet, whatever it holds.

    Examples
    --------
    >>> print(css_string("A-1"))
    "A\00002d 1"
    """
    escaped = _NOT_PLAIN_CSS.sub(lambda found: f"\\{ord(found.group()):06x} ", plain(text))
    return Markup(f'"{escaped}"')  # noqa: S704  # every sign but letters, digits, blanks is escaped


def _visible(value: object) -> object:
    """Return text without control characters, which neither HTML nor a page can hold."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else plain(value)
