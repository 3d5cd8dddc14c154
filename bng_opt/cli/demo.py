"""The command ``demo``: metric and market to purchase, quote and documents, in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

import typer

from bng_opt.cli import options as given
from bng_opt.cli.inputs import Job, read_job
from bng_opt.cli.running import check_folder, say_answer, search
from bng_opt.errors import ExitStatus

if TYPE_CHECKING:
    from bng_opt.quotes import QuoteBook, QuoteView
    from bng_opt.quotes.documents import Documents

LPA, NCA = "Stratford-on-Avon", "Dunsmore and Feldon"
WATERBODY = "GB109054043880"
CUSTOMER, COMPANY = "Ms J. Example", "Brook Farm Developments Ltd (fictional)"
EMAIL = "client@example.org"
SELLER = {
    "seller_name": "Demonstration Brokers Ltd (fictional)",
    "seller_address": "1 Example Street\nStratford-on-Avon",
    "seller_email": "quotes@example.org",
}
STORE, DEAL = "store.sqlite", "quote"


def demo(out: given.Out = Path("out"), as_json: given.Json = False) -> int:
    """Do the main job: metric and market to purchase, quote and documents, on a store in OUT."""
    from bng_opt.output import write_plan
    from bng_opt.quotes import hand_over, show_quote
    from bng_opt.quotes.report import quote_dict, quote_text
    from bng_opt.resources import data_dir

    folder, out = data_dir() / "demo", out or Path("out")
    options = {
        "metric": _near(folder / "metric.xlsx"),
        "market": _near(folder / "market"),
        "lpa": [LPA],
        "nca": [NCA],
        "waterbody": [WATERBODY],
        "out": out,
    }
    typer.echo(_introduction(options) + "\n", err=as_json)
    check_folder(options)
    job = read_job(options)
    plan = search(job, cached=True)
    files = write_plan(plan, out)
    with _demo_book(out) as book:
        reference = _quote(book, job, _near(folder / "market"))
        documents, paths = hand_over(book, reference, out / DEAL)
        view = show_quote(book, reference)
    texts = [
        plan.summary(),
        quote_text(view),
        "Wrote " + ", ".join(map(str, files)),
        _closing(view, options, paths, documents),
    ]
    document = {**plan.as_dict(), "quote": quote_dict(view), "documents": [str(p) for p in paths]}
    say_answer(document, texts, as_json)
    return ExitStatus.DONE


@contextmanager
def _demo_book(out: Path) -> Iterator[QuoteBook]:
    from bng_opt.market.store import open_store
    from bng_opt.quotes import QuoteBook
    from bng_opt.runtime.cache import Cache
    from bng_opt.settings import Settings

    settings = Settings(database=str(out / STORE), **SELLER)
    with open_store(settings.database) as store:
        yield QuoteBook(store, settings, "Demonstration", Cache(settings))


def _quote(book: QuoteBook, job: Job, market: Path) -> str:
    """Put the market into the store, quote on it and reserve the stock."""
    from bng_opt.market.store.customers import Customer
    from bng_opt.market.store.imports import import_market
    from bng_opt.quotes import Need, create_quote, list_quotes, revise_quote, terms_for

    import_market(book.store, market, by=book.by)
    need = Need(job.requirement, job.site, job.policy, terms_for(book.store, book.settings))
    if earlier := list_quotes(book):
        # Run again, the demonstration quotes again: its own stock stays its own.
        revise_quote(
            book,
            earlier[0].reference,
            change_need=lambda _: need,
            reason="demonstration run again",
        )
        return earlier[0].reference
    return create_quote(book, need, Customer(CUSTOMER, COMPANY, EMAIL), reserve=True)


def _introduction(options: Mapping[str, Any]) -> str:
    words = ["bng-opt", "optimise"]
    for name, value in options.items():
        words += [f"--{name}", *(value if isinstance(value, list) else [str(value)])]
    lines = (
        "Demonstration: project, banks, stock and prices are invented; places and rules are real.",
        f"Reading  {options['metric']} (what the project lacks)",
        f"         {options['market']} (what the banks sell)",
        "By hand: " + _folded(words),
    )
    return "\n".join(lines)


def _closing(
    view: QuoteView, options: Mapping[str, Any], paths: Sequence[Path], documents: Documents
) -> str:
    store = str(options["out"] / STORE)
    lines = [
        f"Quote {view.label} is in {store}, its stock is reserved. Its documents:",
        *(f"  {path}" for path in paths),
        *(f"  Not made: {finding}" for finding in documents.not_made),
        "By hand: " + join(["bng-opt", "quote", "show", view.reference, "--store", store]),
    ]
    return "\n".join(lines)


def _folded(words: Sequence[str]) -> str:
    """Return a command for the shell, with a line for every option."""
    return join(words).replace(" --", " \\\n           --")


def _near(path: Path) -> Path:
    """Return the path from here, where that is shorter to read."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
