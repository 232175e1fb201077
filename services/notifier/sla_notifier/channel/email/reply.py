"""What a mail server's refusal means: for this message (RFC 5321 §4.2.1), or for the server itself. Pure."""

from __future__ import annotations

import re
import ssl

import aiosmtplib

from sla_notifier.channel.email.login import PASSWORD_TRANSITION
from sla_notifier.channel.port import Failure, Rejected, Retry

_CLOSING = 421
_ALWAYS_BUSY = (_CLOSING, 432)  # 432 is what Exchange says for too many connections
# RFC 3463: X.3 speaks of the mail system, X.4 of the network; X.1, X.2 and X.7 of the mailbox and who may write to it.
# X.7.0 names no reason; servers say it of their own trouble and limits ("451 4.7.0 Temporary server error").
_SYSTEM = re.compile(r"4\.(?:[34]\.\d+|7\.0)")
_ENHANCED = re.compile(r"(?<![\d.])4\.\d+\.\d+(?![\d.])")
_TOO_MUCH = re.compile(
    r"too many|too much|too fast|slow down|\bbusy\b|overload|throttl|concurren|connection limit"
    r"|\brate[ -]?limit|\brate\b.*\bexceed|(?:message|mail|sending|connection) rate\b",
    re.I,
)
_OWN_TROUBLE = re.compile(
    r"local (?:error|problem)|(?:server|internal|system|service) (?:error|problem)|resources", re.I
)
_GREYLISTED = re.compile(r"gr[ea]y[ -]?list", re.I)  # about one recipient, whatever the codes


def is_connection_limit(error: Exception, beside: int) -> bool:
    """Return whether a failed attempt to connect means that the mail server has too many connections.

    - Temporary refusal (4yz): True. Code 432 at the login: True only if the text of the refusal says that the server is
      busy.
    - Final refusal (5yz): True only if other connections are open and the code or text says that the server is busy.
    - Connection refused or closed at once: True only if other connections are open.
    - Timeout or TLS error: False.

    Args:
        error: The exception that the attempt raised.
        beside: How many other connections to the server are open.
    """
    match error:
        case aiosmtplib.SMTPAuthenticationError() if error.code == PASSWORD_TRANSITION:
            return _TOO_MUCH.search(error.message) is not None
        case aiosmtplib.SMTPResponseException():
            return error.code < 500 or (beside > 0 and _says_busy(error))
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return False
        case ConnectionError():  # refused, reset or closed before the first reply
            return beside > 0 and not _of_tls(error)
        case _:
            return False


def is_server_busy(error: Exception, handed_over: bool) -> bool:
    """Return whether an error in an open session means that the mail server is busy.

    If the server is busy, the message is not at fault.

    - Refusal of the login: False.
    - Refusal of the recipient or the message: True only if it is temporary (4yz), and its code or text is about the
      mail system as a whole.
    - Any other refusal: True if temporary.
    - Lost connection: True unless `handed_over`.
    - Timeout or TLS error: False.

    Args:
        error: The exception that sending raised.
        handed_over: Whether the transfer of the message to the server had begun.
    """
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return False
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return _names_the_system(error)
        case aiosmtplib.SMTPResponseException():
            return error.code < 500
        case aiosmtplib.SMTPTimeoutError():
            return False
        case ConnectionError():
            return not handed_over and not _of_tls(error)
        case _:
            return False


def classify(error: Exception, handed_over: bool) -> Retry | Rejected:
    """Return the outcome for a message that could not be sent: Rejected or Retry.

    - Rejected (final): the server refused the message with a 5yz reply.
    - Retry: everything else, and any refusal of the login or at the greeting.

    If the error is a reply of the server or a refused connection, the message has not arrived. Otherwise it may have
    arrived if `handed_over` is true; the Retry then has `maybe_arrived` set.

    Args:
        error: The exception that sending raised.
        handed_over: Whether the transfer of the message to the server had begun.
    """
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return Retry(Failure.AUTH, f"SMTP {error.code}: the mail server refused the login")
        case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
            return Retry(Failure.SMTP_TEMPORARY, f"SMTP {error.code} at the start of the session")
        case aiosmtplib.SMTPResponseException() if error.code < 500:
            return Retry(Failure.SMTP_TEMPORARY, f"SMTP {error.code}")
        case aiosmtplib.SMTPResponseException():
            return Rejected(Failure.SMTP_PERMANENT, f"SMTP {error.code}")
        case aiosmtplib.SMTPTimeoutError():
            return Retry(Failure.TIMEOUT, "the mail server did not answer in time", maybe_arrived=handed_over)
        case aiosmtplib.SMTPServerDisconnected() if handed_over:
            return Retry(Failure.DROPPED, "the connection ended after the message was handed over", maybe_arrived=True)
        case _:
            return _before_the_session(error, handed_over)


def _names_the_system(error: aiosmtplib.SMTPResponseException) -> bool:
    if error.code >= 500 or _GREYLISTED.search(error.message):
        return False
    if _says_busy(error):
        return True
    said = _ENHANCED.search(error.message)  # qmail's stands at the end
    if said is None:
        return error.code == 452 or _OWN_TROUBLE.search(error.message) is not None
    return _SYSTEM.fullmatch(said.group()) is not None


def _says_busy(error: aiosmtplib.SMTPResponseException) -> bool:
    return error.code in _ALWAYS_BUSY or _TOO_MUCH.search(error.message) is not None


def _of_tls(error: BaseException) -> bool:
    return any(isinstance(each, ssl.SSLError) for each in (error, error.__cause__, error.__context__)) or (
        "STARTTLS" in str(error)
    )


def _before_the_session(error: Exception, handed_over: bool) -> Retry:
    if _of_tls(error):
        return Retry(Failure.TLS, "no trusted encrypted session with the mail server", maybe_arrived=handed_over)
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Retry(Failure.REFUSED, "the mail server refused the connection")
    if isinstance(error, OSError):
        return Retry(Failure.UNREACHABLE, "the mail server cannot be reached", maybe_arrived=handed_over)
    return Retry(Failure.PROTOCOL, "the mail server broke the protocol", maybe_arrived=handed_over)
