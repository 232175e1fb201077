"""Settings of `authentication` with which no proof would be valid, or one that should not be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from sla_catalogue.assembly_context import Context
from sla_catalogue.authentication import (
    PART_WORDS,
    STANDARD_ID_HEADER,
    Authentication,
    AuthenticationKind,
    Challenge,
    PartKind,
    SignedContent,
    TimestampFormat,
    signing_key,
)
from sla_catalogue.document.authentication import AuthenticationDocument
from sla_catalogue.key_set import BadKeySet, read_key_set
from sla_catalogue.problem import Findings, Path, did_you_mean

MAX_TOLERANCE = timedelta(days=7)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_LETTERS = re.compile(r"[A-Za-z_ -]*[A-Za-z]{2}[A-Za-z_ -]*", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,9}", re.ASCII)
_OF_SIGNATURES = (AuthenticationKind.HMAC, AuthenticationKind.TOKEN, AuthenticationKind.MTLS)
_SHARED = ("HS256", "HS384", "HS512")
_LEAST_SHARED = 16


def check_proof(how: Authentication, written: AuthenticationDocument, path: Path, context: Context) -> None:
    """Check that the settings of `authentication` fit together and prove who sent a delivery.

    Settings that contradict each other or prove nothing are added to `context.findings`, as errors or warnings.

    Args:
        how: The authentication as built, with defaults.
        written: The keys as written in the catalogue.
        path: Path of `authentication` in the catalogue.
    """
    findings = context.findings
    if how.kind is AuthenticationKind.NONE:
        if not context.document.settings.local:
            whose = f" at these addresses: {', '.join(how.addresses)}" if how.addresses else ""
            message = f"anybody may post to this source{whose}"
            findings.warning(path, "open-source", message, "sign its deliveries")
    elif how.kind not in (AuthenticationKind.JWT, AuthenticationKind.MTLS) and not how.secrets:
        findings.error(path, "no-secret", f"the source {path[1]!r} has no secret", "secret: ${NAME}")
    if how.kind in _OF_SIGNATURES and not how.header:
        findings.error(path, "no-header", "no header is named that carries the proof", "header: X-Signature")
    _check_names(how, path, findings)
    _check_networks(how.addresses, (*path, "addresses"), findings)
    match how.kind:
        case AuthenticationKind.HMAC:
            _check_signature(how, written, path, findings)
        case AuthenticationKind.JWT:
            _check_token(how, path, findings)
        case AuthenticationKind.MTLS:
            _check_certificate(how, path, findings)
        case AuthenticationKind.BASIC if ":" in how.username:
            message = "a user name of HTTP Basic has no colon: it parts name and password"
            findings.error((*path, "username"), "username", message, "choose another name")
    if how.kind is not AuthenticationKind.HMAC and len(how.proof_headers) > 1:
        findings.error((*path, "header"), "header", "only a signature may stand in any of several headers", "name one")
    if how.challenge is Challenge.GLPI and (how.kind is not AuthenticationKind.HMAC or how.algorithm != "sha256"):
        message = "the challenge of GLPI is answered by an HMAC of SHA-256"
        findings.error((*path, "challenge"), "challenge", message, "kind: hmac, algorithm: sha256")
    _check_secrets(how, path, findings)


def _check_signature(how: Authentication, written: AuthenticationDocument, path: Path, findings: Findings) -> None:
    standard = how.signed == SignedContent.ID_TIMESTAMP_BODY
    if (" " if standard else ",") in how.prefix:
        mark = "a space" if standard else "a comma"
        findings.error((*path, "prefix"), "prefix", f"{mark} in the prefix parts two signatures", "leave it out")
    for part in how.signed.parts:
        meant = f"text:{part.text}" in (written.signed or ())
        if part.kind is PartKind.TEXT and not meant and _LETTERS.fullmatch(part.text):
            hint = f"{did_you_mean(part.text, PART_WORDS)}; text:{part.text} if it is a text that is signed"
            findings.error((*path, "signed"), "signed", f"no part of a request is called {part.text!r}", hint)
    if sum(part.kind is PartKind.BODY for part in how.signed.parts) != 1:
        message = f"the body is not signed exactly once by {how.signed!s}, so a signature would prove no delivery"
        findings.error((*path, "signed"), "unsigned-body", message, "signed: [timestamp, '.', body], or kind: token")
    if any(name in how.proof_headers for name in how.signed.headers()):
        findings.error(
            (*path, "signed"), "signed", "a signature cannot sign the header that carries it", "leave it out"
        )
    places = [key for key in ("timestamp_header", "timestamp_key", "timestamp_field") if getattr(how, key)]
    stamped = how.signed.has(PartKind.TIMESTAMP)
    if len(places) > 1:
        findings.error(path, "two-timestamps", f"the timestamp has two places: {', '.join(places)}", "name one")
    elif stamped and not places:
        message = f"{how.signed!s} is signed, and no header is named that carries the timestamp"
        findings.error(path, "no-header", message, "timestamp_header: X-Timestamp")
    elif stamped and how.timestamp_field:
        message = "a timestamp in the body is signed with the body: it cannot be a part of its own"
        findings.error((*path, "signed"), "signed", message, "signed: body")
    elif places and not stamped and not how.timestamp_field:
        message = "the timestamp is not signed, so that anybody could write a fresh one"
        findings.error((*path, places[0]), "unsigned-timestamp", message, "signed: [timestamp, '.', body]")
    if how.timestamp_key and (not _KEY.fullmatch(how.timestamp_key) or not how.prefix or how.other_headers):
        message = "a timestamp within the signature's header needs one header, a plain key, and a prefix"
        findings.error((*path, "timestamp_key"), "timestamp-key", message, 'timestamp_key: t, prefix: "v1="')
    if how.timestamp_field and not _PATH.fullmatch(how.timestamp_field):
        message = f"{how.timestamp_field!r} is no dotted path"
        findings.error((*path, "timestamp_field"), "timestamp-field", message, "write data.sent_at")
    if not places:
        for key in ("tolerance", "timestamp_format"):
            if key in written.model_fields_set:
                message = f"{key} would be read by nothing: no timestamp is signed"
                findings.error((*path, key), "unread-key", message, "name timestamp_header, or leave it out")
    if "id_header" in written.model_fields_set and not how.signed.has(PartKind.ID):
        message = "id_header would be read by nothing: no id is signed"
        findings.error((*path, "id_header"), "unread-key", message, "signed: [id, '.', timestamp, '.', body]")
    if standard and how.timestamp_format not in (TimestampFormat.ANY, TimestampFormat.SECONDS):
        message = "the timestamp of Standard Webhooks is in seconds"
        findings.error((*path, "timestamp_format"), "timestamp-format", message, "leave it out")
    _check_tolerance(how, path, findings)


def _check_tolerance(how: Authentication, path: Path, findings: Findings) -> None:
    if not timedelta(seconds=1) <= how.tolerance <= MAX_TOLERANCE:
        findings.error((*path, "tolerance"), "tolerance", "a tolerance is from 1 second to 7 days", "tolerance: 5m")


def _check_token(how: Authentication, path: Path, findings: Findings) -> None:
    for key, values in (("issuer", how.issuers), ("audience", how.audiences)):
        if not values or "" in values:
            message = f"no {key} is named, so that a token for somebody else would be accepted"
            findings.error(path, f"no-{key}", message, f"{key}: what the token says in {key[:3]!r}")
    given = [name for name, value in (("secret", how.secrets), ("jwks", how.jwks), ("jwks_url", how.jwks_url)) if value]
    if len(given) != 1:
        message = f"a JWT is checked by keys of one kind, and {len(given)} are given"
        findings.error(path, "jwt-keys", message, "name one of jwks_url, jwks_file and secret")
    wrong = [name for name in how.jwt_algorithms if (name in _SHARED) != bool(how.secrets)]
    if wrong or not how.jwt_algorithms:
        message = f"{', '.join(wrong) or 'no algorithm'} does not fit to the keys"
        findings.error((*path, "algorithms"), "algorithms", message, "HS256 goes with a secret, the others with keys")
    if how.jwks_url and not _is_safe(how.jwks_url):
        message = f"{how.jwks_url!r} is no address whose answer can be believed"
        findings.error((*path, "jwks_url"), "jwks-url", message, "write https://…, without a login")
    if how.jwks is not None and how.jwks.available:
        try:
            read_key_set(how.jwks.reveal())
        except BadKeySet as bad:
            findings.error(path, "jwks", f"the JWK set from {how.jwks.origin} cannot be used: {bad}", "ask the issuer")
    for secret in how.secrets:
        if secret.available and len(secret.reveal().encode()) < _LEAST_SHARED:
            message = f"the secret from {secret.origin} is too short to sign tokens"
            findings.error(path, "short-secret", message, "openssl rand -hex 32")
    _check_tolerance(how, path, findings)


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or not host or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_certificate(how: Authentication, path: Path, findings: Findings) -> None:
    if not how.subjects or "" in how.subjects:
        message = "no certificate is named that is accepted"
        findings.error(path, "no-subject", message, "subjects: [what the proxy writes in the header]")
    if not how.proxies:
        message = "no proxy is named that may vouch for a certificate, so that anybody could write the header"
        findings.error(path, "no-proxy", message, "proxies: [10.1.0.5]")
    _check_networks(how.proxies, (*path, "proxies"), findings)


def _check_networks(networks: Iterable[str], path: Path, findings: Findings) -> None:
    for written in networks:
        try:
            ip_network(written)
        except ValueError as error:
            message = f"{written!r} is no address or network: {error}"
            findings.error(path, "bad-network", message, "write 192.0.2.7, 10.1.0.0/16 or 2001:db8::/32")


def _check_names(how: Authentication, path: Path, findings: Findings) -> None:
    for key, name in (
        *(("header", name) for name in (how.header, *how.other_headers)),
        ("timestamp_header", how.timestamp_header),
        ("id_header", how.id_header if how.id_header != STANDARD_ID_HEADER else ""),
        *(("signed", name) for name in how.signed.headers()),
    ):
        if name and not _HEADER_NAME.fullmatch(name):
            findings.error((*path, key), "header", f"{name!r} is no name of a header", "write X-Signature")


def _check_secrets(how: Authentication, path: Path, findings: Findings) -> None:
    signs = how.kind in (AuthenticationKind.HMAC, AuthenticationKind.JWT)
    for secret in (one for one in how.secrets if one.available):
        written = secret.reveal()
        if not written.strip() or (signs and not signing_key(how.signed, written).strip(b"\x00")):
            findings.error(path, "empty-secret", f"the secret from {secret.origin} is empty", "openssl rand -hex 32")
        elif written != written.strip():
            message = f"the secret from {secret.origin} begins or ends with white space"
            report = findings.warning if signs else findings.error  # a header loses it on its way
            report(path, "secret-space", message, "take it off, or make another secret")
