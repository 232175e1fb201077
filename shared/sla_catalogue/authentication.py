"""How the deliveries of a source prove their origin, as data."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from sla_catalogue.secret import Secret

NO_CLAIMS: Mapping[str, str] = MappingProxyType({})
DEFAULT_TOLERANCE = timedelta(seconds=300)
STANDARD_ID_HEADER = "webhook-id"
_WHSEC = "whsec_"


class AuthenticationKind(StrEnum):
    """How a source authenticates its deliveries."""

    HMAC = "hmac"
    """By a signature."""
    TOKEN = "token"  # noqa: S105 - a shared word in a header
    """By a shared secret in a header."""
    BASIC = "basic"
    """By HTTP Basic authentication, in the header `Authorization`."""
    BEARER = "bearer"
    """By a bearer token, in the header `Authorization`."""
    JWT = "jwt"
    """By a signed JSON Web Token, such as an OAuth access token, in the header `Authorization`."""
    MTLS = "mtls"
    """By a client certificate, which a reverse proxy has checked and names in a header."""
    NONE = "none"
    """Not at all. Anybody may send."""


class PartKind(StrEnum):
    """The kinds of parts of which a signed text is made, such as the body or a header."""

    METHOD = "method"
    """The HTTP method, such as `POST`."""
    URI = "uri"
    """The whole address of the request: slad's public URL, the path and the query."""
    PATH = "path"
    """The path and the query of the request."""
    TIMESTAMP = "timestamp"
    """The timestamp, as it is written."""
    ID = "id"
    """The id of the message."""
    BODY = "body"
    """The raw body."""
    HEADER = "header"
    """The value of a header."""
    TEXT = "text"
    """A fixed text."""


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A part of the text that a signature is computed over, such as the body or a header."""

    kind: PartKind
    text: str = ""
    """The fixed text, or the name of the header in lower case. "" for the other kinds."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.text}" if self.kind is PartKind.HEADER else self.text or self.kind.value


@dataclass(frozen=True, slots=True)
class SignedContent:
    """The text that a signature (HMAC) is computed over: a list of parts that are joined."""

    parts: tuple[SignedPart, ...]

    BODY: ClassVar[SignedContent]
    """The raw body."""
    TIMESTAMP_BODY: ClassVar[SignedContent]
    """Timestamp and body, with nothing between."""
    TIMESTAMP_DOT_BODY: ClassVar[SignedContent]
    """Timestamp and body, with a dot between."""
    TIMESTAMP_COLON_BODY: ClassVar[SignedContent]
    """Timestamp and body, with a colon between."""
    ID_TIMESTAMP_BODY: ClassVar[SignedContent]
    """Message id, timestamp and body, with dots between (Standard Webhooks)."""

    @classmethod
    def of(cls, *written: str) -> SignedContent:
        """Return the content whose parts are written as in the catalogue.

        Args:
            written: One text for each part: a word such as `body`, `header:NAME` for the value of a header, or
                `text:TEXT` for a fixed text. Any other text is a fixed text too.
        """
        return cls(tuple(map(_part, written)))

    def has(self, kind: PartKind) -> bool:
        """Return whether the signed text has a part of this kind."""
        return any(part.kind is kind for part in self.parts)

    def headers(self) -> Iterable[str]:
        """Return the names, in lower case, of the headers whose values are parts of the signed text."""
        return [part.text for part in self.parts if part.kind is PartKind.HEADER]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


_WORDS = {kind.value: kind for kind in PartKind if kind not in (PartKind.HEADER, PartKind.TEXT)}
PART_WORDS = tuple(_WORDS)
"""The words that stand for parts of what is signed."""


def _part(written: str) -> SignedPart:
    if written in _WORDS:
        return SignedPart(_WORDS[written])
    name, colon, rest = written.partition(":")
    if colon and rest and name == PartKind.HEADER:
        return SignedPart(PartKind.HEADER, rest.strip().lower())
    return SignedPart(PartKind.TEXT, rest if colon and rest and name == PartKind.TEXT else written)


SignedContent.BODY = SignedContent.of("body")
SignedContent.TIMESTAMP_BODY = SignedContent.of("timestamp", "body")
SignedContent.TIMESTAMP_DOT_BODY = SignedContent.of("timestamp", ".", "body")
SignedContent.TIMESTAMP_COLON_BODY = SignedContent.of("timestamp", ":", "body")
SignedContent.ID_TIMESTAMP_BODY = SignedContent.of("id", ".", "timestamp", ".", "body")


class TimestampFormat(StrEnum):
    """How the timestamp of a signature is written."""

    ANY = "any"
    """Any of the other ways: the value shows which."""
    SECONDS = "seconds"
    """Seconds since 1970, in digits."""
    MILLISECONDS = "milliseconds"
    """Milliseconds since 1970, in digits."""
    MICROSECONDS = "microseconds"
    """Microseconds since 1970, in digits."""
    NANOSECONDS = "nanoseconds"
    """Nanoseconds since 1970, in digits."""
    RFC3339 = "rfc3339"
    """A text such as `2026-02-03T04:05:06Z`."""


