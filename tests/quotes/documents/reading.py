"""Read the documents back, as whoever receives them would."""

from __future__ import annotations

import csv
import email
import re
from decimal import Decimal
from email.message import EmailMessage
from email.policy import default
from io import BytesIO, StringIO

from bs4 import BeautifulSoup
from pypdf import PdfReader

from bng_opt.quotes.documents import Document

_POUNDS = re.compile(r"-?£[\d,]+\.\d\d")


def soup_of(document: Document) -> BeautifulSoup:
    return BeautifulSoup(document.content, "html.parser")


def html_text(document: Document) -> str:
    return " ".join(soup_of(document).get_text(" ").split())


def pdf_text(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def mail_of(document: Document) -> EmailMessage:
    message = email.message_from_bytes(document.content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def csv_rows(document: Document) -> list[dict[str, str]]:
    text = document.content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def sums_in(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """Return net, VAT and gross where a text states them for the last time, in this order."""
    at = text.rindex("Total before VAT")
    # What bears VAT stands in the line's words, where that isn't all.
    words = re.sub(r"VAT at ([0-9.]+%) on £[0-9,.]+", r"VAT at \1", text[at : at + 400])
    amounts = [amount(found) for found in _POUNDS.findall(words)]
    # With discounts the net total stands after the list total and what comes off it.
    skip = len(_POUNDS.findall(words[: words.index("VAT at")])) - 1
    return amounts[skip], amounts[skip + 1], amounts[skip + 2]


def amount(text: str) -> Decimal:
    return Decimal(text.replace("£", "").replace(",", ""))
