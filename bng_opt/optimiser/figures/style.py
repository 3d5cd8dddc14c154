"""What all figures share: colours, wrapped text, and a figure that carries its words."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from io import BytesIO
from textwrap import fill
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bng_opt.optimiser.report import NOTHING_TO_BUY
from bng_opt.optimiser.text_table import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

SKY, ORANGE, GREEN, YELLOW, PINK, BLUE, VERMILION = COLOURS = (
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#F0E442",
    "#CC79A7",
    "#0072B2",
    "#D55E00",
)
"""Okabe and Ito's palette: told apart by colour-blind readers."""
CREDIT_GREY, SURPLUS_GREY, TEXT_GREY = "#4D4D4D", "#D9D9D9", "#595959"

WIDTH_IN = 10.0
_TITLE_CHARACTERS = 92
THOUSAND, MILLION = 1_000, 1_000_000


class TextFigure(Figure):
    """A figure that carries its text alternative, and shows in notebooks with it.

    Attributes
    ----------
    text_alternative
        What the figure says, in words.
    """

    text_alternative: str = ""

    def _repr_html_(self) -> str:
        """Return the figure as an image with its text alternative, for notebooks."""
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        image = b64encode(buffer.getvalue()).decode()
        alternative = escape(self.text_alternative, quote=True)
        return f'<img alt="{alternative}" src="data:image/png;base64,{image}">'


def drawn(text: str, characters: int, lines: int | None = None) -> str:
    """Return text wrapped for drawing; a dollar sign would begin a formula."""
    broken = fill(plain(text), characters, max_lines=lines, placeholder=" …")
    return broken.replace("$", r"\$")


def set_title(figure: Figure, title: str) -> None:
    """Set the title at the left edge, wrapped."""
    text = drawn(title, _TITLE_CHARACTERS)
    figure.suptitle(text, x=0.01, ha="left", fontsize=12, fontweight="bold")


def say_nothing_to_buy(axes: Axes) -> None:
    """Write that nothing needs to be bought, instead of an empty diagram."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, drawn(NOTHING_TO_BUY, 60), ha="center", va="center", fontsize=12)


def pounds_on(axis: Axis) -> None:
    """Write an axis in pounds, thousands or millions of them where these are shorter."""
    axis.set_major_formatter(FuncFormatter(lambda amount, _: short_pounds(amount)))


def short_pounds(amount: float, *, signed: bool = False) -> str:
    """Return an amount for the tick or label of a figure.

    Examples
    --------
    >>> short_pounds(501247.75), short_pounds(1250000), short_pounds(-950, signed=True)
    ('£501,000', '£1.25m', '-£950')
    """
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    size = abs(amount)
    if size >= MILLION:
        return f"{sign}£{size / MILLION:.3g}m"
    if size >= THOUSAND:
        return f"{sign}£{float(f'{size:.3g}'):,.0f}"
    return f"{sign}£{size:,.0f}"


def sentences(lines: Iterable[str]) -> str:
    """Return lines as a text alternative: one sentence a line, without control characters."""
    return "\n".join(f"{plain(line).rstrip('.')}." for line in lines)
