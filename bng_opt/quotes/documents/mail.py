"""The letter that takes a quote to the client: a draft that any mail program opens.

Headers are made of parsed addresses and text without control characters, so that no name
can add a header of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bng_opt.errors import Finding
from bng_opt.optimiser.text_table import RULE, Column, plain, text_table, wrapped
from bng_opt.quantities import pounds, units_text
from bng_opt.quotes.documents import words
from bng_opt.quotes.documents.document import Document
from bng_opt.quotes.documents.groups import Group, groups_of
from bng_opt.quotes.documents.html import render
from bng_opt.quotes.documents.report import report_values
from bng_opt.quotes.view import Party, QuoteView

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
_LONGEST_ADDRESS = 254
"""RFC 5321."""
_LONGEST_NAME, _LONGEST_SUBJECT = 80, 160
"""What is longer no mail program shows [characters]."""

# Python folds long names inside encoded words and puts blanks there: one line a header, which
# RFC 5322 lets be 998 characters long.
_POLICY = SMTP.clone(max_line_length=998)


def mail_bytes(view: QuoteView, attached: Iterable[Document]) -> tuple[bytes, tuple[Finding, ...]]:
    """Return the letter, and what it lacks.

    Parameters
    ----------
    attached
        The files that go with it: the report as a PDF, or as HTML where none was made.
    """
    message = EmailMessage(policy=_POLICY)
    lacking: list[Finding] = []
    for header, role, party in (("From", "seller", view.seller), ("To", "customer", view.customer)):
        address = _address(party)
        if address is None:
            lacking.append(_no_address(header, role, party))
        else:
            message[header] = address
    message["Subject"] = _subject(view)
    message["Date"] = format_datetime(view.sent_at or view.made_at)
    # Mail programs open what is marked so as a draft, ready to be read and sent.
    message["X-Unsent"] = "1"
    html = render("mail.html.j2", report_values(view))
    message.set_content(_text(view), cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for document in attached:
        main, _, sub = document.media_type.partition(";")[0].partition("/")
        message.add_attachment(
            document.content, maintype=main, subtype=sub, filename=document.file_name
        )
    _set_boundaries(message, view)
    return message.as_bytes(), tuple(lacking)


def _subject(view: QuoteView) -> str:
    state = f" ({words.banners(view)[0].title})" if words.banners(view) else ""
    project = f": {view.project}" if view.project else ""
    return _short(f"Quote {view.label}{state}{project}", _LONGEST_SUBJECT)


def _short(text: str, most: int) -> str:
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _address(party: Party) -> Address | None:
    email = party.email.strip()
    if len(email) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        return None
    return Address(_short(party.name or party.company, _LONGEST_NAME), addr_spec=email)


def _no_address(header: str, role: str, party: Party) -> Finding:
    what = f"{plain(party.email)!r} is no e-mail address" if party.email else "there is none"
    return Finding(
        f"The e-mail has no {header}: of the {role}'s address, {what}.",
        f"Correct the {role}'s e-mail address, or fill it in before you send it.",
    )


def _set_boundaries(message: EmailMessage, view: QuoteView) -> None:
    """Replace the random boundaries: the same quote gives the same file."""
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{view.scenario[:24]}_{number}_=")


def _text(view: QuoteView) -> str:
    return "\n".join(line for block in _blocks(view) for line in [*block, ""])


def _blocks(view: QuoteView) -> Iterable[list[str]]:
    values = report_values(view)
    plan, priced = view.plan, view.priced
    for banner in words.banners(view):
        yield ["*" * 72, *wrapped(banner.title.upper()), *wrapped(banner.text), "*" * 72]
    yield wrapped(f"Dear {view.customer.name or view.customer.company or 'client'},")
    yield wrapped(f"Quote {view.label} for {view.project or 'biodiversity units'}.")
    yield wrapped(str(values["result"]))
    yield list(_sums(view))
    if values["comparison"]:
        yield wrapped(values["comparison"])
    yield wrapped(f"{plan.proof} {words.proven_cost(plan)}")
    yield wrapped(values["checks_line"])
    if plan.warnings:
        yield ["To watch", *(line for w in plan.warnings for line in wrapped(f"- {w}", hang=2))]
    yield [line for note in priced.notes for line in wrapped(note)]
    yield [line for f in words.state_facts(view) for line in wrapped(f"{f[0]}: {f[1]}", hang=2)]
    yield [line for f in words.provenance(view) for line in wrapped(f"{f[0]}: {f[1]}", hang=2)]
    yield wrapped(words.how_to_verify(view))
    yield [line for n in (*words.NOTICES, words.LICENCES) for line in wrapped(n, hang=2)]
    yield [plain(part) for part in (view.seller.name, view.seller.company) if part]


def _sums(view: QuoteView) -> Iterable[str]:
    priced = view.priced
    rows: list[list[str] | tuple[str, ...]] = []
    for group in groups_of(priced):
        rows += _group_rows(group)
    sums = [("Total before VAT", priced.net_gbp)]
    sums += [(priced.vat_words, priced.vat_gbp)]
    sums += [("Total with VAT", priced.gross_gbp)]
    rows += [tuple(RULE), *([name, "", pounds(amount)] for name, amount in sums)]
    columns = (Column("What", flexible=True), Column("Units", right=True))
    yield from text_table((*columns, Column("Net", right=True)), rows)


def _group_rows(group: Group) -> Iterable[list[str]]:
    yield [group.title, "", ""]
    for line in group.lines:
        units = "" if line.units is None else units_text(line.units)
        yield [f"- {line.what}", units, pounds(line.net_gbp)]
    if len(group.lines) > 1:
        yield ["  Subtotal", "", pounds(group.net_gbp)]
