"""Delivery into a folder: whole, dated, and only what recipients may get."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.folder import put_into_folder
from tests.batch.delivery.conftest import Made


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_made_appears_in_a_dated_folder_with_a_page_that_lists_it(
    made: Made, tmp_path: Path
) -> None:
    target = tmp_path / "team" / "reports"
    final = put_into_folder(made.handover(made.sound), made.folder, target)
    assert final == target / "2026-11-30_0700-monday"
    assert names_in(target) == [final.name]
    assert names_in(final) == ["Ash.html", "Ash.ipynb", "Ash.pdf", "index.html"]
    assert (final / "Ash.pdf").read_bytes() == b"%PDF"
    page = (final / "index.html").read_text(encoding="utf-8")
    assert 'href="Ash.pdf"' in page
    assert "£1,000 for Ash." in page
    assert "Monday&#39;s &lt;market&gt;" in page


def test_a_failed_run_and_what_is_said_of_it_stay_away(made: Made, tmp_path: Path) -> None:
    final = put_into_folder(made.handover(made.sound, made.failed), made.folder, tmp_path / "t")
    assert not [name for name in names_in(final) if "Brook" in name]
    page = (final / "index.html").read_text(encoding="utf-8")
    assert "1 of 2 reports." in page
    assert "Brook" not in page
    assert "metric" not in page


def test_a_second_try_finds_it_done(made: Made, tmp_path: Path) -> None:
    handover = made.handover(made.sound)
    final = put_into_folder(handover, made.folder, tmp_path / "t")
    before = (final / "Ash.pdf").stat().st_mtime_ns
    assert put_into_folder(handover, made.folder, tmp_path / "t") == final
    assert (final / "Ash.pdf").stat().st_mtime_ns == before


def test_what_one_who_was_killed_left_behind_is_cleared_away(made: Made, tmp_path: Path) -> None:
    part = tmp_path / "t" / ".2026-11-30_0700-monday.part"
    part.mkdir(parents=True)
    (part / "half.pdf").write_bytes(b"%P")
    final = put_into_folder(made.handover(made.sound), made.folder, tmp_path / "t")
    assert names_in(tmp_path / "t") == [final.name]
    assert "half.pdf" not in names_in(final)


def test_something_else_of_that_name_is_left_alone(made: Made, tmp_path: Path) -> None:
    other = tmp_path / "t" / "2026-11-30_0700-monday"
    other.mkdir(parents=True)
    (other / "notes.txt").write_text("mine")
    with pytest.raises(DeliveryError, match="holds something else") as caught:
        put_into_folder(made.handover(made.sound), made.folder, tmp_path / "t")
    assert not caught.value.for_good
    assert names_in(tmp_path / "t") == [other.name]
    assert names_in(other) == ["notes.txt"]


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_file_that_is_no_longer_what_was_made_is_not_handed_over(
    made: Made, tmp_path: Path, harm: str
) -> None:
    handover = made.handover(made.sound)
    if harm == "gone":
        (made.folder / "Ash.pdf").unlink()
    else:
        (made.folder / "Ash.pdf").write_bytes(b"%PDF with more")
    with pytest.raises(DeliveryError, match=r"Ash\.pdf: The file is gone, or no longer") as caught:
        put_into_folder(handover, made.folder, tmp_path / "t")
    assert caught.value.for_good
    assert not (tmp_path / "t").exists()


def test_a_folder_that_cannot_be_made_is_told_and_may_be_there_later(
    made: Made, tmp_path: Path
) -> None:
    (tmp_path / "disk").write_text("not mounted")
    with pytest.raises(DeliveryError, match="can't be written") as caught:
        put_into_folder(made.handover(made.sound), made.folder, tmp_path / "disk" / "t")
    assert not caught.value.for_good


@pytest.mark.skipif(os.geteuid() == 0, reason="on purpose: root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(made: Made, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir(mode=0o500)
    with pytest.raises(DeliveryError, match="Permission denied"):
        put_into_folder(made.handover(made.sound), made.folder, tmp_path / "t")
