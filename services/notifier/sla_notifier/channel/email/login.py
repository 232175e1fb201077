"""Logging in to a mail server, so that a server which is busy at that moment is told from a login it refuses."""

from __future__ import annotations

import aiosmtplib

PASSWORD_TRANSITION = 432  # RFC 4954 §4.7.12: this method not yet for this account, another one will do


async def log_in(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    """Log in to a mail server by the first method that the server accepts.

    The methods are tried one after another. A temporary refusal (a reply code 4yz, except 432) ends the attempts,
    because its cause is the server, not the login. The client's own method `login` is not used: it tries every method,
    and if a refusal closes the connection, it raises another error than this refusal.

    Args:
        client: An open connection to the server.

    Raises:
        SMTPAuthenticationError: No method was accepted, or the connection ended after a refusal. The error is the
            server's last refusal.
        SMTPServerDisconnected: The connection ended without a refusal.
        SMTPException: The server offers no known method.
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
