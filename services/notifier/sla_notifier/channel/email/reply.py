"""What a mail server's refusal means: for this message (RFC 5321 §4.2.1), or for the server itself. Pure."""

from __future__ import annotations

import re
import ssl

import aiosmtplib

from sla_notifier.channel.port import Failure, Rejected, Retry

_CLOSING = 421
_ALWAYS_BUSY = (_CLOSING, 432)  # 432 is what Exchange says for too many connections
# RFC 3463: X.3 speaks of the mail system, X.4 of the network; X.1, X.2 and X.7 of the mailbox and who may write to it.
_SYSTEM = re.compile(r"4\.[34]\.\d+")
_ENHANCED = re.compile(r"4\.\d+\.\d+")
_TOO_MUCH = re.compile(
    r"too many|too much|too fast|\bbusy\b|overload|throttl|concurren|connection (?:rate|limit)", re.I
)


def is_connection_limit(error: Exception, beside: int) -> bool:
    """Return whether the server refused a connection only because it has enough of them.

    `beside`: how many other connections of ours it has.
    """
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return error.code < 500 and _says_busy(error)
        case aiosmtplib.SMTPResponseException():
            return error.code < 500 or (beside > 0 and _says_busy(error))
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return False
        case ConnectionError():  # refused, reset or closed before a word
            return beside > 0 and not _of_tls(error)
        case _:
            return False


def is_server_busy(error: Exception, handed_over: bool) -> bool:
    """Return whether a failed exchange shows that the server is busy, and nothing about this message.

    Before a recipient is named, every temporary refusal is about the server. Afterwards it is about the mailbox or the
    message (greylisting, a full mailbox, a filter), unless its text or its enhanced code names the system.
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
    """Return what a failed exchange means for the message: Rejected after a 5yz reply, else Retry.

    `handed_over`: the server had the whole message, so it may have arrived.
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
    if error.code >= 500:
        return False
    enhanced_code = _ENHANCED.match(error.message.strip())
    if enhanced_code is None:
        return error.code in (*_ALWAYS_BUSY, 452) or _says_busy(error)
    return error.code in _ALWAYS_BUSY or _SYSTEM.fullmatch(enhanced_code.group()) is not None or _says_busy(error)


def _says_busy(error: aiosmtplib.SMTPResponseException) -> bool:
    return error.code in _ALWAYS_BUSY or _TOO_MUCH.search(error.message) is not None


def _of_tls(error: BaseException) -> bool:
    return any(isinstance(each, ssl.SSLError) for each in (error, error.__cause__, error.__context__)) or (
        "STARTTLS" in str(error)
    )


def _before_the_session(error: Exception, handed_over: bool) -> Retry:
    if _of_tls(error):
        return Retry(Failure.TLS, "no trusted encrypted session with the mail server")
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Retry(Failure.REFUSED, "the mail server refused the connection")
    if isinstance(error, OSError):
        return Retry(Failure.UNREACHABLE, "the mail server cannot be reached", maybe_arrived=handed_over)
    return Retry(Failure.PROTOCOL, "the mail server broke the protocol", maybe_arrived=handed_over)
