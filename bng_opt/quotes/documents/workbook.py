"""A quote as an .xlsx workbook whose sums are formulas, each with its value beside it.

Units, prices and discounts are the inputs; amounts, nets, subtotals, VAT and totals follow
from them. A viewer that doesn't calculate shows the values, which are the quote's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from bng_opt.cells import cell_text
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.report import checks_line
from bng_opt.quantities import round_money
from bng_opt.quotes.documents import words
from bng_opt.quotes.documents.groups import Group, groups_of
from bng_opt.quotes.documents.report import credits_words, result_of
from bng_opt.quotes.documents.sheet import Page, formats_of
from bng_opt.quotes.lines import VAT_FREE, QuoteLine
from bng_opt.quotes.view import QuoteView

_UNITS, _SRM, _COUNTS, _PRICE, _AMOUNT, _DISCOUNT, _NET = range(3, 10)
_COLUMNS = (
    ("What", 52),
    ("Ledger", 13),
    ("Stock line", 16),
    ("Units", 11),
    ("Multiplier", 11),
    ("Counts as", 11),
    ("Price per unit", 15),
    ("At list price", 16),
    ("Discount", 15),
    ("Net", 16),
)
_MONEY_COLUMNS = (_AMOUNT, _DISCOUNT, _NET)


def quote_workbook(view: QuoteView) -> bytes:
    """Return the quote as a workbook of four sheets: Quote, Needs, Checks, Sources."""
    buffer = BytesIO()
    # Text stays text whatever it begins with.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(buffer, options)
    book.set_properties(
        {
            "title": cell_text(f"Quote {view.label}"),
            "author": cell_text(view.seller.company or view.seller.name),
            "subject": cell_text(view.project),
            "comments": cell_text(f"{words.state_words(view)}. Scenario {view.scenario}"),
            "created": view.made_at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    formats = formats_of(book)
    for name, write in (
        ("Quote", _quote),
        ("Needs", _needs),
        ("Checks", _checks),
        ("Sources", _sources),
    ):
        sheet = book.add_worksheet(name)
        _prepare(sheet, view)
        write(Page(sheet, formats), view)
    book.close()
    return buffer.getvalue()


def _prepare(sheet: Any, view: QuoteView) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # The label has no sign that means something in a footer; the state's words are ours.
    sheet.set_footer(f"&LQuote {view.label}&C{words.state_words(view)}&RPage &P of &N")


def _quote(page: Page, view: QuoteView) -> None:
    page.set_widths(width for _, width in _COLUMNS)
    _top(page, view)
    _heads(page, [name for name, _ in _COLUMNS], right_from=_UNITS)
    page.sheet.repeat_rows(page.row - 1)
    page.sheet.freeze_panes(page.row, 1)
    for group in groups_of(view.priced):
        _group(page, group)
    _totals(page, view)


def _top(page: Page, view: QuoteView) -> None:
    page.text(0, f"Quote {view.label}", "title")
    page.next_row()
    for banner in words.banners(view):
        page.text(0, banner.title.upper(), "alarm")
        page.next_row()
    client = ", ".join(part for part in (view.customer.company, view.customer.name) if part)
    seller = ", ".join(part for part in (view.seller.company, view.seller.name) if part)
    facts = [("Project", view.project), ("For", client), ("From", seller)]
    facts += [*words.state_facts(view), ("Result", result_of(view.priced))]
    facts += [("Proof", view.plan.proof), ("Reading of the law", words.reading(view.plan))]
    facts += [("Note", note) for note in view.priced.notes]
    for name, text in facts:
        page.text(0, name)
        page.sheet.merge_range(page.row, 1, page.row, _NET, "", page.formats["text"])
        page.text(1, text, columns=_NET)
        page.next_row()
    page.next_row()


def _heads(page: Page, names: Iterable[str], right_from: int) -> None:
    for column, name in enumerate(names):
        page.text(column, name, "head_right" if column >= right_from else "head")
    page.next_row()


def _group(page: Page, group: Group) -> None:
    page.text(0, group.title, "bold")
    page.next_row()
    first = page.row
    for line in group.lines:
        _line(page, line)
        page.next_row()
    page.text(0, f"Subtotal {group.title}", "sum_text")
    for column, value in zip(_MONEY_COLUMNS, _money(group), strict=True):
        cells = f"{page.cell(column, first)}:{page.cell(column, page.row - 1)}"
        page.formula(column, f"SUM({cells})", value, "sum")
    page.subtotals.append(page.row)
    if group.kind in VAT_FREE:
        page.vat_free.append(page.row)
    page.next_row()


def _line(page: Page, line: QuoteLine) -> None:
    for column, text in enumerate((line.what, line.ledger, line.stock_id)):
        page.text(column, text or "")
    figures = (
        (_UNITS, line.units, "units"),
        (_SRM, line.srm, "srm"),
        (_PRICE, line.price_gbp, "price"),
    )
    for column, number, style in figures:
        if number is not None:
            page.number(column, number, style)
    _counts_as(page, line)
    _amount(page, line)
    page.number(_DISCOUNT, line.discount_gbp, "money")
    net = f"{page.cell(_AMOUNT)}-{page.cell(_DISCOUNT)}"
    page.formula(_NET, net, line.net_gbp, "money")


def _counts_as(page: Page, line: QuoteLine) -> None:
    if line.delivered_units is None:
        return
    follows = line.units is not None and line.srm is not None
    if follows and line.units * line.srm == line.delivered_units:  # type: ignore[operator]
        product = f"{page.cell(_UNITS)}*{page.cell(_SRM)}"
        page.formula(_COUNTS, product, line.delivered_units, "units")
    else:
        page.number(_COUNTS, line.delivered_units, "units")


def _amount(page: Page, line: QuoteLine) -> None:
    """Write units times price; an amount that isn't their product stays the number it is."""
    known = line.units is not None and line.price_gbp is not None
    if known and round_money(line.units * line.price_gbp) == line.amount_gbp:  # type: ignore[operator]
        product = f"ROUND({page.cell(_UNITS)}*{page.cell(_PRICE)},2)"
        page.formula(_AMOUNT, product, line.amount_gbp, "money")
    else:
        page.number(_AMOUNT, line.amount_gbp, "money")