class Challenge(StrEnum):
    """The ways in which a sender checks, before it sends deliveries, that slad is their receiver."""

    NONE = "none"
    """The sender makes no check."""
    GLPI = "glpi"
    """GLPI: a GET with `crc_token`, which is to be signed."""
    SLACK = "slack"
    """Slack: a signed delivery of the type `url_verification`, whose `challenge` is to be sent back."""
    INTERCOM = "intercom"
    """Intercom: a HEAD request, which is to be answered 200."""
    MICROSOFT = "microsoft"
    """Microsoft Graph: a POST with `validationToken`, which is to be sent back as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How the deliveries of a source are authenticated."""

    kind: AuthenticationKind
    header: str = ""
    """Name of the header with the signature or token; for `mtls`, of that by which the proxy names the certificate."""
    other_headers: tuple[str, ...] = ()
    """Names of further headers that may carry a signature."""
    algorithm: str = "sha256"
    """Algorithm of an HMAC, such as `sha256`."""
    encoding: str = "hex"
    """Encoding of an HMAC: `hex` or `base64`."""
    prefix: str = ""
    """Text before the signature or token in the header."""
    signed: SignedContent = SignedContent.BODY
    """What an HMAC is computed over."""
    id_header: str = STANDARD_ID_HEADER
    """Name of the header with the message's id, if `signed` has it."""
    timestamp_header: str = ""
    """Name of the header with the timestamp. "" for none."""
    timestamp_key: str = ""
    """The key of the timestamp within the header of the signature, such as `t` of `t=1700000000,v1=…`. "" for none."""
    timestamp_field: str = ""
    """A dotted path to the timestamp in the body, which is JSON. "" for none."""
    timestamp_format: TimestampFormat = TimestampFormat.ANY
    """How the timestamp is written."""
    tolerance: timedelta = DEFAULT_TOLERANCE
    """How far the timestamp may be from slad's clock, on either side; of a JWT, how far its times may be missed."""
    username: str = ""
    """User name for HTTP Basic."""
    secrets: tuple[Secret, ...] = ()
    """Secrets, each of which is accepted. To rotate a secret, add the new one before removing the old."""
    issuers: frozenset[str] = frozenset()
    """The accepted issuers (`iss`) of a JWT."""
    audiences: frozenset[str] = frozenset()
    """The accepted audiences (`aud`) of a JWT."""
    claims: Mapping[str, str] = field(default_factory=lambda: NO_CLAIMS)
    """Claim -> the value that a JWT must have in it."""
    jwt_algorithms: tuple[str, ...] = ()
    """The accepted algorithms of a JWT, such as `RS256`."""
    jwks_url: str = ""
    """Where the issuer publishes the keys of its JWTs. "" for none."""
    jwks: Secret | None = None
    """The issuer's keys as JSON (a JWK set)."""
    subjects: frozenset[str] = frozenset()
    """The accepted client certificates, as the proxy names them."""
    proxies: tuple[str, ...] = ()
    """Networks (CIDR) of the proxies that may name a certificate."""
    addresses: tuple[str, ...] = ()
    """Networks (CIDR) from which deliveries may come. Empty for any."""
    challenge: Challenge = Challenge.NONE
    """The challenge of the sender that is answered."""

    @property
    def stamped(self) -> bool:
        """Return whether deliveries have a timestamp, which limits the time for which a signature is valid."""
        return bool(self.timestamp_header or self.timestamp_key or self.timestamp_field)

    @property
    def proof_headers(self) -> tuple[str, ...]:
        """Return the names, in lower case, of the headers that carry the proof."""
        return tuple(name.lower() for name in (self.header, *self.other_headers) if name)

    def covers_header(self, header: str) -> bool:
        """Return whether a delivery's valid authentication also proves the value of a header.

        An HMAC proves only the headers that are signed. A token, password, JWT or client certificate proves all
        headers, as whoever has it can write any header. Without authentication, the result is True.

        Args:
            header: Name of the header in lower case.
        """
        if self.kind is not AuthenticationKind.HMAC:
            return True
        signed = set(self.signed.headers())
        if self.signed.has(PartKind.TIMESTAMP):
            signed.add(self.timestamp_header.lower())
        if self.signed.has(PartKind.ID):
            signed.add(self.id_header.lower())
        return header in signed


def signing_key(signed: SignedContent, secret: str) -> bytes:
    """Derive the key for HMAC signatures from a secret, and return it as bytes.

    If `signed` is `ID_TIMESTAMP_BODY` (Standard Webhooks) and the secret is base64, with or without the prefix
    `whsec_`, the key is the decoded base64. Otherwise the key is the secret in UTF-8.
    """
    if signed != SignedContent.ID_TIMESTAMP_BODY:
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
