"""The options of ``bng-opt``: their names, their help, and several values after one name.

Values stay text: the package reads them, so that all that is wrong is said at once and with
``--json`` as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

Names = list[str] | None

_INPUT, _SITE, _WISHES, _OUTPUT = "Input", "Site", "Wishes", "Output"
_CHANGES = "Changes"
_WORD = "NAME..."

EPILOG = (
    "Exit status: 0 done; 2 bad input; 3 no lawful purchase exists, or a plan breaks a rule; "
    "4 stopped before proof, or the solver failed; 1 a bug."
)
"""What every command's help ends with."""


def _option(name: str, text: str, metavar: str, panel: str) -> Any:
    return typer.Option(name, help=text, metavar=metavar, rich_help_panel=panel, show_default=False)


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Out = Annotated[
    Path | None, _option("--out", "Write the plan's files into this folder.", "FOLDER", _OUTPUT)
]
Metric = Annotated[
    Path | None, _option("--metric", "The statutory metric workbook.", "FILE", _INPUT)
]
Table = Annotated[
    Path | None,
    _option("--requirement", "Instead of a workbook: ledger, habitat, units.", "CSV", _INPUT),
]
MarketSource = Annotated[
    str | None,
    _option("--market", "Banks, stock and prices: three CSV files, one workbook, or a store.",
            "FOLDER|XLSX|URL", _INPUT),
]  # fmt: skip
Lpa = Annotated[Names, _option("--lpa", "Planning authority of the site.", _WORD, _SITE)]
Nca = Annotated[Names, _option("--nca", "National Character Area of the site.", _WORD, _SITE)]
Postcode = Annotated[
    str | None, _option("--postcode", "Instead of --lpa and --nca.", "POSTCODE", _SITE)
]
Point = Annotated[
    str | None, _option("--point", "Instead: WGS84 degrees, as 52.2,-1.7.", "LAT,LON", _SITE)
]
GridReference = Annotated[
    str | None, _option("--grid-reference", "Instead: OS, as 'SP 205 548'.", "REFERENCE", _SITE)
]
Waterbody = Annotated[
    Names, _option("--waterbody", "Where watercourse is lost, as GB109054043880.", "ID...", _SITE)
]
Catchment = Annotated[Names, _option("--operational-catchment", "Of the waterbody.", _WORD, _SITE)]
Marine = Annotated[Names, _option("--marine-plan-area", "For intertidal habitats.", _WORD, _SITE)]
Neighbour = Annotated[
    Names, _option("--neighbour", "Count as adjoining: lpa=NAME or nca=NAME.", "KIND=NAME", _SITE)
]
NotNeighbour = Annotated[
    Names, _option("--not-neighbour", "Count as not adjoining.", "KIND=NAME", _SITE)
]
Mode = Annotated[
    str | None,
    _option("--mode", "How trading is tested; statutory by default, as the metric does it.",
            "statutory|like_for_like", _WISHES),
]  # fmt: skip
MaxBanks = Annotated[str | None, _option("--max-banks", "Use at most so many.", "K", _WISHES)]
SizeBy = Annotated[
    str | None,
    _option("--size-by", "What sets the contract size; the whole quote by default.", "quote|bank",
            _WISHES),
]  # fmt: skip
Credits = Annotated[
    bool,
    typer.Option("--credits", help="Let statutory credits meet what no bank can.",
                 rich_help_panel=_WISHES),
]  # fmt: skip
MinUnits = Annotated[
    str | None, _option("--min-units-per-bank", "Least units from a bank used.", "UNITS", _WISHES)
]
Step = Annotated[
    str | None, _option("--market-step", "Units sell in multiples; 0.01.", "UNITS", _WISHES)
]
MustUse = Annotated[Names, _option("--must-use", "Banks that have to sell.", "BANK...", _WISHES)]
MustNotUse = Annotated[
    Names, _option("--must-not-use", "Banks that may not sell.", "BANK...", _WISHES)
]
Gap = Annotated[
    str | None, _option("--gap-gbp", "Proven within so many pounds; 1.", "POUNDS", _WISHES)
]
TimeLimit = Annotated[
    str | None,
    _option("--time-limit", "Stop the search then; a plan without proof has exit status 4.",
            "SECONDS", _WISHES),
]  # fmt: skip
Quoted = Annotated[
    str | None,
    _option("--quoted", "Of units quoted to others, hold back; ignore.", "ignore|half|all",
            _WISHES),
]  # fmt: skip
WriteBack = Annotated[
    bool,
    typer.Option("--write-back", help="With --out: the workbook with the purchase filled in, too.",
                 rich_help_panel=_OUTPUT),
]  # fmt: skip
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Search anew, and keep nothing: see 'bng-opt cache'."),
]
ShowProgress = Annotated[
    bool,
    typer.Option("--progress", help="Say on stderr how the search stands.",
                 rich_help_panel=_OUTPUT),
]  # fmt: skip
Count = Annotated[
    str | None, _option("--count", "How many of the next best to find; 3.", "K", _WISHES)
]
Jobs = Annotated[
    str | None, _option("--jobs", "Processes to work with; 1. All cores: -1.", "N", _OUTPUT)
]
NeedFactors = Annotated[
    str | None, _option("--need", "Multiply what is owed by each.", "0.9,1.1", _CHANGES)
]
PriceFactors = Annotated[
    str | None, _option("--prices", "Multiply all prices by each.", "0.9,1.1", _CHANGES)
]
BankStock = Annotated[
    Names, _option("--bank-stock", "Multiply a bank's stock by each.", "BANK=0,0.5...", _CHANGES)
]
GapShare = Annotated[
    str | None,
    _option("--gap", "Proven within this share of the total; 0.5%.", "SHARE", _WISHES),
]
SkipImpossible = Annotated[
    bool,
    typer.Option("--skip-impossible", help="Leave out sites that can't be served, and say so.",
                 rich_help_panel=_WISHES),
]  # fmt: skip
Compare = Annotated[
    bool,
    typer.Option("--compare", help="Beside it: first come, first served, and the fairest.",
                 rich_help_panel=_OUTPUT),
]  # fmt: skip

_SEVERAL = frozenset(
    "--lpa --nca --waterbody --operational-catchment --marine-plan-area --must-use --must-not-use"
    " --neighbour --not-neighbour --bank-stock".split()
)


class SeveralValues(TyperCommand):
    """A command whose naming options take several values: ``--lpa Leeds Bradford``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, with each such value after an option of its own."""
        return super().parse_args(ctx, spread_values(args))


def spread_values(args: Sequence[str]) -> list[str]:
    """Return arguments in which every value of a naming option follows the option's name.

    Where no argument comes before the first option (``verify --lpa Leeds plan.json``), a
    word could be either, so only one value is taken.

    Examples
    --------
    >>> spread_values(["--lpa", "Leeds", "Bradford", "--json"])
    ['--lpa', 'Leeds', '--lpa', 'Bradford', '--json']
    """
    spread: list[str] = []
    option, values = "", 0
    for arg in args:
        if arg.startswith("--"):
            option, values = (arg if arg in _SEVERAL else ""), 0
        elif option:
            values += 1
            spread += [option] if values > 1 else []
        spread.append(arg)
    return spread
