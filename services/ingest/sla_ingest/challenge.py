"""The checks by which a sender asks, before it sends, whether slad is its receiver. Pure.

No answer signs what a stranger chooses: GLPI's question must itself be signed by the secret, Slack's comes in a proven
delivery, and Microsoft's is sent back as it came, unsigned.
"""

from __future__ import annotations

import hmac
import re

import orjson

from sla_catalogue.authentication import Authentication, Challenge

TEST_KEY = "slad_test"
MAX_TEST = 1_024
"""Bytes of a test delivery."""
_GLPI_ASKS = b"validate_cra_challenge"
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]{1,512}", re.ASCII)


def answer_glpi(how: Authentication, token: str) -> str | None:
    """Return the answer to GLPI's challenge `crc_token`, or None if the token is wrong.

    GLPI sends the HMAC of a fixed text as the token. The answer is the HMAC of the token, by the same secret. So only a
    sender that has the secret gets an answer.

    Args:
        how: The source's authentication, with its secrets. For a source that is not GLPI, the result is None.
    """
    if how.challenge is not Challenge.GLPI or not _HEX_DIGEST.fullmatch(token):
        return None
    answer = None
    for secret in (one.reveal().encode() for one in how.secrets if one.available):
        if hmac.compare_digest(hmac.new(secret, _GLPI_ASKS, "sha256").hexdigest(), token):
            answer = hmac.new(secret, token.encode(), "sha256").hexdigest()
    return answer


def answer_slack(how: Authentication, body: bytes) -> str | None:
    """Return the value `challenge` from Slack's request of the type `url_verification`, or None for any other body.

    Call this only for a request whose signature was verified.

    Args:
        how: The source's authentication. For a source that is not Slack, the result is None.
    """
    if how.challenge is not Challenge.SLACK or b"url_verification" not in body:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or found.get("type") != "url_verification":
        return None
    return _plain(found.get("challenge"))


def answer_microsoft(how: Authentication, token: str) -> str | None:
    """Return Microsoft Graph's `validationToken` unchanged, as Graph expects it in the response.

    The result is None for a source that is not Microsoft Graph, and for a token that is not 1 to 512 characters of
    printable ASCII.

    Args:
        how: The source's authentication.
    """
    return _plain(token) if how.challenge is Challenge.MICROSOFT else None


def answer_test(how: Authentication, body: bytes) -> str | None:
    """Return the word that a test delivery asks to get back; None if the body is not a test delivery.

    A test delivery is a small JSON object with the key `slad_test` and no other but a signed timestamp, as `slad
    connect --test` sends it. It is not stored in the inbox, as it does not come from the source's sender. Call this
    only for a request whose authentication was verified.

    Args:
        how: The source's authentication, with the place of the timestamp.
    """
    if len(body) > MAX_TEST or TEST_KEY.encode() not in body:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    # Nothing beside it: a sender's template may insert a ticket's words unescaped, and they must not hide the ticket.
    stamped = {how.timestamp_field.partition(".")[0]} - {""}
    if not isinstance(found, dict) or set(found) != {TEST_KEY} | stamped:
        return None
    return _plain(found[TEST_KEY])


def _plain(value: object) -> str | None:
    """Printable ASCII of a bounded length: what is sent back as text must not be able to be more."""
    return value if isinstance(value, str) and _PRINTABLE.fullmatch(value) else None
