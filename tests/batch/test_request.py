"""What is to be run, checked as a whole before any run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bng_opt.batch.request import ReportRequest, read_request
from bng_opt.errors import Finding, InputError
from bng_opt.resources import data_dir
from tests.support.tiny_report import write_manifest, write_tiny_report

DEMO = data_dir() / "demo"
PLACE = {"lpa": "Stratford-on-Avon", "nca": "Dunsmore and Feldon"}
SITE = {"metric": "brook.xlsx", **PLACE}
MARKET = {"market": str(DEMO / "market")}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    shutil.copy(DEMO / "metric.xlsx", tmp_path / "brook.xlsx")
    return tmp_path


def refused(name: str, parameters: dict[str, object], **more: object) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        read_request(name, parameters, **more)
    return caught.value.findings


def places(findings: tuple[Finding, ...]) -> list[tuple[int | None, str | None]]:
    return [(finding.row, finding.column) for finding in findings]


def test_nothing_given_asks_for_the_demonstration() -> None:
    request = read_request("site_quote")
    (run,) = request.runs
    assert (run.title, dict(run.parameters)) == ("site_quote", {})


def test_paths_are_from_the_base_and_become_absolute(folder: Path) -> None:
    request = read_request("site_quote", {**SITE, **MARKET}, base=folder, title="Brook")
    (run,) = request.runs
    assert run.title == "Brook"
    assert run.parameters["metric"] == str(folder / "brook.xlsx")


def test_unknown_parameters_and_what_the_others_name_are_said_at_once(folder: Path) -> None:
    (folder / "market").mkdir()
    given = {"mertic": "x", "nca": "Atlantis", "mode": "loose", "market": "market", "lat": "N"}
    found = "\n".join(map(str, refused("site_quote", given, base=folder)))
    for words in ('no parameter "mertic"', "Atlantis", "loose", "banks.csv", 'lat can\'t be "N"'):
        assert words in found


def test_what_lacks_is_said_once_all_names_are_right() -> None:
    found = "\n".join(map(str, refused("site_quote", {"lpa": "Leeds"})))
    assert "No need is given." in found
    assert "No market is given." in found
    assert "NCA is missing" in found


def test_two_ways_of_saying_where_the_site_is_are_refused(folder: Path) -> None:
    given = {**SITE, **MARKET, "postcode": "CV37 6QW"}
    (finding,) = refused("site_quote", given, base=folder)
    assert "lpa and nca as well as postcode" in finding.message


def test_a_workbook_that_can_not_be_read_says_where(folder: Path) -> None:
    (folder / "brook.xlsx").write_bytes(b"PK no workbook")
    (finding,) = refused("site_quote", {**SITE, **MARKET}, base=folder)
    assert "brook.xlsx" in str(finding)


def test_a_row_is_a_run_with_the_shared_parameters_and_its_name(folder: Path) -> None:
    rows = ({"name": "Brook", **SITE, "mode": ""}, {"name": "Mill", **SITE, "mode": "statutory"})
    path = write_manifest(folder, *rows)
    shared = {**MARKET, "mode": "like_for_like"}
    request = read_request("site_quote", shared, manifest=path)
    brook, mill = request.runs
    assert (brook.title, mill.title) == ("Brook", "Mill")
    assert brook.parameters["site_name"] == "Brook"
    assert brook.parameters["metric"] == str(folder / "brook.xlsx")
    assert (brook.parameters["mode"], mill.parameters["mode"]) == ("like_for_like", "statutory")
    assert not request.left_out


BAD_ROWS = (
    {"name": "Brook", **SITE},
    {"name": "brook", **SITE},
    {"name": "Gone", **SITE, "metric": "gone.xlsx"},
    {"name": "Broken", **SITE, "metric": "broken.xlsx"},
    {"name": "Lost", **SITE, "lpa": "Atlantis"},
    {"name": "Odd", **SITE, "max_banks": "many", "mode": "loose"},
    {"name": "", **SITE},
    {"name": "Bare", "metric": "brook.xlsx"},
)


def bad_manifest(folder: Path) -> Path:
    (folder / "broken.xlsx").write_bytes(b"PK no workbook")
    columns = {"name": "", **SITE, "max_banks": "", "mode": ""}
    return write_manifest(folder, *({**dict.fromkeys(columns, ""), **row} for row in BAD_ROWS))


def test_everything_wrong_in_any_row_is_said_at_its_row_and_column(folder: Path) -> None:
    found = refused("site_quote", MARKET, manifest=bad_manifest(folder))
    assert places(found) == [
        (3, "name"),
        (4, "metric"),
        (5, "metric"),
        (6, "lpa"),
        (7, "max_banks"),
        (7, "mode"),
        (8, "name"),
        (9, None),
    ]
    assert {Path(str(each.file)).name for each in found} == {"runs.csv"}
    assert '"brook" stands already in row 2' in found[0].message
    assert "broken.xlsx" in found[2].message


def test_bad_rows_may_be_skipped_and_are_told(folder: Path) -> None:
    path = bad_manifest(folder)
    request = read_request("site_quote", MARKET, manifest=path, skip_bad=True)
    assert [run.title for run in request.runs] == ["Brook"]
    assert {finding.row for finding in request.left_out} == {3, 4, 5, 6, 7, 8, 9}


def test_the_order_of_rows_changes_nothing_but_the_order_of_runs(folder: Path) -> None:
    rows = [{"name": name, **SITE} for name in ("A", "B", "C")]
    one = read_request("site_quote", MARKET, manifest=write_manifest(folder, *rows))
    other = read_request("site_quote", MARKET, manifest=write_manifest(folder, *reversed(rows)))
    assert one.runs == tuple(reversed(other.runs))


def test_without_any_sound_row_skipping_is_refused_too(folder: Path) -> None:
    path = write_manifest(folder, {"name": "Gone", **SITE, "metric": "gone.xlsx"})
    (finding,) = refused("site_quote", MARKET, manifest=path, skip_bad=True)
    assert (finding.row, finding.column) == (2, "metric")


def test_what_is_wrong_in_all_rows_alike_is_said_once(folder: Path) -> None:
    path = write_manifest(folder, {"name": "A", **SITE}, {"name": "", **SITE})
    found = refused("site_quote", {"markt": "x", **MARKET}, manifest=path)
    assert places(found) == [(None, None), (3, "name")]


def test_unknown_columns_and_a_manifest_without_rows_are_refused(folder: Path) -> None:
    path = write_manifest(folder, {"name": "A", "colour": "green"})
    (finding,) = refused("site_quote", {}, manifest=path)
    assert (finding.row, finding.column) == (1, "colour")
    path.write_text("name,lpa\n")
    (finding,) = refused("site_quote", {}, manifest=path)
    assert "has no rows" in finding.message


def test_a_needed_parameter_may_be_a_column(tmp_path: Path) -> None:
    report = write_tiny_report(tmp_path, "region = ...  # Which\nsize = 1  # How big")
    rows = ({"name": "A", "region": "Arden"}, {"name": "B", "region": ""})
    path = write_manifest(tmp_path, *rows)
    (finding,) = refused(str(report), {}, manifest=path)
    assert (finding.row, finding.column) == (3, "region")
    request = read_request(str(report), {"region": "Leeds"}, manifest=path)
    assert regions(request) == ["Arden", "Leeds"]


def regions(request: ReportRequest) -> list[str]:
    return [run.parameters["region"] for run in request.runs]


def test_a_manifest_is_found_from_the_base(folder: Path) -> None:
    write_manifest(folder, {"name": "Brook", **SITE})
    request = read_request("site_quote", MARKET, manifest=Path("runs.csv"), base=folder)
    assert len(request.runs) == 1
