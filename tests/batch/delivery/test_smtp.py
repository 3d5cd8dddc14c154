"""Sending through a real server on loopback: plain, STARTTLS, TLS, signed in, refused."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.smtp import send
from bng_opt.settings import Settings
from tests.support.mail import PASSWORD, USER, Post, certificate, mail_server, signs_in

TO = "ann@example.org"
MESSAGE = b"Subject: x\r\n\r\nOne\r\n.\r\n..two\r\n"


def settings_for(post: Post, **changed: Any) -> Settings:
    given = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_security": "none"}
    sender = {"smtp_from": "BNG desk <bng@example.org>", "smtp_timeout_s": 20}
    return Settings(**{**given, **sender, **changed})


def failure(settings: Settings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(settings, MESSAGE, TO)
    return caught.value


def test_a_message_arrives_byte_for_byte() -> None:
    with mail_server() as post:
        send(settings_for(post), MESSAGE, TO)
    (got,) = post.received
    assert (got.sender, got.to) == ("bng@example.org", TO)
    assert got.content.endswith(b"\r\n\r\nOne\r\n.\r\n..two\r\n")


class TestSecurity:
    @pytest.fixture(name="encrypted")
    def _encrypted(self, tmp_path: Path) -> tuple[Any, Path]:
        return certificate(tmp_path)

    def test_starttls_and_a_password(self, encrypted: tuple[Any, Path]) -> None:
        context, trusted = encrypted
        options = {"tls_context": context, "require_starttls": True, "auth_required": True}
        with mail_server(authenticator=signs_in, **options) as post:
            settings = settings_for(
                post,
                smtp_security="starttls",
                smtp_ca_file=trusted,
                smtp_user=USER,
                smtp_password=PASSWORD,
            )
            send(settings, MESSAGE, TO)
        (got,) = post.received
        assert (got.was_encrypted, got.signed_in) == (True, True)

    def test_tls_from_the_first_byte(self, encrypted: tuple[Any, Path]) -> None:
        context, trusted = encrypted
        with mail_server(ssl_context=context, server_hostname="localhost") as post:
            send(settings_for(post, smtp_security="tls", smtp_ca_file=trusted), MESSAGE, TO)
        assert len(post.received) == 1

    def test_a_wrong_password_is_told_without_it(
        self, encrypted: tuple[Any, Path], caplog: pytest.LogCaptureFixture
    ) -> None:
        context, trusted = encrypted
        caplog.set_level(logging.DEBUG)
        with mail_server(authenticator=signs_in, tls_context=context) as post:
            error = failure(
                settings_for(
                    post,
                    smtp_security="starttls",
                    smtp_ca_file=trusted,
                    smtp_user=USER,
                    smtp_password="not-it-4711",
                )
            )
        assert "lets smtp_user not in: 535" in str(error)
        assert not error.for_good
        assert "4711" not in str(error) + repr(error) + caplog.text
        assert post.received == []

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_certificate_of_nobody_known_is_not_trusted(
        self, encrypted: tuple[Any, Path], security: str
    ) -> None:
        context, _ = encrypted
        options = {"tls_context" if security == "starttls" else "ssl_context": context}
        with mail_server(server_hostname="localhost", **options) as post:
            error = failure(settings_for(post, smtp_security=security))
        assert "can't be trusted" in str(error)
        assert not error.for_good
        assert post.received == []

    def test_nothing_is_sent_in_clear_where_tls_is_wanted(self) -> None:
        with mail_server() as post:
            error = failure(settings_for(post, smtp_security="starttls"))
        assert "can't do it so" in str(error)
        assert post.received == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "for_good"), [("550 No such user", True), ("451 Try later", False)]
    )
    def test_an_address_that_is_refused_is_told(self, answer: str, for_good: bool) -> None:
        with mail_server() as post:
            post.refused[TO] = answer
            error = failure(settings_for(post))
        assert f"refuses {TO}: {answer}." in str(error)
        assert error.for_good is for_good

    @pytest.mark.parametrize(
        ("answer", "for_good"), [("554 Spam", True), ("452 Disk is full", False)]
    )
    def test_a_message_that_is_refused_is_told(self, answer: str, for_good: bool) -> None:
        with mail_server() as post:
            post.answer = answer
            error = failure(settings_for(post))
        assert answer in str(error)
        assert error.for_good is for_good

    def test_what_the_server_says_it_takes_is_heeded(self) -> None:
        with mail_server(data_size_limit=20) as post:
            error = failure(settings_for(post))
        assert "and the server takes" in str(error)
        assert error.for_good

    def test_a_server_that_is_not_there_is_told_and_may_be_back(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            post = Post(port=probe.getsockname()[1])
            error = failure(settings_for(post))
        assert "127.0.0.1 can't be reached" in str(error)
        assert not error.for_good

    def test_a_server_that_says_nothing_is_given_up(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            post = Post(port=silent.getsockname()[1])
            error = failure(settings_for(post, smtp_timeout_s=0.3))
        assert "can't be reached" in str(error)
        assert not error.for_good
