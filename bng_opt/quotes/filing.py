"""A quote's purchase in the official workbook."""

from __future__ import annotations

from bng_opt.certificate import FiledPlan, file_plan
from bng_opt.metric.package import Source
from bng_opt.quotes.book import QuoteBook
from bng_opt.quotes.showing import check_quote


def file_quote(
    book: QuoteBook,
    reference: str,
    metric: Source,
    name: str | None = None,
    *,
    revision: int | None = None,
    calculate: bool = True,
) -> FiledPlan:
    """Return the development's workbook with a quote's purchase filled in.

    Lines from outside the market aren't in it: nothing is known of them on the ground.

    Parameters
    ----------
    book, reference, revision
        The quote; its newest revision by default. It is verified again.
    metric, name, calculate
        As for :func:`bng_opt.certificate.file_plan`.

    Raises
    ------
    InputError
        If there is no such quote, or the workbook can't be filled in, with all findings.
    VerificationError
        If the quote isn't what was kept.
    OfficeError
        If LibreOffice is to calculate it and isn't installed, or fails.
    """
    content = check_quote(book, reference, revision=revision)
    return file_plan(
        content.plan, content.list_market, metric, name,
        requirement=content.need.requirement, calculate=calculate,
    )  # fmt: skip
