"""Sending a message through the SMTP server of the settings."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from bng_opt.batch.delivery.addresses import read_sender
from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.errors import Finding
from bng_opt.settings import Settings, SmtpSecurity

_PORTS = {SmtpSecurity.NONE: 25, SmtpSecurity.STARTTLS: 587, SmtpSecurity.TLS: 465}
_FOR_GOOD = range(500, 600)
"""Answers that say that the same message will be refused again (RFC 5321, 4.2.1)."""
_log = logging.getLogger(__name__)


def send(settings: Settings, message: bytes, to: str) -> None:
    """Send a message to one address.

    Parameters
    ----------
    settings
        Which server, and how.
    message
        As it is sent.

    Raises
    ------
    DeliveryError
        If the server can't be reached or refuses it: for good if it says so.
    """
    with _translated(settings, to), _connected(settings) as server:
        limit = int(server.esmtp_features.get("size") or 0)
        if 0 < limit < len(message):
            sizes = f"{len(message) / 1e6:.1f} MB, and the server takes {limit / 1e6:.1f} MB"
            remedy = "Give the schedule a folder to deliver to, or formats = ['pdf']."
            raise DeliveryError(Finding(f"The message is {sizes}.", remedy), for_good=True)
        server.sendmail(read_sender(settings.smtp_from)[1], [to], message)


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    security = settings.smtp_security
    port = settings.smtp_port or _PORTS[security]
    place, wait = (settings.smtp_host, port), settings.smtp_timeout_s
    if security is SmtpSecurity.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=wait, context=_trust(settings))
    else:
        server = smtplib.SMTP(*place, timeout=wait)
    try:
        if security is SmtpSecurity.STARTTLS:
            server.starttls(context=_trust(settings))
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        yield server
    finally:
        _leave(server)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; whether the server answers that changes nothing any more."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError) as error:
        _log.debug("The mail server didn't answer the goodbye: %s", error)
        server.close()


def _trust(settings: Settings) -> ssl.SSLContext:
    file = settings.smtp_ca_file
    return ssl.create_default_context(cafile=str(file) if file else None)


@contextmanager
def _translated(settings: Settings, to: str) -> Iterator[None]:
    """Turn what smtplib raises into a delivery that failed; passwords are in none of it."""
    where = settings.smtp_host
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = error.recipients[to]
        raise _refused(f"{where} refuses {to}", code, answer) from None
    except smtplib.SMTPAuthenticationError as error:
        message = f"{where} lets smtp_user not in: {_said(error.smtp_code, error.smtp_error)}."
        raise DeliveryError(Finding(message, "Mend smtp_user and smtp_password.")) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(f"{where} refuses it", error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError as error:
        remedy = "Set smtp_security and smtp_user as the server wants them."
        raise DeliveryError(Finding(f"{where} can't do it so: {error}.", remedy)) from None
    except ssl.SSLError as error:
        message = f"The connection with {where} can't be trusted: {error.reason or error}."
        remedy = "Set smtp_security as the server wants it, and smtp_ca_file to its authority."
        raise DeliveryError(Finding(message, remedy)) from None
    except (smtplib.SMTPException, OSError) as error:
        message = f"The mail server {where} can't be reached: {error}."
        raise DeliveryError(Finding(message, "Check smtp_host and smtp_port.")) from None


def _refused(what: str, code: int, answer: bytes | str) -> DeliveryError:
    finding = Finding(f"{what}: {_said(code, answer)}.", "See what the server says.")
    return DeliveryError(finding, for_good=code in _FOR_GOOD)


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}".rstrip(".")
