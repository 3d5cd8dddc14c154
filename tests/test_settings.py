"""The settings: documented, listed with where they come from, and without secrets."""

from __future__ import annotations

import inspect
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.errors import InputError
from bng_opt.settings import PREFIX, Settings
from bng_opt.settings_listing import (
    OTHER_VARIABLES,
    ListedSetting,
    Source,
    list_settings,
    meanings,
    unknown_variables,
)

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def listed(name: str) -> ListedSetting:
    return next(each for each in list_settings() if each.name == name)


def test_the_docstring_explains_every_setting_and_no_other_in_their_order() -> None:
    assert list(meanings()) == list(Settings.model_fields)


def test_every_setting_has_a_meaning() -> None:
    assert [name for name, meaning in meanings().items() if not meaning.endswith(".")] == []


def test_what_counts_time_or_money_says_its_unit() -> None:
    units = {"_s": "[s]", "_hours": "[h]", "_days": "[days]", "_gbp": "[GBP]", "_mb": "[MB]"}
    lacking = [
        name
        for name, meaning in meanings().items()
        for ending, unit in units.items()
        if name.endswith(ending) and unit not in meaning
    ]
    assert lacking == []


def test_the_docstring_names_no_default_that_the_fields_contradict() -> None:
    text = inspect.getdoc(Settings) or ""
    assert not re.search(r"default(s| is| of)? \d", text)


def test_where_a_value_comes_from_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bng_opt.toml").write_text("vat_rate = 0.1\nquote_valid_days = 14\n")
    monkeypatch.setenv("BNG_OPT_QUOTE_VALID_DAYS", "7")
    assert (listed("quote_valid_days").value, listed("quote_valid_days").source) == (
        "7",
        Source.ENVIRONMENT,
    )
    assert (Decimal(listed("vat_rate").value), listed("vat_rate").source) == (
        Decimal("0.1"),
        Source.FILE,
    )
    assert listed("cache_hours").source is Source.DEFAULT


def test_a_variable_in_small_letters_counts_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("bng_opt_cache_hours", "3")
    assert (listed("cache_hours").value, listed("cache_hours").source) == (
        "3.0",
        Source.ENVIRONMENT,
    )


def test_every_value_told_is_the_one_in_force() -> None:
    settings = Settings()
    for each in list_settings():
        value = getattr(settings, each.name)
        assert each.value == ("" if value is None else str(value))
        assert each.variable == f"BNG_OPT_{each.name.upper()}"


@pytest.mark.parametrize(
    "url",
    ["postgresql://bng:hunter2@db.local/bng", "postgresql://db.local/bng?password=hunter2"],
)
def test_a_password_is_never_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_DATABASE", url)
    assert Settings().database == url
    assert "db.local" in listed("database").value
    assert not [each for each in list_settings() if "hunter2" in repr(each)]


def test_a_misspelt_variable_is_found_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_DATABSE", "x")
    monkeypatch.setenv("BNG_OPT_XYZZY", "x")
    first, second = unknown_variables()
    assert "BNG_OPT_DATABSE" in first.message
    assert first.remedy == "Did you mean BNG_OPT_DATABASE?"
    assert second.remedy == "See: bng-opt settings."


def test_variables_that_are_no_settings_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OTHER_VARIABLES, *(PREFIX + each.upper() for each in Settings.model_fields)):
        monkeypatch.setenv(name, "")
    assert unknown_variables() == ()


def test_every_variable_that_the_code_reads_is_a_setting_or_known() -> None:
    named = {
        name
        for path in (REPOSITORY / "bng_opt").rglob("*.py")
        for name in re.findall(r"\bBNG_OPT_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    known = {PREFIX + name.upper() for name in Settings.model_fields} | set(OTHER_VARIABLES)
    assert named - known == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud"), ("LOG_LEVEL", ""), ("CACHE_MB", "-1")],
)
def test_a_value_that_cannot_be_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BNG_OPT_{name}", value)
    with pytest.raises(InputError, match=f"BNG_OPT_{name}"):
        list_settings()


def test_all_values_that_cannot_be_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_LOG_FORMAT", "xml")
    monkeypatch.setenv("BNG_OPT_VAT_RATE", "2")
    with pytest.raises(InputError) as caught:
        Settings()
    assert len(caught.value.findings) == 2
