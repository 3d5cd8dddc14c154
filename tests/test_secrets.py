"""Settings from files of one secret each, as containers are given them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bng_opt.errors import InputError
from bng_opt.settings import PREFIX, Settings
from bng_opt.settings_listing import Source, list_settings, unknown_variables


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("BNG_OPT_SECRETS_FOLDER", str(folder))
    return folder


def test_a_secret_beats_the_file_and_is_beaten_by_the_environment(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("bng_opt.toml").write_text('smtp_password = "of the file"\n')
    (secrets / "bng_opt_smtp_password").write_text("of the secret\n")
    assert Settings().smtp_password.get_secret_value() == "of the secret"
    monkeypatch.setenv("BNG_OPT_SMTP_PASSWORD", "of the environment")
    assert Settings().smtp_password.get_secret_value() == "of the environment"


def test_where_it_came_from_is_told_and_what_it_is_not(secrets: Path) -> None:
    (secrets / "bng_opt_database").write_text("postgresql://bng:hunter2@db/bng")
    (secrets / "bng_opt_smtp_password").write_text("hunter2")
    listed = {each.name: each for each in list_settings()}
    assert Settings().database == "postgresql://bng:hunter2@db/bng"
    assert listed["database"].source is listed["smtp_password"].source is Source.SECRET
    assert "hunter2" not in repr(list(listed.values()))


def test_a_folder_that_is_not_there_is_refused(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNG_OPT_SECRETS_FOLDER", str(secrets / "gone"))
    with pytest.raises(InputError, match="no such folder"):
        Settings()


def test_every_secret_that_cannot_be_used_is_told_and_none_is_shown(secrets: Path) -> None:
    (secrets / "bng_opt_database").write_text("\n")
    (secrets / "bng_opt_smtp_password").write_bytes(b"hunter2\xff")
    with pytest.raises(InputError) as caught:
        Settings()
    assert len(caught.value.findings) == 2
    assert "hunter2" not in str(caught.value)


def test_other_files_beside_them_are_left_alone(secrets: Path) -> None:
    (secrets / "postgres_password").write_text("")
    (secrets / "database_owner").write_text("x")
    assert Settings().smtp_user == ""
    assert unknown_variables() == ()


def test_a_misspelt_secret_is_found(secrets: Path) -> None:
    (secrets / "bng_opt_databse").write_text("x")
    (finding,) = unknown_variables()
    assert "bng_opt_databse" in finding.message
    assert finding.remedy == "Did you mean BNG_OPT_DATABASE?"
