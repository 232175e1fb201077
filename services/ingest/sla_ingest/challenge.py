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
    """Return the answer to GLPI's `crc_token`, or None if none is due.

    GLPI sends the HMAC of a fixed text; the answer is the HMAC of that. So only who has the secret gets an answer, and
    always the same one.
    """
    if how.challenge is not Challenge.GLPI or not _HEX_DIGEST.fullmatch(token):
        return None
    answer = None
    for secret in (one.reveal().encode() for one in how.secrets if one.available):
        if hmac.compare_digest(hmac.new(secret, _GLPI_ASKS, "sha256").hexdigest(), token):
            answer = hmac.new(secret, token.encode(), "sha256").hexdigest()
    return answer


def answer_slack(how: Authentication, body: bytes) -> str | None:
    """Return the `challenge` of a proven delivery of the type `url_verification`, or None if the body is no such."""
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
    """Return Microsoft Graph's `validationToken` as it is to be sent back, or None if none is due."""
    return _plain(token) if how.challenge is Challenge.MICROSOFT else None


def answer_test(body: bytes) -> str | None:
    """Return the word of a proven test delivery, to be sent back, or None if the body is no such.

    A test delivery is a small JSON object with the key `slad_test`, as `slad connect --test` sends it. It is not kept,
    as its sender is not the source's.
    """
    if len(body) > MAX_TEST or TEST_KEY.encode() not in body:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _plain(found.get(TEST_KEY)) if isinstance(found, dict) else None


def _plain(value: object) -> str | None:
    """Printable ASCII of a bounded length: what is sent back as text must not be able to be more."""
    return value if isinstance(value, str) and _PRINTABLE.fullmatch(value) else None
