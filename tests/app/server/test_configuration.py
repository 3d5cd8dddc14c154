"""What Voila is told: nobody is let in by mistake, and nothing leaves the machine."""

from __future__ import annotations

import pytest

from bng_opt.app.server.configuration import (
    SHORTEST_TOKEN,
    check_settings,
    headers,
    styles,
    voila_configuration,
)
from bng_opt.errors import InputError
from bng_opt.settings import Settings


def policy(**given: object) -> dict[str, str]:
    text = headers(Settings(**given))["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_a_dashboard_for_others_needs_a_sign_in() -> None:
    with pytest.raises(InputError, match="open to everybody"):
        check_settings(Settings(app_host="0.0.0.0"))
    check_settings(Settings(app_host="0.0.0.0", app_sign_in="users"))
    check_settings(Settings(app_host="127.0.0.1"))


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        check_settings(Settings(app_sign_in="token", app_token="short", app_tiles_url="tiles"))
    assert len(caught.value.findings) == 2
    assert "short" not in str(caught.value).replace("shorter", "").replace("short than", "")


def test_a_token_is_only_voila_s_where_it_is_asked_for() -> None:
    secret = "t" * SHORTEST_TOKEN
    assert (
        voila_configuration(Settings(app_sign_in="token", app_token=secret)).Voila.token == secret
    )
    assert voila_configuration(Settings(app_sign_in="users", app_token=secret)).Voila.token == ""


def test_an_upload_fits_into_a_message() -> None:
    told = voila_configuration(Settings(app_upload_mb=60)).Voila.tornado_settings
    assert told["websocket_max_message_size"] > 60 * 2**20


def test_the_page_shows_no_traceback_no_file_and_no_other_template() -> None:
    told = voila_configuration(Settings()).VoilaConfiguration
    assert told.show_tracebacks is False
    assert told.file_allowlist == []
    assert told.allow_template_override == told.allow_theme_override == "NO"


def test_kernels_of_closed_pages_go_and_those_of_open_ones_stay() -> None:
    told = voila_configuration(Settings(app_idle_minutes=2)).MappingKernelManager
    assert told.cull_idle_timeout == 120
    assert 0 < told.cull_interval <= 60
    assert (told.cull_connected, told.cull_busy) == (False, False)


def test_no_page_may_ask_another_machine() -> None:
    rules = policy()
    assert rules["default-src"] == "'self'"
    assert "http" not in " ".join(rules.values())
    assert rules["object-src"] == "'none'"


def test_only_the_tiles_that_were_named_may_be_asked_for() -> None:
    rules = policy(app_tiles_url="https://{s}.tiles.example/{z}/{x}/{y}.png")
    assert rules["img-src"].endswith(" https://*.tiles.example")
    assert "tiles.example" not in rules["connect-src"]


def test_the_shared_styles_come_first() -> None:
    assert styles().startswith("/* The dashboard's components.")
