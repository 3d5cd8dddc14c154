"""E-mail messages: subject, text and page, and reports attached as far as they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from bng_opt.batch.delivery.addresses import read_sender
from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.folder import check_whole
from bng_opt.batch.report_run import Format, OutputFile, ReportRun
from bng_opt.errors import Finding

_KINDS = {
    Format.PDF: ("application", "pdf"),
    Format.HTML: ("text", "html"),
    Format.NOTEBOOK: ("application", "x-ipynb+json"),
}
_MB = 1_000_000
_IN_BASE64 = 1.37
"""So much longer is a file in base64, with a line break after every 76 characters."""


@dataclass(frozen=True)
class Attachment:
    """A file to attach."""

    file: OutputFile
    form: Format

    @classmethod
    def of(cls, runs: Sequence[ReportRun], forms: Sequence[Format]) -> tuple[Attachment, ...]:
        """Return the files of these forms that runs have."""
        return tuple(
            cls(run.files[form], form) for run in runs for form in forms if form in run.files
        )


@dataclass(frozen=True)
class Draft:
    """What a message says, and what goes with it.

    Attributes
    ----------
    subject
        In one line.
    text, page
        Make both bodies, given a note on what isn't attached.
    choices
        What to attach: the first choice that fits, each with the note to make of it.
    """

    subject: str
    text: Callable[[str], str]
    page: Callable[[str], str]
    choices: tuple[tuple[tuple[Attachment, ...], str], ...] = (((), ""),)


def reports_to_attach(
    runs: Sequence[ReportRun],
) -> tuple[tuple[tuple[Attachment, ...], str], ...]:
    """Return what may be attached of reports: all that people read, or the PDFs alone.

    Notebooks are attached where nothing else was made.
    """
    both = Attachment.of(runs, (Format.PDF, Format.HTML))
    if not both:
        return ((Attachment.of(runs, (Format.NOTEBOOK,)), ""),)
    pdfs = Attachment.of(runs, (Format.PDF,))
    if len(pdfs) < len(runs) or len(pdfs) == len(both):
        return ((both, ""),)
    return ((both, ""), (pdfs, "The HTML pages were too large to be attached as well."))


def compose(
    draft: Draft, folder: Path, *, sender: str, to: str, message_id: str, at: datetime,
    limit_mb: float,
) -> bytes:  # fmt: skip
    """Return a message as it is sent, with as much attached as fits.

    Parameters
    ----------
    folder
        Where the attached files are.
    sender
        An address, with or without a name before it.
    to
        An address.
    message_id
        The same for each try, so that a message that comes twice can be told.
    at
        When it was written.
    limit_mb
        How large it may be [MB].

    Raises
    ------
    DeliveryError
        For good, if it would be too large, or a file is no longer as it was made.
    """
    limit = limit_mb * _MB
    needed = 0.0
    for attachments, note in draft.choices:
        check_whole([each.file for each in attachments], folder)
        sizes = ((folder / each.file.name).stat().st_size for each in attachments)
        needed = _IN_BASE64 * sum(sizes)
        if needed > limit:
            continue
        message = _message(draft, note, sender, to, message_id, at)
        for each in attachments:
            kind, subkind = _KINDS[each.form]
            content = (folder / each.file.name).read_bytes()
            message.add_attachment(content, maintype=kind, subtype=subkind, filename=each.file.name)
        written = message.as_bytes()
        needed = len(written)
        if needed <= limit:
            return written
    raise DeliveryError(
        Finding(
            f"The message would be {needed / _MB:.1f} MB, above smtp_limit_mb = {limit_mb:g}.",
            "Give the schedule a folder to deliver to, or formats = ['pdf']; or raise the limit, "
            "if the server takes more.",
        ),
        for_good=True,
    )


def _message(
    draft: Draft, note: str, sender: str, to: str, message_id: str, at: datetime
) -> EmailMessage:
    # Seven bits: not every server on the way takes more.
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    name, address = read_sender(sender)
    # Each part is set by itself: a line break in one is refused, not taken for a new header.
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(draft.text(note))
    message.add_alternative(draft.page(note), subtype="html")
    return message