def _totals(page: Page, view: QuoteView) -> None:
    priced = view.priced
    page.text(0, "Total before VAT", "total_text")
    for column, value in zip(_MONEY_COLUMNS, _money(priced), strict=True):
        cells = "+".join(page.cell(column, row) for row in page.subtotals)
        page.formula(column, f"ROUND({cells or '0'},2)", value, "total")
    net = page.cell(_NET)
    page.next_row()
    page.text(0, priced.vat_words, "sum_text")
    page.number(_DISCOUNT, priced.vat_rate, "rate")
    vat = page.cell(_NET)
    free = "".join(f"-{page.cell(_NET, row)}" for row in page.vat_free)
    bearing = f"({net}{free})" if free else net
    page.formula(_NET, f"ROUND({bearing}*{page.cell(_DISCOUNT)},2)", priced.vat_gbp, "sum")
    page.next_row()
    page.text(0, "Total with VAT", "total_text")
    page.formula(_NET, f"{net}+{vat}", priced.gross_gbp, "total")


def _money(sums: Any) -> tuple[Decimal, Decimal, Decimal]:
    return sums.amount_gbp, sums.discount_gbp, sums.net_gbp


def _needs(page: Page, view: QuoteView) -> None:
    page.set_widths((13, 52, 52, 70, 12))
    _heads(page, ("Ledger", "Need", "Rule", "Met by", "Units"), right_from=4)
    page.sheet.repeat_rows(0)
    page.sheet.freeze_panes(1, 0)
    for need in needs_met(view.plan):
        for column, text in enumerate((need.ledger, need.target, need.rule, "in all")):
            page.text(column, text, "bold")
        cells = f"{page.cell(4, page.row + 1)}:{page.cell(4, page.row + len(need.sources))}"
        page.formula(4, f"SUM({cells})", need.units, "units_bold")
        page.next_row()
        for source in need.sources:
            page.text(3, source.words)
            page.number(4, source.units, "units")
            page.next_row()


def _checks(page: Page, view: QuoteView) -> None:
    page.set_widths((44, 10, 90))
    page.text(0, checks_line(view.plan), "note")
    page.next_row()
    _heads(page, ("Rule", "Holds", "What was found"), right_from=3)
    for check in view.plan.checks:
        _texts(page, (check.rule, "yes" if check.ok else "NO", check.detail))


def _sources(page: Page, view: QuoteView) -> None:
    page.set_widths((24, 110))
    _heads(page, ("What", "Text"), right_from=2)
    facts = [*words.provenance(view), ("The proof", words.proven_cost(view.plan))]
    facts += [("VAT", f"{view.priced.vat_words}, shown apart")]
    if comparison := credits_words(view):
        facts.append(("Statutory credits", comparison))
    facts += [(f"To watch {n}", str(w)) for n, w in enumerate(view.plan.warnings, 1)]
    facts += [("How to verify it", words.how_to_verify(view))]
    facts += [("Notice", notice) for notice in (*words.NOTICES, words.LICENCES)]
    for fact in facts:
        _texts(page, fact)


def _texts(page: Page, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts):
        page.text(column, text)
    page.next_row()
