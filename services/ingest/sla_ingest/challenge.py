"""The checks by which a sender asks, before it sends, whether slad is its receiver. Pure.

No answer signs what a stranger chooses: GLPI's question must itself be signed by the secret, Slack's comes in a proven
delivery, and Microsoft's is sent back as it came, unsigned.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping

import orjson

from sla_catalogue.authentication import Authentication, Challenge

TEST_KEY = "slad_test"
MAX_TEST = 1_024
"""Bytes of a test delivery."""
_GLPI_ASKS = b"validate_cra_challenge"
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]{1,512}", re.ASCII)


def answer_challenge(how: Authentication, method: str, token: str) -> str | None:
    """Return the answer to a challenge, by which a ticketing system checks its receiver; None for no answer.

    The challenge is a request without a proof of its sender. There is no answer if the source's sender makes no such
    challenge, makes it by another HTTP method, or sends a token that does not fit.

    Args:
        how: The source's authentication, with its secrets.
        method: The HTTP method of the request, such as `GET`.
        token: The text that the sender wants signed, or returned. "" if there is none.
    """
    asked, answer = _UNPROVEN.get(how.challenge, ("", _no_answer))
    return answer(how, token) if method == asked else None


def answer_proven(how: Authentication, body: bytes) -> str | None:
    """Return the answer to a delivery that is only a challenge or a test; None for a delivery to be stored.

    By a challenge, a ticketing system such as Slack checks its receiver. For a test, see `answer_test`. Call this only
    for a request whose authentication was verified.

    Args:
        how: The source's authentication.
        body: The body of the delivery.
    """
    answer = _PROVEN.get(how.challenge, _no_answer)
    return answer(how, body) or answer_test(how, body)


def _no_answer(_how: Authentication, _asked: str | bytes) -> str | None:
    return None


def _answer_intercom(_how: Authentication, _token: str) -> str | None:
    """Intercom sends no token, and wants any answer of 200."""
    return ""


def _answer_glpi(how: Authentication, token: str) -> str | None:
    """GLPI sends the HMAC of a fixed text as the token, and is answered with the HMAC of the token, by the same secret.

    So only a sender that has the secret gets an answer.
    """
    if not _HEX_DIGEST.fullmatch(token):
        return None
    answer = None
    for secret in (one.reveal().encode() for one in how.secrets if one.available):
        if hmac.compare_digest(hmac.new(secret, _GLPI_ASKS, "sha256").hexdigest(), token):
            answer = hmac.new(secret, token.encode(), "sha256").hexdigest()
    return answer


def _answer_slack(_how: Authentication, body: bytes) -> str | None:
    """Slack wants the value `challenge` of a request of the type `url_verification` back."""
    if b"url_verification" not in body:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or found.get("type") != "url_verification":
        return None
    return _plain(found.get("challenge"))


def _answer_microsoft(_how: Authentication, token: str) -> str | None:
    """Microsoft Graph wants its `validationToken` back, 1 to 512 characters of printable ASCII."""
    return _plain(token)


def answer_test(how: Authentication, body: bytes) -> str | None:
    """Return the text that a test delivery asks slad to return; None if the body is not a test delivery.

    A test delivery, sent by `slad connect --test`, is a small JSON object. Its only key is `slad_test`, except for a
    signed timestamp. It is not stored in the inbox, as it does not come from the source's sender. Call this only for a
    request whose authentication was verified.

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


_UNPROVEN: Mapping[Challenge, tuple[str, Callable[[Authentication, str], str | None]]] = {
    Challenge.GLPI: ("GET", _answer_glpi),
    Challenge.INTERCOM: ("HEAD", _answer_intercom),
    Challenge.MICROSOFT: ("POST", _answer_microsoft),
}
"""Challenge → the method of its request, which has no proof, and its answer."""
_PROVEN: Mapping[Challenge, Callable[[Authentication, bytes], str | None]] = {Challenge.SLACK: _answer_slack}
"""Challenge → the answer to a delivery whose proof was verified."""
