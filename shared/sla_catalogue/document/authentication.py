"""Key `authentication` of a source: how its deliveries prove their origin."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from sla_catalogue.document.field import Document, LongSpan, Names, Secrets, SecretValue, one_or_many

Parts = Annotated[list[str], BeforeValidator(one_or_many)]
OfRsa = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
OfCurves = Literal["ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
OfSecrets = Literal["HS256", "HS384", "HS512"]


class AuthenticationDocument(Document):
    """How a source's deliveries are authenticated.

    The key `scheme` names a known sender, such as `slack`. An absent key has the value that is usual for that sender.
    """

    scheme: str | None = None
    """A sender whose usual way of signing applies, such as `slack`. Absent means that of the source's dialect."""
    kind: Literal["hmac", "token", "basic", "bearer", "jwt", "mtls", "none"] | None = None
    """The way of authentication: a signature (`hmac`), a secret in a header (`token`), HTTP authentication (`basic`,
    `bearer`), a signed token of an issuer (`jwt`), a client certificate (`mtls`), or none at all (`none`)."""
    header: Names | None = None
    """Name of the header with the signature or token, or of the proxy's for `mtls`; of several, any may carry a
    signature."""
    algorithm: Literal["sha256", "sha1", "sha384", "sha512"] | None = None
    """Algorithm of the signature."""
    encoding: Literal["hex", "base64"] | None = None
    """Encoding of the signature."""
    prefix: str | None = None
    """Text before the signature or token in the header."""
    signed: Parts | None = None
    """What the signature is computed over, in order: `method`, `uri`, `path`, `timestamp`, `id`, `body`, `header:NAME`,
    and any other text for itself. `timestamp.body` and the like stand for the usual lists."""
    id_header: str | None = None
    """Name of the header with the message's id. Absent means `webhook-id`."""
    timestamp_header: str | None = None
    """Name of the header with the timestamp."""
    timestamp_key: str | None = None
    """The key of the timestamp within the header of the signature, such as `t` of `t=1700000000,v1=…`."""
    timestamp_field: str | None = None
    """A dotted path to the timestamp in the body, such as `webhookTimestamp`."""
    timestamp_format: Literal["any", "seconds", "milliseconds", "microseconds", "nanoseconds", "rfc3339"] | None = None
    """How the timestamp is written. Absent means that the value shows it."""
    tolerance: LongSpan | None = None
    """How far the timestamp, or the times of a JWT, may be from slad's clock. Absent means 5 minutes."""
    username: str | None = None
    """User name for HTTP Basic."""
    secret: SecretValue | None = None
    """The secret, which is accepted besides those in `secrets`."""
    secrets: Secrets = Field(default_factory=list)
    """Further secrets, each of which is accepted."""
    issuer: Names | None = None
    """The accepted issuers (`iss`) of a JWT."""
    audience: Names | None = None
    """The accepted audiences (`aud`) of a JWT."""
    claims: dict[str, str] | None = None
    """Claim of a JWT -> the value that it must have."""
    algorithms: list[OfRsa | OfCurves | OfSecrets] | None = None
    """The accepted algorithms of a JWT. Absent means RS256, or HS256 with a secret."""
    jwks_url: str | None = None
    """The address at which the issuer publishes its keys (a JWK set)."""
    jwks: SecretValue | None = None
    """The issuer's keys (a JWK set) as JSON text, or as a file with `jwks_file`."""
    subjects: Names | None = None
    """The accepted client certificates, as the proxy names them in the header."""
    proxies: Names | None = None
    """Addresses or networks of the proxies that may name a client certificate."""
    addresses: Names | None = None
    """Addresses or networks from which deliveries may come, besides being authenticated."""
    challenge: Literal["none", "glpi", "slack", "intercom", "microsoft"] | None = None
    """The sender's check of its receiver that is answered."""
