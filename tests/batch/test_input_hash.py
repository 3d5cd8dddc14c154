"""What a report is made of: any change makes another hash, and nothing else does."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bng_opt.batch.input_hash import InputHashes
from bng_opt.batch.library import find_report
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.resources import data_dir
from bng_opt.settings import Settings
from tests.support.tiny_report import write_tiny_report

DEMO = data_dir() / "demo"
DAY = date(2026, 11, 30)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    shutil.copytree(DEMO / "market", tmp_path / "market")
    shutil.copy(DEMO / "metric.xlsx", tmp_path / "brook.xlsx")
    return tmp_path


def digest(
    name: str = "site_quote", day: date = DAY, formats: tuple[str, ...] = ("html",), **given: object
) -> str:
    settings = Settings(database=str(given.pop("database", "none.sqlite")))
    return InputHashes(settings, day).of_run(find_report(name), given, formats)


def test_the_same_again_is_the_same_on_any_day(folder: Path) -> None:
    given = {"metric": str(folder / "brook.xlsx"), "market": str(folder / "market")}
    first = digest(**given)
    os.utime(folder / "brook.xlsx", (1, 1))
    assert digest(day=date(2027, 1, 1), **given) == first


def test_every_parameter_format_and_content_counts(folder: Path) -> None:
    metric, market = folder / "brook.xlsx", folder / "market"
    given = {"metric": str(metric), "market": str(market)}
    seen = [
        digest(**given),
        digest(**given, lpa="Leeds"),
        digest(**given, formats=("html", "pdf")),
        digest("sensitivity", **given),
    ]
    with metric.open("ab") as stream:
        stream.write(b"\0")
    seen.append(digest(**given))
    stock = market / "stock.csv"
    stock.write_text(stock.read_text() + "\n")
    seen.append(digest(**given))
    shutil.copy(stock, market / "parcels.csv")
    seen.append(digest(**given))
    assert len(set(seen)) == len(seen)


def test_the_notebook_itself_counts(tmp_path: Path) -> None:
    report = find_report(str(write_tiny_report(tmp_path)))
    hashes = InputHashes(Settings(), DAY)
    first = hashes.of_run(report, {}, ("html",))
    assert hashes.of_run(replace(report, text=report.text + " "), {}, ("html",)) != first


def test_what_a_report_writes_into_does_not_count(folder: Path) -> None:
    given = {"metric": str(folder / "brook.xlsx"), "files": str(folder / "files")}
    first = digest(**given)
    (folder / "files").mkdir()
    (folder / "files" / "plan.json").write_text("{}")
    assert digest(**given) == first


def test_a_report_that_keeps_the_market_of_each_day_is_another_the_next_day(folder: Path) -> None:
    given = {"market": str(folder / "market"), "keep": str(folder / "kept")}
    assert digest("market", **given) == digest("market", **given)
    assert digest("market", **given) != digest("market", day=date(2026, 12, 1), **given)


def test_files_that_a_manifest_names_count(folder: Path) -> None:
    manifest = folder / "sites.csv"
    manifest.write_text("name,metric,lpa,nca\nBrook,brook.xlsx,Stratford-on-Avon,Arden\n")
    first = digest("quote_pack", manifest=str(manifest))
    with (folder / "brook.xlsx").open("ab") as stream:
        stream.write(b"\0")
    assert digest("quote_pack", manifest=str(manifest)) != first


def test_a_store_counts_by_what_it_has_free(tmp_path: Path) -> None:
    database = str(tmp_path / "store.sqlite")
    with open_store(database) as store:
        import_market(store, DEMO / "market", by="Ann")
        named = digest("market", market=database)
        first = digest("market", market="store", database=database)
        assert digest("market", market="store", database=database) == first
        shutil.copytree(DEMO / "market", tmp_path / "market")
        stock = tmp_path / "market" / "stock.csv"
        lines = stock.read_text().splitlines()
        stock.write_text("\n".join(lines[:-1]) + "\n")
        import_market(store, tmp_path / "market", by="Ann")
        assert digest("market", market="store", database=database) != first
        assert digest("market", market=database) != named
