"""`authentication` → `Authentication`: a sender's usual proof of origin, refined by what the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sla_catalogue.assembly.proof import check_proof
from sla_catalogue.assembly.scheme import SCHEMES
from sla_catalogue.assembly_context import Context
from sla_catalogue.authentication import (
    DEFAULT_TOLERANCE,
    STANDARD_ID_HEADER,
    Authentication,
    AuthenticationKind,
    Challenge,
    SignedContent,
    TimestampFormat,
)
from sla_catalogue.document.authentication import AuthenticationDocument
from sla_catalogue.duration import parse_span
from sla_catalogue.problem import Path
from sla_catalogue.secret import Secret
from sla_catalogue.source import Dialect

_HEADERS = {kind: ["Authorization"] for kind in ("basic", "bearer", "jwt")}
_SHORT: Mapping[str, SignedContent] = {
    "timestamp+body": SignedContent.TIMESTAMP_BODY,
    "timestamp.body": SignedContent.TIMESTAMP_DOT_BODY,
    "timestamp:body": SignedContent.TIMESTAMP_COLON_BODY,
    "id.timestamp.body": SignedContent.ID_TIMESTAMP_BODY,
}


def kind_of_proof(dialect: Dialect, document: AuthenticationDocument) -> AuthenticationKind:
    """Return how the deliveries of a source are authenticated, such as by a signature.

    The result is the first of these that is given:

    - the kind that the document states
    - the usual kind of the sender that the document names as `scheme`, such as `slack`
    - the usual kind of `dialect` (payload format)
    - `BEARER`
    """
    return AuthenticationKind(document.kind or usual_proof(dialect, document).get("kind", "bearer"))


def usual_proof(dialect: Dialect, document: AuthenticationDocument) -> Mapping[str, Any]:
    """Return the default values of a source's section `authentication`, as key -> value.

    They describe how the sender that the document names as `scheme`, such as `slack`, usually authenticates. Without a
    `scheme` they are those of `dialect` (payload format). The result is empty if there are none.
    """
    return SCHEMES.get(document.scheme or dialect.value, {})


def build_authentication(
    dialect: Dialect, document: AuthenticationDocument | None, path: Path, context: Context
) -> Authentication:
    """Build the `Authentication` of a source: how its deliveries are authenticated.

    Settings that cannot work are added to `context.findings`.

    Args:
        path: Path of the source in the catalogue, such as `("sources", "desk")`.
    """
    if document is None:
        hint = "say authentication: {kind: none} if anybody may post"
        context.findings.error(path, "no-authentication", f"the source {path[1]!r} has no authentication", hint)
        return Authentication(kind=AuthenticationKind.NONE)
    path = (*path, "authentication")
    if document.scheme is not None and document.scheme not in SCHEMES:
        context.report_unknown(document.scheme, sorted(SCHEMES), (*path, "scheme"), "scheme")
    kind = kind_of_proof(dialect, document)
    usual = usual_proof(dialect, document)
    written = document.model_dump(exclude={"scheme", "kind", "secret", "secrets", "jwks"}, exclude_none=True)
    defaults = usual if kind == usual.get("kind") else {}
    how = _authentication(kind, {"header": _HEADERS.get(kind, []), **defaults, **written}, document)
    check_proof(how, document, path, context)
    return how


def _authentication(
    kind: AuthenticationKind, values: Mapping[str, Any], document: AuthenticationDocument
) -> Authentication:
    names = values["header"]
    secrets = _secrets(document)
    tolerance = values.get("tolerance", DEFAULT_TOLERANCE)
    return Authentication(
        kind=kind,
        header=names[0] if names else "",
        other_headers=tuple(names[1:]),
        algorithm=values.get("algorithm", "sha256"),
        encoding=values.get("encoding", "hex"),
        prefix=values.get("prefix", ""),
        signed=_signed(values.get("signed", ["body"])),
        id_header=values.get("id_header", STANDARD_ID_HEADER),
        timestamp_header=values.get("timestamp_header", ""),
        timestamp_key=values.get("timestamp_key", ""),
        timestamp_field=values.get("timestamp_field", ""),
        timestamp_format=TimestampFormat(values.get("timestamp_format", "any")),
        tolerance=parse_span(tolerance, days_allowed=True) if isinstance(tolerance, str) else tolerance,
        username=values.get("username", ""),
        secrets=secrets,
        issuers=frozenset(values.get("issuer", ())),
        audiences=frozenset(values.get("audience", ())),
        claims=MappingProxyType(dict(values.get("claims", {}))),
        jwt_algorithms=tuple(values.get("algorithms", ["HS256" if secrets else "RS256"])),
        jwks_url=values.get("jwks_url", ""),
        jwks=document.jwks,
        subjects=frozenset(values.get("subjects", ())),
        proxies=tuple(values.get("proxies", ())),
        addresses=tuple(values.get("addresses", ())),
        challenge=Challenge(values.get("challenge", "none")),
    )


def _signed(written: list[str]) -> SignedContent:
    if len(written) == 1 and written[0] in _SHORT:
        return _SHORT[written[0]]
    return SignedContent.of(*written)


def _secrets(document: AuthenticationDocument) -> tuple[Secret, ...]:
    return (*((document.secret,) if document.secret else ()), *document.secrets)
