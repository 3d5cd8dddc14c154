"""The commands ``bng-opt quote``: quote, revise, reserve, sell, hand over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bng_opt.cli import options as given
from bng_opt.cli.certificate import filed_text
from bng_opt.cli.inputs import Params, gather, read_policy, read_requirement, read_site, read_wishes
from bng_opt.cli.quote_lines import read_charges, read_outside, read_pairs
from bng_opt.cli.running import interruptible, say_answer
from bng_opt.cli.store import ByOption, StoreOption, opened, say_table, settings_of, word
from bng_opt.errors import ExitStatus, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.metric.requirement import Requirement
    from bng_opt.quotes import Change, Charge, Need, QuoteBook, QuoteView

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_WHO, _TERMS, _LINES = "Client", "Terms", "Lines"
Names = list[str] | None
Reference = Annotated[str, typer.Argument(help="Of the quote, as BNG-2026-00001.")]
Revision = Annotated[
    int | None, typer.Option("--revision", help="An older one; the newest otherwise.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.", show_default=False)]
Offset = Annotated[
    bool | None,
    typer.Option("--surplus-offset/--no-surplus-offset", rich_help_panel=_TERMS,
                 help="Give the on-site surplus offset discount; off by default."),
]  # fmt: skip
Charges = Annotated[
    Names,
    typer.Option("--charge", metavar="TEXT=POUNDS", rich_help_panel=_LINES,
                 help="A charge by hand that is no units; may be repeated."),
]  # fmt: skip
Outside = Annotated[
    Path | None,
    typer.Option("--outside", metavar="CSV", rich_help_panel=_LINES, show_default=False,
                 help="Units from outside the market: description, habitat, units, price_gbp, "
                 "srm, supplier."),
]  # fmt: skip


@app.command(cls=given.SeveralValues, epilog=given.EPILOG)
def create(
    ctx: typer.Context,
    customer: Annotated[str, typer.Option("--customer", rich_help_panel=_WHO)],
    company: Annotated[str, typer.Option("--company", rich_help_panel=_WHO)] = "",
    email: Annotated[str, typer.Option("--email", rich_help_panel=_WHO)] = "",
    phone: Annotated[str, typer.Option("--phone", rich_help_panel=_WHO)] = "",
    address: Annotated[str, typer.Option("--address", rich_help_panel=_WHO)] = "",
    project: Annotated[str, typer.Option("--project", rich_help_panel=_WHO)] = "",
    introducer: Annotated[str, typer.Option("--introducer", rich_help_panel=_TERMS)] = "",
    surplus_offset: Offset = None,
    outside: Outside = None,
    charge: Charges = None,
    reserve: Annotated[bool, typer.Option("--reserve", help="Reserve its stock at once.")] = False,
    metric: given.Metric = None,
    requirement: given.Table = None,
    lpa: given.Lpa = None,
    nca: given.Nca = None,
    postcode: given.Postcode = None,
    point: given.Point = None,
    grid_reference: given.GridReference = None,
    waterbody: given.Waterbody = None,
    operational_catchment: given.Catchment = None,
    marine_plan_area: given.Marine = None,
    neighbour: given.Neighbour = None,
    not_neighbour: given.NotNeighbour = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_use: given.MustUse = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    gap_gbp: given.Gap = None,
    time_limit: given.TimeLimit = None,
    no_cache: given.NoCache = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Find the cheapest lawful purchase on the store's market and keep it as a draft quote."""
    from bng_opt.market.store.customers import Customer
    from bng_opt.quotes import Need, create_quote, terms_for

    read = gather(
        {
            "requirement": lambda: read_requirement(ctx.params),
            "site": lambda: read_site(ctx.params),
            "policy": lambda: read_policy(ctx.params),
            "customer": lambda: Customer(customer, company, email, phone, address),
            "outside": lambda: read_outside(outside),
            "charges": lambda: read_charges(charge),
        }
    )
    with _book(store, by, make=False, cached=not no_cache) as book, interruptible():
        terms = terms_for(
            book.store,
            book.settings,
            introducer=introducer,
            surplus_offset=bool(surplus_offset),
            outside=read["outside"],
            charges=read["charges"],
        )
        need = Need(read["requirement"], read["site"], read["policy"], terms)
        reference = create_quote(
            book, need, read["customer"], introducer=introducer, project=project, reserve=reserve
        )
        return _say_quote(book, reference, as_json, made=True)


