"""Logging in to a mail server, so that a server which is busy at that moment is told from a login it refuses."""

from __future__ import annotations

import aiosmtplib

PASSWORD_TRANSITION = 432  # RFC 4954 §4.7.12: this method not yet for this account, another one will do


async def log_in(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    """Log in to a mail server by the first method that it accepts.

    `client`: an open connection to it. The methods are tried one after the other. If the server accepts none: the last
    refusal is raised, an SMTPAuthenticationError. A temporary refusal (4yz, except 432) is about the server, so no
    further method is tried after it. If the connection ends: the last refusal is raised, or SMTPServerDisconnected when
    there was none. If the server offers no known method: SMTPException. (The library's own `login` tries every method,
    and loses a refusal that closes the connection.)
    """
    await client.ehlo()
    if not client.supported_auth_methods:
        raise aiosmtplib.SMTPException("the mail server offers no way to log in that is known here")
    last: aiosmtplib.SMTPAuthenticationError | None = None
    for method in client.supported_auth_methods:
        try:
            await getattr(client, f"auth_{method.replace('-', '')}")(username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            last = error
            if error.code < 500 and error.code != PASSWORD_TRANSITION:
                break
        except aiosmtplib.SMTPServerDisconnected as error:
            raise last or error from None
        else:
            return
    assert last is not None
    raise last
