"""Links people follow from messages: to acknowledge, to the incident, to the board.

An acknowledgement link carries alert, person and expiry under an HMAC-SHA256 of the instance's link secret; whoever
holds the message may answer in that person's name, nothing more. Following it only shows a page: mail scanners follow
links too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

import orjson

from sla_platform.store.types import from_micros, to_micros

VALID_FOR = timedelta(days=14)
LONGEST_TOKEN = 1_024
_PURPOSE = b"slad acknowledge v1\n"


class BadLink(StrEnum):
    """Why a token is not accepted."""

    MALFORMED = "malformed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid token says."""

    alert: str
    person: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Builds and reads links; `base` is the public URL without a slash at its end."""

    base: str
    secret: bytes = field(repr=False)

    def acknowledge(self, alert: str, person: str, now: datetime) -> str:
        return f"{self.base}/ack/{self.token(Claim(alert, person, now + VALID_FOR))}"

    def incident(self, incident: str) -> str:
        return f"{self.base}/incidents/{quote(incident, safe=':')}"

    def board(self) -> str:
        return f"{self.base}/"

    def token(self, claim: Claim) -> str:
        said = orjson.dumps([claim.alert, claim.person, to_micros(claim.expires) // 1_000_000])
        return f"{_encoded(said)}.{_encoded(self._mac(said))}"

    def read(self, token: str, now: datetime) -> Claim | BadLink:
        """The claim of a token, or why it is not accepted."""
        said, _, mac = token.partition(".")
        try:
            body, given = _decoded(said), _decoded(mac)
        except (ValueError, binascii.Error):
            return BadLink.MALFORMED
        if len(token) > LONGEST_TOKEN or not hmac.compare_digest(given, self._mac(body)):
            return BadLink.MALFORMED
        alert, person, expires = orjson.loads(body)  # we signed it, so it has the shape we gave it
        claim = Claim(alert, person, from_micros(expires * 1_000_000))
        return claim if now < claim.expires else BadLink.EXPIRED

    def _mac(self, said: bytes) -> bytes:
        return hmac.new(self.secret, _PURPOSE + said, hashlib.sha256).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(written: str) -> bytes:
    """Strict: only the alphabet, and only the one spelling we would give."""
    raw = base64.b64decode(written.encode("ascii") + b"=" * (-len(written) % 4), altchars=b"-_", validate=True)
    if _encoded(raw) != written:
        raise ValueError("not the canonical spelling")
    return raw
