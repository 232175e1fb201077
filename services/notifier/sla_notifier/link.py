"""Links in messages: to acknowledge, to answer, to confirm or end a registration, to the incident, to the board.

An acknowledgement link carries alert, person and expiry under an HMAC-SHA256 of the instance's link secret; its holder
may acknowledge in that person's name and nothing more. Opening it only shows a page: mail scanners follow links too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from sla_notifier.link_secret import LinkSecret
from sla_platform.store.types import from_micros, to_micros

VALID_FOR = timedelta(days=14)
LONGEST_TOKEN = 1_024
_MAC_LENGTH = 43  # of 32 bytes in base64url
_WRITTEN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?")
_LISTED = "digest:"  # no alert's id begins so
_PURPOSE = b"slad acknowledge v1\n"
CONFIRMED_WITHIN = timedelta(days=3)
_QUESTION = b"slad question v1\n"
_ENDED_WITHIN = timedelta(days=3_650)  # the link must still work in an old mail


class LinkPurpose(Enum):
    """What a link in a message is for, such as to confirm a registration for notices of critical fixes.

    A token for one purpose is refused for another purpose.
    """

    CONFIRM = b"slad confirm v1\n"
    UNSUBSCRIBE = b"slad unsubscribe v1\n"
    OPT_OUT = b"slad opt out v1\n"
    OPT_IN = b"slad opt in v1\n"


class BadLink(StrEnum):
    """Why the token of a link is not accepted."""

    INCOMPLETE = "incomplete"
    """The end of the token is missing."""
    MALFORMED = "malformed"
    """The token has a form that slad does not write."""
    FOREIGN = "foreign"
    """The token is not signed with the key of this installation."""
    EXPIRED = "expired"
    """The token is too old."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The content of a link's token: which person may acknowledge which alert or digest, and until when.

    The token is signed, so that nobody can change this.
    """

    alert: str
    """An alert's id, or `digest:` and the id of a digest's delivery for the alerts of the digest. A digest is a mail
    that collects several messages."""
    person: str
    """The person's id."""
    expires: datetime

    @property
    def digest(self) -> str:
        """Return the id of the delivery of the digest to acknowledge; "" if the claim is for one alert.

        A digest is a mail that collects several messages.
        """
        return self.alert.removeprefix(_LISTED) if self.alert.startswith(_LISTED) else ""