@app.command(cls=given.SeveralValues, epilog=given.EPILOG)
def revise(
    ctx: typer.Context,
    reference: Reference,
    remove: Annotated[
        Names, typer.Option("--remove", metavar="STOCK", rich_help_panel=_LINES,
                            help="Take a stock line out; may be repeated.")
    ] = None,
    add: Annotated[
        Names, typer.Option("--add", metavar="STOCK=UNITS", rich_help_panel=_LINES,
                            help="Buy so many units more of a stock line; may be repeated.")
    ] = None,
    units: Annotated[
        Names, typer.Option("--units", metavar="STOCK=UNITS", rich_help_panel=_LINES,
                            help="Buy just so many units of a stock line; may be repeated.")
    ] = None,
    surplus_offset: Offset = None,
    outside: Outside = None,
    charge: Charges = None,
    remove_charge: Annotated[
        Names,
        typer.Option("--remove-charge", metavar="TEXT", rich_help_panel=_LINES,
                     help="Take a charge out; may be repeated."),
    ] = None,
    reset_wishes: Annotated[
        bool,
        typer.Option("--reset-wishes", help="Forget the earlier wishes, such as a bank limit."),
    ] = False,
    reason: Reason = "",
    metric: given.Metric = None,
    requirement: given.Table = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_use: given.MustUse = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    gap_gbp: given.Gap = None,
    time_limit: given.TimeLimit = None,
    no_cache: given.NoCache = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:  # fmt: skip
    """Quote again on the market as it is now; the old revision is kept.

    Without lines the cheapest purchase is found afresh; with lines just these changes are
    made, verified and priced as a whole.
    """
    from bng_opt.quotes import revise_quote

    read = gather(
        {
            "change": lambda: _read_change(units, add, remove),
            "wishes": lambda: read_policy(ctx.params),
            "requirement": lambda: _given_requirement(ctx.params),
            "outside": lambda: read_outside(outside),
            "charges": lambda: read_charges(charge),
        }
    )

    def changed(need: Need) -> Need:
        return _changed_need(need, ctx.params, read)

    with _book(store, by, make=False, cached=not no_cache) as book, interruptible():
        revise_quote(book, reference, change_need=changed, change=read["change"], reason=reason)
        return _say_quote(book, reference, as_json, made=True)


def _read_change(units: Names, add: Names, remove: Names) -> Change | None:
    from bng_opt.quotes import Change

    change = Change(read_pairs("--units", units), read_pairs("--add", add), frozenset(remove or ()))
    return change if change != Change() else None


def _given_requirement(params: Params) -> Requirement | None:
    given_one = params.get("metric") or params.get("requirement")
    return read_requirement(params) if given_one else None


def _changed_need(need: Need, params: Params, read: Mapping[str, Any]) -> Need:
    """Return a need with what the command line changes of it; the rest stays."""
    from dataclasses import replace

    from bng_opt.optimiser.policy import Policy

    earlier = {} if params["reset_wishes"] else dict(need.policy)
    policy = Policy(**{**earlier, **read_wishes(params)})
    offset = params["surplus_offset"]
    terms = replace(
        need.terms,
        surplus_offset=need.terms.surplus_offset if offset is None else offset,
        outside=read["outside"] if params["outside"] else need.terms.outside,
        charges=_charges(need.terms.charges, read["charges"], params["remove_charge"] or []),
    )
    requirement = read["requirement"] or need.requirement
    return replace(need, requirement=requirement, policy=policy, terms=terms)


def _charges(
    earlier: Sequence[Charge], more: Sequence[Charge], removed: Sequence[str]
) -> tuple[Charge, ...]:
    """Return the earlier charges, less those removed, with the new ones beside them."""
    known = {charge.description for charge in earlier}
    if unknown := sorted(set(removed) - known):
        remedy = f"The charges: {', '.join(sorted(known)) or 'none'}."
        raise InputError(Finding(f'There is no charge "{name}".', remedy) for name in unknown)
    replaced = {*removed, *(charge.description for charge in more)}
    return (*(charge for charge in earlier if charge.description not in replaced), *more)


@app.command(epilog=given.EPILOG)
def show(
    reference: Reference,
    revision: Revision = None,
    check: Annotated[
        bool, typer.Option("--check", help="Verify every rule and figure again first.")
    ] = False,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Show a quote: state, lines, totals, proof."""
    from bng_opt.quotes import check_quote

    with _book(store, None, make=False) as book:
        if check:
            check_quote(book, reference, revision=revision)
        return _say_quote(book, reference, as_json, revision)


@app.command("list", epilog=given.EPILOG)
def list_(
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="draft|sent|accepted|expired|withdrawn|superseded"),
    ] = None,
    search: Annotated[
        str, typer.Option("--search", help="In reference, customer or project.")
    ] = "",
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """List the quotes, the newest first."""
    from bng_opt.market.store.tables import QuoteState
    from bng_opt.quotes import list_quotes

    wanted = word(QuoteState, state, "--state") if state else None
    with _book(store, None, make=False) as book:
        found = [each.as_dict() for each in list_quotes(book, state=wanted, search=search)]
    say_table("quotes", found, as_json, none="No quote matches." if state or search else "")
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def approve(
    reference: Reference,
    approver: Annotated[
        str, typer.Option("--approver", help="An admin of the store; asks for the password.")
    ],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Name who approves a quote of the review threshold or more."""
    from bng_opt.cli.people import ask_password
    from bng_opt.market.store.users import sign_in
    from bng_opt.quotes import approve_quote

    with _book(store, by, make=False) as book:
        password = ask_password(approver, from_stdin=password_stdin, again=False)
        user = sign_in(book.store, approver, password)
        approve_quote(book, reference, approver=user.name)
        return _say_quote(book, reference, as_json)


@app.command(epilog=given.EPILOG)
def send(
    reference: Reference,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Mark a draft as sent: it holds from now on."""
    from bng_opt.quotes import send_quote

    return _step(send_quote, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def reserve(
    reference: Reference,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Set aside the stock of a quote, or hold it longer."""
    from bng_opt.quotes import reserve_stock

    return _step(reserve_stock, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def release(
    reference: Reference,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Give back the stock that a quote holds."""
    from bng_opt.quotes import release_stock

    return _step(release_stock, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def accept(
    reference: Reference,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Turn a quote into a sale of its stock."""
    from bng_opt.quotes import accept_quote

    return _step(accept_quote, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def withdraw(
    reference: Reference,
    reason: Reason = "",
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Take back a draft or a sent quote; its stock is free again."""
    from bng_opt.quotes import withdraw_quote

    def step(book: QuoteBook, reference: str) -> None:
        withdraw_quote(book, reference, reason=reason)

    return _step(step, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def cancel(
    reference: Reference,
    reason: Reason = "",
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Call off a sale; its stock is free again."""
    from bng_opt.quotes import cancel_sale

    def step(book: QuoteBook, reference: str) -> None:
        cancel_sale(book, reference, reason=reason)

    return _step(step, reference, store, by, as_json)


@app.command(epilog=given.EPILOG)
def expire(store: StoreOption = None, by: ByOption = None, as_json: given.Json = False) -> int:
    """Write down which quotes and reservations have expired; for a daily schedule."""
    from bng_opt.quotes import expire_quotes

    with _book(store, by, make=False) as book:
        expired = expire_quotes(book)
    words = f"Expired: {', '.join(expired)}." if expired else "No quote has expired."
    say_answer({"expired": list(expired)}, [words], as_json)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def documents(
    reference: Reference,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where they go.")],
    kind: Annotated[
        Names, typer.Option("--kind", help="Only this kind; may be repeated.", show_default=False)
    ] = None,
    metric: Annotated[
        Path | None,
        typer.Option("--metric", metavar="FILE", show_default=False,
                     help="And this workbook, with the purchase filled in."),
    ] = None,
    revision: Revision = None,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:  # fmt: skip
    """Write a quote's documents: client report, purchase orders, workbook, sales CSV."""
    from bng_opt.certificate.filing import FILED
    from bng_opt.quotes import file_quote, hand_over
    from bng_opt.quotes.documents import DocumentKind
    from bng_opt.whole_files import XLSX, write_whole

    kinds = [word(DocumentKind, each, "--kind") for each in kind] if kind else None
    with _book(store, by, make=False) as book:
        filed = None if metric is None else file_quote(book, reference, metric, revision=revision)
        made, paths = hand_over(book, reference, out, revision=revision, kinds=kinds)
    files = [
        {"kind": str(each.kind), "path": str(path), "media_type": each.media_type}
        for each, path in zip(made.made, paths, strict=True)
    ]
    texts = ["\n".join(f"  {path}" for path in paths), *(str(each) for each in made.not_made)]
    if filed is not None:
        path = out / f"{reference}-{FILED}"
        write_whole(path, filed.data)
        files.append({"kind": "metric", "path": str(path), "media_type": XLSX})
        texts += [f"  {path}", filed_text(filed)]
    document = {
        "files": files,
        "not_made": [finding.as_dict() for finding in made.not_made],
    }
    say_answer(document, texts, as_json)
    return ExitStatus.DONE


@contextmanager
def _book(
    store: str | None, by: str | None, *, make: bool = True, cached: bool = True
) -> Iterator[QuoteBook]:
    from bng_opt.quotes import QuoteBook
    from bng_opt.runtime.cache import Cache
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with opened(settings, make=make) as opened_store:
        cache = Cache(settings) if cached else None
        yield QuoteBook(opened_store, settings, acting_user(settings), cache)


def _step(
    step: Callable[[QuoteBook, str], None],
    reference: str,
    store: str | None,
    by: str | None,
    as_json: bool,
) -> int:
    with _book(store, by, make=False) as book:
        step(book, reference)
        return _say_quote(book, reference, as_json)


def _say_quote(
    book: QuoteBook,
    reference: str,
    as_json: bool,
    revision: int | None = None,
    *,
    made: bool = False,
) -> int:
    """Print a quote; one that was made without proof, and not by hand, has a status of its own."""
    from bng_opt.quotes import show_quote
    from bng_opt.quotes.report import quote_dict, quote_text

    view: QuoteView = show_quote(book, reference, revision=revision)
    say_answer(quote_dict(view), [quote_text(view)], as_json)
    unproven = view.plan.status.value != "optimal" and not view.plan.by_hand
    return ExitStatus.NOT_PROVEN if made and unproven else ExitStatus.DONE
