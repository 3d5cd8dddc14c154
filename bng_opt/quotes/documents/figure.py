"""The figure of the needs for a page: vector graphics with their words."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from io import StringIO

from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import Plan

MOST_NEEDS = 16
"""More bars don't fit on a page that can be read; the table of needs says the same."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A picture in the page itself.

    Attributes
    ----------
    source
        A ``data:`` address of an SVG: as an image it can run no script and fetch nothing.
    """

    source: str
    alternative: str


def needs_picture(plan: Plan) -> Picture | None:
    """Draw each need and how it is met; None where there is none, or more than fit."""
    if not 0 < len(needs_met(plan)) <= MOST_NEEDS:
        return None
    import matplotlib as mpl

    from bng_opt.optimiser.figures import plot_needs

    # Paths need no fonts where the page is read; a fixed salt gives the same ids each time.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "bng_opt"}):
        figure = plot_needs(plan)
        # The page has a heading of its own.
        figure.suptitle("")
        buffer = StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = _COMMENT.sub("", buffer.getvalue()).encode()
    source = f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
    return Picture(source, figure.text_alternative)
