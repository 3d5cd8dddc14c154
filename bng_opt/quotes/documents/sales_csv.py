"""The quote as rows of the broker's "Sales & Quotes" workbook, columns A to CY.

One row a bank. A bank with more than eight lines, or with several multipliers, has further
rows; what is bought from outside the market, statutory credits and other charges have rows
of their own. Each row's contract value is what it costs the client before VAT: its units
after discounts, on a bank's first row the bank's fee, and on the first row of all the admin
fee. So the contract values add up to the quote's total before VAT, exactly.

What no broker's column holds (state, proof, sources, versions, fingerprints, discount) is
in columns of our own after CY: the file says by itself what it rests on, and pasting A to CY
leaves it behind.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase

from bng_opt.cells import guard_formula
from bng_opt.market.store.tables import LineKind
from bng_opt.optimiser.text_table import plain
from bng_opt.quantities import ZERO, pounds, round_money
from bng_opt.quotes.documents import words
from bng_opt.quotes.documents.groups import Group, groups_of
from bng_opt.quotes.lines import QuoteLine
from bng_opt.quotes.view import QuoteView

HABITATS_A_ROW = 8
FIRST_HABITAT = "AV"
LAST = "CY"
SHOWN = Decimal("0.0001")

_NAMED = {
    "B": "Client",
    "C": "Development address",
    "D": "Reference",
    "T": "Notes",
    "AC": "Habitat bank",
    "AD": "Spatial multiplier",
    "AE": "Total units",
    "AF": "Contract value",
    "AH": "LPA",
    "AI": "NCA",
    "AK": "Introducer",
    "AL": "Quote date",
    "AM": "Quote period (days)",
    "AN": "Quote expiry date",
    "AR": "Admin fee",
    "AT": "Total credit price",
    "AU": "Total units credited",
}
_OF_A_HABITAT = ("Type", "# credits", "ST", "", "Quoted price", "", "Price inc SRM")
_OUR_OWN = (
    "Row is for",
    "Discount",
    "Bank fee",
    "Quote net total",
    "Quote VAT",
    "Quote gross total",
    "State",
    "Revision",
    "Mode",
    "Status",
    "Proof",
    "Sources",
    "Versions",
    "Market SHA-256",
    "Scenario SHA-256",
)


@dataclass(frozen=True)
class _Row:
    """A row to be: lines of one multiplier, and what is charged beside them."""

    group: Group
    lines: tuple[QuoteLine, ...]
    fees: Decimal = ZERO
    rest: Decimal = ZERO
    """Charges that are no units: credits, by hand [GBP]."""

    @property
    def units_gbp(self) -> Decimal:
        return sum((line.net_gbp for line in self.lines), ZERO)

    @property
    def credited(self) -> Decimal:
        """Return what counts after the multiplier, as the sum of what is printed [units]."""
        return sum((_credited(line) for line in self.lines), ZERO)

    @property
    def discount_gbp(self) -> Decimal:
        return sum((line.discount_gbp for line in self.lines), ZERO)


def sales_csv(view: QuoteView) -> bytes:
    """Return the rows with a header, in UTF-8 with the mark by which Excel knows it."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*header(), *_OUR_OWN])
    columns = column_letters()
    own = _own_of_quote(view)
    rows = list(_rows(view))
    for number, row in enumerate(rows):
        cells = _cells(view, row, number, len(rows))
        writer.writerow([*(cells.get(name, "") for name in columns), *_own(row), *own])
    return buffer.getvalue().encode("utf-8-sig")


def column_letters() -> tuple[str, ...]:
    """Return A, B, … CY."""
    letters = [*ascii_uppercase, *(a + b for a in "ABC" for b in ascii_uppercase)]
    return tuple(letters[: letters.index(LAST) + 1])


def header() -> tuple[str, ...]:
    """Return the name of each column A to CY; one that we don't fill has its letter."""
    names = dict(_NAMED)
    letters = column_letters()
    for place, letter in enumerate(letters[letters.index(FIRST_HABITAT) :]):
        number, part = divmod(place, len(_OF_A_HABITAT))
        if _OF_A_HABITAT[part]:
            names[letter] = f"Habitat {number + 1} {_OF_A_HABITAT[part]}"
    return tuple(names.get(letter, f"Column {letter}") for letter in letters)


def _rows(view: QuoteView) -> Iterator[_Row]:
    admin: Group | None = None
    found = False
    for group in groups_of(view.priced):
        if group.kind is LineKind.ADMIN_FEE:
            admin = group
        else:
            found = True
            yield from _rows_of(group)
    if admin and not found:
        yield _Row(admin, ())


def _rows_of(group: Group) -> Iterator[_Row]:
    if group.kind not in (LineKind.UNITS, LineKind.OUTSIDE):
        yield _Row(group, (), rest=group.net_gbp)
        return
    units = group.units
    fees = group.net_gbp - sum((line.net_gbp for line in units), ZERO)
    chunks = list(_chunks(units)) or [()]
    for number, chunk in enumerate(chunks):
        yield _Row(group, chunk, fees=ZERO if number else fees)


