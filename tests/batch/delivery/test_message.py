"""Messages: what they say, what is attached, and that no text becomes a header."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from bng_opt.batch.delivery.drafts import (
    failure_draft,
    made_draft,
    told_to_recipients,
    undelivered_draft,
)
from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.message import Draft, compose
from tests.batch.delivery.conftest import Made

SOME = b"x" * 60_000
"""Some 82 kB as it is sent."""


def written(draft: Draft, folder: Path, **changed: object) -> bytes:
    values = {
        "sender": "BNG desk <bng@example.org>",
        "to": "ann@example.org",
        "message_id": "monday.1.2",
        "at": datetime(2026, 11, 30, 7, 2, tzinfo=UTC),
        "limit_mb": 20,
    }
    return compose(draft, folder, **{**values, **changed})


def read(draft: Draft, folder: Path, **changed: object) -> EmailMessage:
    return email.message_from_bytes(written(draft, folder, **changed), policy=default)


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    return unwrapped(text.get_content()), unwrapped(page.get_content())


def unwrapped(body: str) -> str:
    return body.replace("\r\n", "\n")


def attached(message: EmailMessage) -> list[str]:
    return [part.get_filename() for part in message.iter_attachments()]


def test_recipients_get_summary_pdf_and_page(made: Made) -> None:
    message = read(made_draft(made.handover(made.sound)), made.folder)
    assert message["Subject"] == "Monday's <market>: Monday 30 November 2026, 07:00"
    assert (message["From"], message["To"]) == ("BNG desk <bng@example.org>", "ann@example.org")
    assert message["Message-ID"] == "<monday.1.2@example.org>"
    assert message["Date"] == "Mon, 30 Nov 2026 07:02:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    text, page = bodies(message)
    assert "* Ash\n  £1,000 for Ash.\n  Nothing cheaper is lawful." in text
    assert "<td>Ash</td><td>£1,000 for Ash.<br>" in page
    assert attached(message) == ["Ash.pdf", "Ash.html"]
    pdf, html = message.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_content()) == ("application/pdf", b"%PDF")
    assert html.get_content_type() == "text/html"


def test_recipients_never_read_of_failures(made: Made) -> None:
    handover = made.handover(made.sound, made.failed)
    raw = written(made_draft(handover), made.folder).decode("ascii")
    message = email.message_from_string(raw, policy=default)
    for body in bodies(message):
        assert "1 of 2 reports." in body
        assert "Brook" not in body
        assert "missing" not in body
    assert attached(message) == ["Ash.pdf", "Ash.html"]


def test_the_owner_reads_what_failed_and_what_to_do(made: Made) -> None:
    handover = made.handover(made.sound, made.failed)
    told = told_to_recipients(handover, 0, to_owner=False)
    message = read(failure_draft(handover, made.folder, told), made.folder)
    assert message["Subject"].startswith("FAILED: Monday's <market>")
    text, page = bodies(message)
    assert "Nothing is sent to recipients" in text
    assert "* Brook\n  The <metric> is missing. Add it." in text
    assert f"Files:     {made.folder}" in text
    assert "bng-opt schedule run-now monday" in text
    assert "The &lt;metric&gt; is missing. Add it." in page
    assert attached(message) == ["Brook.html"]


def test_the_owner_reads_of_a_delivery_that_did_not_come_about(made: Made) -> None:
    draft = undelivered_draft(made.handover(made.sound), made.folder, "/mnt/x", "No such disk.")
    message = read(draft, made.folder)
    assert message["Subject"].startswith("NOT DELIVERED: ")
    text, page = bodies(message)
    assert "/mnt/x did not get it.\nNo such disk." in text
    assert "No such disk." in page


@pytest.mark.parametrize(
    ("targets", "to_owner", "words"),
    [(0, False, "Nothing is sent"), (2, False, "get 1 report"), (0, True, "for you alone")],
)
def test_the_owner_is_told_what_others_get(
    made: Made, targets: int, to_owner: bool, words: str
) -> None:
    handover = made.handover(made.sound, made.failed)
    assert words in told_to_recipients(handover, targets, to_owner=to_owner)


class TestSize:
    def test_pages_are_left_out_where_the_pdfs_alone_fit(self, made: Made) -> None:
        handover = made.handover(made.run("Ash", pdf=SOME, html=SOME))
        message = read(made_draft(handover), made.folder, limit_mb=0.1)
        assert attached(message) == ["Ash.pdf"]
        assert all("HTML pages were too large" in body for body in bodies(message))

    def test_what_fits_exactly_is_sent(self, made: Made) -> None:
        draft = made_draft(made.handover(made.run("Ash", pdf=SOME)))
        size = len(written(draft, made.folder))
        assert size > 0.081e6
        assert len(written(draft, made.folder, limit_mb=0.09)) == size

    def test_too_large_altogether_is_refused_for_good_with_both_sizes(self, made: Made) -> None:
        handover = made.handover(made.run("Ash", pdf=SOME, html=SOME))
        with pytest.raises(DeliveryError, match=r"0\.1 MB, above smtp_limit_mb = 0\.05") as caught:
            written(made_draft(handover), made.folder, limit_mb=0.05)
        assert caught.value.for_good

    def test_a_page_without_its_pdf_is_never_left_out(self, made: Made) -> None:
        handover = made.handover(made.run("Ash", pdf=SOME, html=SOME), made.run("Elm", html=SOME))
        with pytest.raises(DeliveryError, match="smtp_limit_mb"):
            written(made_draft(handover), made.folder, limit_mb=0.15)

    def test_the_owner_hears_of_a_failure_however_large_it_is(self, made: Made) -> None:
        run = made.failed
        (made.folder / "Brook.html").write_bytes(SOME)
        run = made.run("Brook", run.state, run.exit_status, html=SOME)
        draft = failure_draft(made.handover(run), made.folder, "Nothing.")
        message = read(draft, made.folder, limit_mb=0.05)
        assert attached(message) == []
        assert "too large to be attached" in bodies(message)[0]

    def test_notebooks_go_only_where_nothing_else_was_made(self, made: Made) -> None:
        message = read(made_draft(made.handover(made.run("Ash", ipynb=b"{}"))), made.folder)
        assert attached(message) == ["Ash.ipynb"]


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "ann@example.org\nBcc: all@example.org"},
        {"sender": "Desk\nBcc: all@example.org <bng@example.org>"},
        {"message_id": "x>\nBcc: all@example.org"},
    ],
)
def test_a_line_break_in_a_header_is_refused(made: Made, changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        written(made_draft(made.handover(made.sound)), made.folder, **changed)


def test_a_line_break_in_the_subject_is_refused(made: Made) -> None:
    handover = made.handover(made.sound, title="Market\r\nBcc: all@example.org")
    with pytest.raises(ValueError, match=r"."):
        written(made_draft(handover), made.folder)


def test_a_header_in_the_body_stays_in_the_body(made: Made) -> None:
    handover = made.handover(replace(made.sound, result="\n\nBcc: all@example.org\n.\nQUIT"))
    message = read(made_draft(handover), made.folder)
    assert message["Bcc"] is None
    assert "Bcc: all@example.org" in bodies(message)[0]


def test_a_file_that_was_changed_is_not_attached(made: Made) -> None:
    handover = made.handover(made.sound)
    (made.folder / "Ash.pdf").write_bytes(b"%PDF of others")
    with pytest.raises(DeliveryError, match="no longer what was made"):
        written(made_draft(handover), made.folder)
