"""Checkups of what makes PDFs, with the real engines, and without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.quotes.documents.checkups import PDF_CHECKUPS
from bng_opt.runtime.checkups import State
from bng_opt.runtime.doctor import Checked, check_health
from bng_opt.settings import Settings


def seen(name: str, **settings: object) -> Checked:
    return check_health(Settings(**settings), only=(name,), checkups=PDF_CHECKUPS)[name]


@pytest.fixture
def only_programs_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_weasyprint_makes_a_page() -> None:
    for name in ("pdf", "weasyprint"):
        check = seen(name)
        assert check.state is State.OK, check
        assert "bytes" in check.message


@pytest.mark.browser
def test_chromium_starts_and_makes_a_page() -> None:
    check = seen("chromium")
    if check.state is State.ABSENT:
        pytest.skip("there is no Chromium here")
    assert check.state is State.OK, check
    assert "starts, and makes a page" in check.message


def test_without_a_chromium_nothing_fails(only_programs_of: Path) -> None:
    check = seen("chromium")
    assert check.state is State.ABSENT
    assert "apt install chromium" in check.remedy


def test_without_the_chromium_that_is_set_pdfs_fail(only_programs_of: Path) -> None:
    check = seen("pdf", pdf_engine="chromium")
    assert check.is_fatal
    assert "There is no Chromium here" in check.message


def test_a_chromium_that_does_not_start_is_told_and_fails_nothing_else(
    only_programs_of: Path,
) -> None:
    program = only_programs_of / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    program.chmod(0o755)
    check = seen("chromium")
    assert (check.state, check.is_fatal) == (State.FAILED, False)
    assert "no display" in check.message
    assert seen("pdf").state is State.OK