@dataclass(frozen=True, slots=True)
class _Opened:
    values: list[Any]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Writes the links in messages, and verifies the tokens of opened links."""

    base: str
    """The public URL without a slash at its end."""
    secret: LinkSecret = field(repr=False)
    """The key that signs the tokens."""

    def acknowledge(self, alert: str, person: str, now: datetime) -> str:
        """Return the link by which a person acknowledges an alert.

        The link is valid for 14 days (VALID_FOR) from `now`.

        Args:
            alert: The alert's id.
            person: The person's id.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        return f"{self.base}/ack/{self.token(Claim(alert, person, now + VALID_FOR))}"

    def acknowledge_digest(self, delivery: str, person: str, now: datetime) -> str:
        """Return the link by which a person acknowledges the alerts in a digest.

        A digest is a mail that collects several messages. The link is valid for 14 days (VALID_FOR) from `now`.

        Args:
            delivery: The id of the digest's delivery.
            person: The person's id.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        return self.acknowledge(f"{_LISTED}{delivery}", person, now)

    def confirm(self, request: str, now: datetime) -> str:
        """Return the link by which somebody confirms registrations for notices of critical fixes.

        The registrations are those of one request. The link is valid for 3 days from `now`.

        Args:
            request: The id of the request.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        token = self._subject(LinkPurpose.CONFIRM, request, now + CONFIRMED_WITHIN)
        return f"{self.base}/registrations/confirm/{token}"

    def unsubscribe(self, subject: str, now: datetime) -> str:
        """Return the link that ends registrations for notices of critical fixes.

        The link is valid for ten years from `now`.

        Args:
            subject: The id of a person, to end all registrations of this person, or the id of one registration.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        token = self._subject(LinkPurpose.UNSUBSCRIBE, subject, now + _ENDED_WITHIN)
        return f"{self.base}/registrations/end/{token}"

    def opt_out(self, contract: str, person: str, now: datetime) -> str:
        """Return the link by which a contact of the customer opts out of messages about incidents.

        The link is valid for ten years from `now`.

        Args:
            contract: The contract's id.
            person: The person's id.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        token = self._subject(LinkPurpose.OPT_OUT, f"{contract}\n{person}", now + _ENDED_WITHIN)
        return f"{self.base}/contacts/stop/{token}"

    def opt_in(self, contract: str, person: str, now: datetime) -> str:
        """Return the link by which a customer's contact receives messages about incidents again after an opt-out.

        The arguments, the validity and the errors are those of `opt_out`.
        """
        token = self._subject(LinkPurpose.OPT_IN, f"{contract}\n{person}", now + _ENDED_WITHIN)
        return f"{self.base}/contacts/resume/{token}"

    def question(self, question: str, person: str, now: datetime) -> str:
        """Return the link by which a person answers the question whether a lower priority is agreed.

        The link is valid for 14 days (VALID_FOR) from `now`. The question itself may expire earlier or later.

        Args:
            question: The question's id.
            person: The person's id.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        return f"{self.base}/answers/{self._signed(_QUESTION, [question, person], now + VALID_FOR)}"

    def question_of(self, token: str, now: datetime) -> tuple[str, str] | BadLink:
        """Return (question id, person id) from the link of a question, or a BadLink if the link is not accepted.

        Args:
            token: The last part of the link.
            now: The instant at which the token must be valid.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        read = self._valid(_QUESTION, token, now)
        if isinstance(read, BadLink):
            return read
        question, person = read.values
        return question, person

    def subject_of(self, purpose: LinkPurpose, token: str, now: datetime) -> str | BadLink:
        """Return the id that a link stands for, or a BadLink that says why the link is not accepted.

        The id depends on the purpose of the link:

        - CONFIRM: the id of the request that made the registrations.
        - UNSUBSCRIBE: the id of a person or of one registration.
        - OPT_OUT, OPT_IN: the contract's id and the person's id, with a line break between them.

        Args:
            purpose: The purpose that the link must have.
            token: The last part of the link.
            now: The instant at which the token must be valid.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        read = self._valid(purpose.value, token, now)
        return read if isinstance(read, BadLink) else str(read.values[0])

    def incident(self, incident: str) -> str:
        """Return the URL of an incident's page on the board (slad's web pages).

        Args:
            incident: The incident's id.
        """
        return f"{self.base}/incidents/{quote(incident, safe=':')}"

    def attainment(self, contract: str, period: str) -> str:
        """Return the URL of the board's page with a contract's attainment in a period.

        The board is slad's web pages. Attainment is the share of the contract's promises that were met.

        Args:
            contract: The contract's id.
            period: Label of the period, such as `2026-11`.
        """
        return f"{self.base}/attainment?{urlencode({'contract': contract, 'period': period})}"

    def contract(self, contract: str) -> str:
        """Return the URL of the board's page with a contract's support plan, booked extra hours and allowances.

        The board is slad's web pages. An allowance is an amount that the contract includes, such as 20 hours of work.

        Args:
            contract: The contract's id.
        """
        return f"{self.base}/contracts/{quote(contract, safe='')}"

    def report(self, contract: str, period: str, kind: str, revision: int) -> str:
        """Return the URL of the web page with a stored report of a contract, which no longer changes.

        Args:
            contract: The contract's id.
            period: Label of the period, such as `2026-11`.
            kind: Kind of the report, such as `review`.
            revision: Number of the report's revision.
        """
        query = urlencode({"period": period, "kind": kind, "revision": revision})
        return f"{self.base}/reports/{quote(contract, safe='')}?{query}"

    def board(self) -> str:
        """Return the URL of the first page of the board (slad's web pages)."""
        return f"{self.base}/"

    def token(self, claim: Claim) -> str:
        """Return a claim (who may acknowledge what, until when) as a signed token for a URL.

        The token has two parts in base64url: `<claim>.<signature>`.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        return self._signed(_PURPOSE, [claim.alert, claim.person], claim.expires)

    def read(self, token: str, now: datetime) -> Claim | BadLink:
        """Return the claim in the token of an acknowledgement link, or a BadLink if the token is not accepted.

        The claim says who may acknowledge what, and until when.

        Args:
            token: The last part of the link.
            now: The instant at which the token must be valid.

        Raises:
            LinkSecretNotRead: The signing key has not been read yet.
        """
        read = self._valid(_PURPOSE, token, now)
        if isinstance(read, BadLink):
            return read
        alert, person = read.values
        return Claim(alert, person, read.expires)

    def _subject(self, purpose: LinkPurpose, subject: str, expires: datetime) -> str:
        return self._signed(purpose.value, [subject], expires)

    def _signed(self, purpose: bytes, values: list[str], expires: datetime) -> str:
        payload = orjson.dumps([*values, to_micros(expires) // 1_000_000])
        return f"{_encoded(payload)}.{_encoded(self._mac(purpose, payload))}"

    def _valid(self, purpose: bytes, token: str, now: datetime) -> _Opened | BadLink:
        """What was signed for this purpose, if it has not expired."""
        read = self._opened(purpose, token)
        if isinstance(read, BadLink):
            return read
        *values, seconds = read
        expires = from_micros(seconds * 1_000_000)
        return _Opened(values, expires) if now < expires else BadLink.EXPIRED

    def _opened(self, purpose: bytes, token: str) -> list[Any] | BadLink:
        """The values that were signed for this purpose."""
        payload, _, mac = token.partition(".")
        if len(token) > LONGEST_TOKEN or not _WRITTEN.fullmatch(token):
            return BadLink.MALFORMED
        body, given = _decoded(payload), _decoded(mac)
        if len(mac) < _MAC_LENGTH and (not mac or _readable(body)):
            return BadLink.INCOMPLETE  # a signature always has the same length
        if not _readable(body) or given is None or body is None:
            return BadLink.MALFORMED
        if not hmac.compare_digest(given, self._mac(purpose, body)):
            return BadLink.FOREIGN
        values: list[Any] = orjson.loads(body)  # we signed it, so it has the shape we gave it
        return values

    def _mac(self, purpose: bytes, payload: bytes) -> bytes:
        return hmac.new(self.secret.value, purpose + payload, hashlib.sha256).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(written: str) -> bytes | None:
    """Strict: only the alphabet, and only the one spelling we would give; None for anything else."""
    try:
        raw = base64.b64decode(written.encode("ascii") + b"=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if _encoded(raw) == written else None


def _readable(body: bytes | None) -> bool:
    """Whether it has the shape that we give it; who gave it is another question."""
    try:
        return body is not None and isinstance(orjson.loads(body), list)
    except ValueError:
        return False
