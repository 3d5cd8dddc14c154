"""A real SMTP server on loopback, which keeps what it is sent and refuses what it is told to."""

from __future__ import annotations

import email
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server  # noqa: N811
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "bng", "hunter2-of-the-desk"


@dataclass(frozen=True)
class Received:
    """A message as the server took it."""

    sender: str
    to: str
    message: EmailMessage
    content: bytes
    was_encrypted: bool
    signed_in: bool

    @property
    def attached(self) -> Mapping[str, bytes]:
        """Return what is attached, by file name."""
        return {
            str(part.get_filename()): part.get_payload(decode=True)
            for part in self.message.iter_attachments()
        }

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def page(self) -> str:
        return self.message.get_body(("html",)).get_content()


@dataclass
class Post:
    """What the server has taken, and what it is to answer.

    Attributes
    ----------
    refused
        Answers to recipients, by address.
    answer
        To the message itself.
    """

    received: list[Received] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    answer: str = "250 Taken"
    port: int = 0

    async def handle_RCPT(  # noqa: N802 (named by aiosmtpd)
        self, server: Server, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (named by aiosmtpd)
        self, server: Server, session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            content = envelope.content
            message = email.message_from_bytes(content, policy=default)
            self.received += [
                Received(
                    str(envelope.mail_from),
                    to,
                    message,
                    content,
                    session.ssl is not None,
                    session.authenticated,
                )
                for to in envelope.rcpt_tos
            ]
        return self.answer

    def to(self, address: str) -> list[Received]:
        """Return what an address got."""
        return [each for each in self.received if each.to == address]


@contextmanager
def mail_server(**options: Any) -> Iterator[Post]:
    """Run a server; options are those of aiosmtpd."""
    post = Post()
    implicit = options.pop("ssl_context", None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        post.port = probe.getsockname()[1]
    place = {"hostname": "127.0.0.1", "port": post.port}
    controller = Controller(post, ssl_context=implicit, **place, **options)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


def signs_in(server: Server, session: Session, envelope: Envelope, kind: str, data: Any) -> Any:
    """Let one user in."""
    right = isinstance(data, LoginPassword) and data == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=right, handled=False)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for loopback; return the server's side of it, and what to trust."""
    key, public = folder / "key.pem", folder / "cert.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split()
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(public)]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, key)
    return context, public