def _chunks(lines: Sequence[QuoteLine]) -> Iterator[tuple[QuoteLine, ...]]:
    """Yield at most eight lines of one multiplier; one that states none counts as whole."""
    by_multiplier = sorted(lines, key=lambda line: -_srm(line))
    for _, same in groupby(by_multiplier, key=_srm):
        together = tuple(same)
        for start in range(0, len(together), HABITATS_A_ROW):
            yield together[start : start + HABITATS_A_ROW]


def _cells(view: QuoteView, row: _Row, number: int, rows: int) -> Mapping[str, str]:
    admin = view.priced.net_of(LineKind.ADMIN_FEE) if number == 0 else ZERO
    letter = _letter(number) if rows > 1 else ""
    value = row.units_gbp + row.fees + row.rest + admin
    multiplier = _written(1 / _srm(row.lines[0])) if row.lines else ""
    return {
        "B": _text(view.customer.company or view.customer.name),
        "C": _text("; ".join(words.development(view))).replace(",", ";"),
        "D": _text(view.label + letter),
        "T": _text(_notes(view, row)),
        "AC": _text(_bank(row.group)),
        "AD": multiplier,
        "AE": f"{row.credited:.4f}",
        "AF": f"{value:.2f}",
        "AH": _text("; ".join(view.site_lpas)),
        "AI": _text("; ".join(view.site_ncas)),
        "AK": _text(view.introducer or "Direct"),
        "AL": f"{words.quote_day(view):%d/%m/%Y}",
        "AM": str((view.valid_until - words.quote_day(view)).days) if view.valid_until else "",
        "AN": f"{view.valid_until:%d/%m/%Y}" if view.valid_until else "",
        "AR": f"{admin:.2f}" if number == 0 else "",
        "AT": f"{row.units_gbp:.2f}",
        "AU": f"{row.credited:.4f}",
        **_habitats(row.lines),
    }


def _price_text(price: Decimal) -> str:
    """Return a price with pence, and with all decimals where it is finer."""
    whole = round_money(price)
    return f"{whole:.2f}" if whole == price else f"{price.normalize():f}"


def _habitats(lines: Sequence[QuoteLine]) -> dict[str, str]:
    letters = column_letters()
    start = letters.index(FIRST_HABITAT)
    cells: dict[str, str] = {}
    for number, line in enumerate(lines):
        price = line.price_gbp
        values = (
            _text(line.what),
            f"{_credited(line):.4f}",
            f"{_four(line.units or ZERO):.4f}",
            "",
            "" if price is None else _price_text(price),
            "",
            f"{line.net_gbp:.2f}",
        )
        place = start + number * len(_OF_A_HABITAT)
        cells.update(zip(letters[place:], values, strict=False))
    return cells


def _notes(view: QuoteView, row: _Row) -> str:
    parts = [words.state_words(view)]
    if row.group.kind is not LineKind.UNITS:
        parts += [line.description for line in row.group.lines]
    if row.fees:
        parts.append(f"contract value with the bank's fee of {pounds(row.fees)}")
    if row.discount_gbp:
        parts.append(f"prices inc SRM after {pounds(row.discount_gbp)} off list prices")
    return "; ".join(parts)


def _own(row: _Row) -> tuple[str, ...]:
    return (row.group.kind.value, f"{row.discount_gbp:.2f}", f"{row.fees:.2f}")


def _own_of_quote(view: QuoteView) -> tuple[str, ...]:
    plan, priced = view.plan, view.priced
    texts = (
        words.state_words(view),
        f"{view.revision} of {view.latest_revision}",
        words.reading(plan),
        plan.status.value,
        plan.proof,
        "; ".join(f"{name}: {text}" for name, text in view.sources.items()),
        ", ".join(f"{name} {version}" for name, version in plan.versions.items()),
        view.market_snapshot,
        view.scenario,
    )
    sums = (priced.net_gbp, priced.vat_gbp, priced.gross_gbp)
    return (*(f"{amount:.2f}" for amount in sums), *map(_text, texts))


def _bank(group: Group) -> str:
    if group.kind is LineKind.ADMIN_FEE:
        return ""
    if group.kind is not LineKind.UNITS:
        return group.title
    return " - ".join(dict.fromkeys(part for part in (group.bank_id, group.bank_name) if part))


def _srm(line: QuoteLine) -> Decimal:
    return line.srm or Decimal(1)


def _credited(line: QuoteLine) -> Decimal:
    units = line.units or ZERO
    return _four(units * _srm(line) if line.delivered_units is None else line.delivered_units)


def _four(units: Decimal) -> Decimal:
    return units.quantize(SHOWN, ROUND_HALF_UP)


def _written(number: Decimal) -> str:
    """Return a multiplier as the workbook has it: 1, 1.3333, 2."""
    return f"{_four(number).normalize():f}"


def _letter(number: int) -> str:
    """Return a, b, … z, aa, ab, …."""
    first, last = divmod(number, len(ascii_lowercase))
    return (_letter(first - 1) if first else "") + ascii_lowercase[last]


def _text(text: str) -> str:
    """Return text of others for a cell: one line, and never a formula."""
    return guard_formula(plain(text).strip())
