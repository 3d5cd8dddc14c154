"""The manifest of a portfolio: every finding at once, each with row and column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.batch.manifest import COLUMNS, read_manifest, read_sound_rows
from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.resources import data_dir

HEADER = "name,requirement,lpa,nca"
PLACE = "Stratford-on-Avon,Dunsmore and Feldon"
NEED = "ledger,habitat,units\narea,Net gain,1\n"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "need.csv").write_text(NEED, encoding="utf-8")
    return tmp_path


def read(folder: Path, *lines: str, **wishes: object) -> tuple[PortfolioSite, ...]:
    path = folder / "sites.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_manifest(path, wishes)


def refused(folder: Path, *lines: str, **wishes: object) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        read(folder, *lines, **wishes)
    return caught.value.findings


def places(findings: tuple[Finding, ...]) -> list[tuple[int | None, str | None]]:
    return [(finding.row, finding.column) for finding in findings]


def test_a_row_is_a_site(folder: Path) -> None:
    (site,) = read(folder, HEADER, f"Mill,need.csv,{PLACE}")
    assert site.name == "Mill"
    assert site.requirement.need == 1.0
    assert site.site.lpas == ("Stratford-on-Avon",)


def test_paths_begin_at_the_manifest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert len(read(folder, HEADER, f"Mill,./need.csv,{PLACE}")) == 1


def test_sites_keep_the_order_of_their_rows(folder: Path) -> None:
    names = [s.name for s in read(folder, HEADER, *(f"{n},need.csv,{PLACE}" for n in "CAB"))]
    assert names == ["C", "A", "B"]


def test_columns_may_come_in_any_order_and_blank_rows_are_no_sites(folder: Path) -> None:
    (site,) = read(folder, "\ufeffNCA, lpa ,Requirement,NAME", ",,,",
                   "Dunsmore and Feldon,Stratford-on-Avon,need.csv,Mill", "")  # fmt: skip
    assert site.name == "Mill"


def test_a_place_may_be_a_postcode_or_a_point(folder: Path) -> None:
    rows = ("A,need.csv,CV37 6HB,,", "B,need.csv,,52.19,-1.7")
    sites = read(folder, "name,requirement,postcode,lat,lon", *rows)
    assert [site.site.lpas for site in sites] == [("Stratford-on-Avon",)] * 2


def test_several_names_stand_in_one_cell(folder: Path) -> None:
    (site,) = read(folder, HEADER, "Mill,need.csv,Warwick; Rugby,Arden")
    assert site.site.lpas == ("Rugby", "Warwick")


def test_waters_are_read(folder: Path) -> None:
    header = f"{HEADER},waterbody,operational_catchment"
    (site,) = read(folder, header, f"Mill,need.csv,{PLACE},GB109054043880,")
    assert site.site.waterbodies == ("GB109054043880",)


def test_a_row_s_wishes_go_before_the_common_ones(folder: Path) -> None:
    header = f"{HEADER},mode,max_banks"
    rows = (f"A,need.csv,{PLACE},like_for_like,2", f"B,need.csv,{PLACE},,")
    first, second = read(folder, header, *rows, max_banks="5", gap_gbp="7")
    assert (first.policy.mode.value, first.policy.max_banks) == ("like_for_like", 2)
    assert (second.policy.mode.value, second.policy.max_banks) == ("statutory", 5)
    assert first.policy.gap_gbp == second.policy.gap_gbp == Decimal(7)


def test_a_workbook_named_twice_is_read_once(folder: Path) -> None:
    metric = data_dir() / "demo" / "metric.xlsx"
    rows = [f"{name},{metric},{PLACE}" for name in "AB"]
    first, second = read(folder, "name,metric,lpa,nca", *rows)
    assert first.requirement is second.requirement


def test_everything_wrong_in_any_row_is_said_at_once(folder: Path) -> None:
    header = f"{HEADER},postcode,lat,lon,mode,max_banks"
    rows = (
        f"Mill,need.csv,{PLACE},,,,,",
        f"Mill,need.csv,{PLACE},,,,,",
        f",missing.csv,{PLACE},,,,lenient,many",
        "Hill,,Atlantis,Arden,,,,,",
        "Dell,need.csv,,,,,,,",
        f"Fold,need.csv,{PLACE},CV37 6HB,,,,",
        "Lea,need.csv,,,,52.2,west,,",
        "Ford,need.csv,,,,52.2,,,",
    )
    assert places(refused(folder, header, *rows)) == [
        (3, "name"),
        (4, "name"),
        (4, "requirement"),
        (4, "mode"),
        (4, "max_banks"),
        (5, "metric"),
        (5, "lpa"),
        (6, "lpa"),
        (7, "postcode"),
        (8, "lon"),
        (9, "lon"),
    ]


def test_a_name_that_stands_twice_is_named_with_both_rows(folder: Path) -> None:
    (finding,) = refused(folder, HEADER, f"Mill,need.csv,{PLACE}", f"Mill,need.csv,{PLACE}")
    assert '"Mill" stands already in row 2' in finding.message
    assert finding.row == 3


def test_a_missing_file_is_named(folder: Path) -> None:
    (finding,) = refused(folder, HEADER, f"Mill,nowhere.csv,{PLACE}")
    assert "nowhere.csv" in finding.message
    assert str(folder) in finding.remedy


def test_what_is_wrong_inside_a_file_keeps_its_own_place(folder: Path) -> None:
    (folder / "bad.csv").write_text("ledger,habitat,units\narea,Net gain,-1\n", encoding="utf-8")
    (finding,) = refused(folder, HEADER, f"Mill,bad.csv,{PLACE}")
    assert finding.message.startswith('Site "Mill" (row 2): ')
    assert (finding.row, finding.column) == (2, "units")
    assert finding.file is not None
    assert finding.file.endswith("bad.csv")


def test_wishes_that_contradict_each_other_are_found_in_their_row(folder: Path) -> None:
    lines = (f"{HEADER},max_banks", f"Mill,need.csv,{PLACE},1")
    findings = refused(folder, *lines, must_use=["A", "B"])
    assert places(findings) == [(2, "max_banks")]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("requirement,lpa,nca", "name"),
        ("name,lpa,nca", "metric"),
        (f"{HEADER},max_bank", "max_bank"),
        (f"{HEADER},name", "name"),
    ],
)
def test_a_wrong_header_is_refused(folder: Path, header: str, column: str) -> None:
    (finding,) = refused(folder, header, f"Mill,need.csv,{PLACE}")
    assert (finding.row, finding.column) == (1, column)


def test_an_unknown_column_is_told_the_known_ones(folder: Path) -> None:
    (finding,) = refused(folder, f"{HEADER},notes", f"Mill,need.csv,{PLACE},x")
    assert all(column in finding.remedy for column in COLUMNS)


def test_more_cells_than_columns_are_refused(folder: Path) -> None:
    (finding,) = refused(folder, HEADER, f"Mill,need.csv,{PLACE},x")
    assert "The row has 5 cells" in finding.message


@pytest.mark.parametrize("lines", [(), (HEADER,)])
def test_a_manifest_without_sites_is_refused(folder: Path, lines: tuple[str, ...]) -> None:
    assert refused(folder, *lines)


def test_a_manifest_that_isn_t_there_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        read_manifest(folder / "nowhere.csv", {})


def test_a_manifest_in_another_encoding_is_refused(folder: Path) -> None:
    path = folder / "sites.csv"
    path.write_bytes(f"{HEADER}\nMühle,need.csv,{PLACE}".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_manifest(path, {})


def test_bad_rows_are_left_out_and_named_when_the_sound_ones_are_wished(folder: Path) -> None:
    path = folder / "sites.csv"
    rows = [
        f"A,need.csv,{PLACE}",
        f"B,gone.csv,{PLACE}",
        f"A,need.csv,{PLACE}",
        "C,need.csv,Atlantis,X",
    ]
    path.write_text("\n".join([HEADER, *rows, f"D,need.csv,{PLACE}"]), encoding="utf-8")
    found = read_sound_rows(path, {})
    assert [site.name for site in found.sites] == ["A", "D"]
    assert [(bad.row, bad.name, len(bad.findings)) for bad in found.bad] == [
        (3, "B", 1),
        (4, "A", 1),
        (5, "C", 2),
    ]
    with pytest.raises(InputError) as caught:
        read_manifest(path, {})
    assert list(caught.value.findings) == [f for bad in found.bad for f in bad.findings]


def test_a_manifest_without_a_sound_row_or_header_is_refused_all_the_same(folder: Path) -> None:
    path = folder / "sites.csv"
    for text in (HEADER, "site,need\nA,need.csv", f"{HEADER}\nB,gone.csv,{PLACE}"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            read_sound_rows(path, {})
