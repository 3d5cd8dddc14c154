"""Where the input sheets of metric 4.1 (A to F) have what: rows and columns by letter.

Rows and letters are those of the statutory workbook; a draft or an older metric is refused
before anything here is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bng_opt.reference import Ledger


class Part(StrEnum):
    """What a sheet records."""

    BASELINE = "baseline"
    CREATION = "creation"
    ENHANCEMENT = "enhancement"


@dataclass(frozen=True)
class Layout:
    """One input sheet.

    Attributes
    ----------
    code
        Its letter and number, ``"D-2"``.
    name
        Its name in the workbook.
    first, last
        The first and the last row for entries (1-based).
    columns
        Column letters by what stands there: the entries, and the results ``units`` (before
        the spatial risk multiplier) and, off site, ``units_srm``.
    """

    code: str
    name: str
    ledger: Ledger
    part: Part
    off_site: bool
    first: int
    last: int
    columns: Mapping[str, str]


def _columns(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


def _layout(
    code: str, name: str, part: Part, rows: tuple[int, int], columns: str
) -> tuple[str, Layout]:
    letter = code[0]
    ledger = {"A": Ledger.AREA, "D": Ledger.AREA, "B": Ledger.HEDGEROW, "E": Ledger.HEDGEROW}
    layout = Layout(
        code, f"{code} {name}", ledger.get(letter, Ledger.WATERCOURSE), part, letter in "DEF",
        *rows, _columns(columns),
    )  # fmt: skip
    return code, layout


LAYOUTS: Mapping[str, Layout] = dict(
    (
        _layout(
            "A-1", "On-Site Habitat Baseline", Part.BASELINE, (11, 258),
            "ref=D broad=E habitat=F irreplaceable=G size=H condition=K significance=M "
            "retained=S enhanced=T bespoke=Y units=Q units_retained=U units_bespoke=AT",
        ),
        _layout(
            "A-2", "On-Site Habitat Creation", Part.CREATION, (11, 256),
            "broad=D habitat=E size=G condition=J significance=L advance=P delay=Q units=Y",
        ),
        _layout(
            "A-3", "On-Site Habitat Enhancement", Part.ENHANCEMENT, (12, 257),
            "baseline=E broad=Q habitat=R size=V condition=Y significance=AA advance=AE "
            "delay=AF units=AN",
        ),
        _layout(
            "B-1", "On-Site Hedge Baseline", Part.BASELINE, (10, 257),
            "ref=B habitat=D size=E condition=H significance=J retained=P enhanced=Q units=N "
            "units_retained=R",
        ),
        _layout(
            "B-2", "On-Site Hedge Creation", Part.CREATION, (12, 259),
            "habitat=D size=E condition=H significance=J advance=N delay=O units=W",
        ),
        _layout(
            "B-3", "On-Site Hedge Enhancement", Part.ENHANCEMENT, (12, 257),
            "baseline=B habitat=M size=P condition=S significance=U advance=Y delay=Z units=AH",
        ),
        _layout(
            "C-1", "On-Site WaterC' Baseline", Part.BASELINE, (10, 257),
            "ref=C habitat=D size=E condition=H significance=J encroachment=M riparian=O "
            "retained=U enhanced=V bespoke=AA units=R units_retained=W units_bespoke=AT",
        ),
        _layout(
            "C-2", "On-Site WaterC' Creation", Part.CREATION, (12, 259),
            "habitat=C size=D condition=G significance=I advance=M delay=N encroachment=V "
            "riparian=X units=Z",
        ),
        _layout(
            "C-3", "On-Site WaterC' Enhancement", Part.ENHANCEMENT, (12, 257),
            "baseline=B habitat=N size=Q condition=T significance=V advance=Z delay=AA "
            "encroachment=AI riparian=AK units=AM",
        ),
        _layout(
            "D-1", "Off-Site Habitat Baseline", Part.BASELINE, (11, 258),
            "ref=D broad=E habitat=F irreplaceable=G size=H condition=K significance=M "
            "spatial=R retained=V enhanced=W bespoke=AB habitat_ref=AE site=AF units_srm=Q "
            "units=T units_retained=X units_bespoke=AS retained_srm=AY",
        ),
        _layout(
            "D-2", "Off-Site Habitat Creation", Part.CREATION, (11, 256),
            "broad=D habitat=E size=G condition=J significance=L advance=P delay=Q spatial=Y "
            "habitat_ref=AE site=AF baseline=AG units_srm=AA units=AB",
        ),
        _layout(
            "D-3", "Off-Site Habitat Enhancment", Part.ENHANCEMENT, (12, 258),
            "baseline=E broad=Q habitat=R size=V condition=Y significance=AA advance=AE "
            "delay=AF spatial=AN habitat_ref=AT site=AU units_srm=AP units=AQ",
        ),
        _layout(
            "E-1", "Off-Site Hedge Baseline", Part.BASELINE, (10, 257),
            "ref=B habitat=D size=E condition=H significance=J spatial=O retained=S enhanced=T "
            "habitat_ref=AA site=AB units_srm=N units=Q units_retained=U retained_srm=AY",
        ),
        _layout(
            "E-2", "Off-Site Hedge Creation", Part.CREATION, (12, 259),
            "habitat=D size=E condition=H significance=J spatial=M advance=P delay=Q "
            "habitat_ref=AC site=AD baseline=AE units_srm=Y units=Z",
        ),
        _layout(
            "E-3", "Off-Site Hedge Enhancement", Part.ENHANCEMENT, (12, 257),
            "baseline=B habitat=M size=P condition=S significance=U advance=Y delay=Z "
            "spatial=AH habitat_ref=AN site=AO units_srm=AJ units=AK",
        ),
        _layout(
            "F-1", "Off-Site WaterC' Baseline", Part.BASELINE, (10, 257),
            "ref=C habitat=D size=E condition=H significance=J encroachment=M riparian=O "
            "spatial=S retained=X enhanced=Y bespoke=AD habitat_ref=AG site=AH units_srm=R "
            "units=U units_retained=Z units_bespoke=AT retained_srm=BA",
        ),
        _layout(
            "F-2", "Off-Site WaterC' Creation", Part.CREATION, (12, 259),
            "habitat=C size=D condition=G significance=I advance=M delay=N encroachment=V "
            "riparian=X spatial=Z habitat_ref=AF site=AG baseline=AH units_srm=AB units=AC",
        ),
        _layout(
            "F-3", "Off-Site WaterC Enhancement", Part.ENHANCEMENT, (12, 257),
            "baseline=B habitat=N size=Q condition=T significance=V advance=Z delay=AA "
            "encroachment=AI riparian=AK spatial=AM habitat_ref=AS site=AT units_srm=AO "
            "units=AP",
        ),
    )
)  # fmt: skip
"""Every input sheet by its code."""


def layout_of(ledger: Ledger, part: Part, *, off_site: bool) -> Layout:
    """Return the sheet that records a part of a ledger, on or off site."""
    return next(
        each
        for each in LAYOUTS.values()
        if (each.ledger, each.part, each.off_site) == (ledger, part, off_site)
    )
