"""The check of a delivery's proof, whatever its kind, at the same cost for every refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from sla_catalogue.authentication import Authentication, AuthenticationKind
from sla_ingest.auth.failure import AuthFailure
from sla_ingest.auth.request import NO_REQUEST, RequestFacts, is_within
from sla_ingest.auth.signature import check_signature, mac
from sla_ingest.auth.token import NO_KEY_SETS, IssuerKeySets, check_token
from sla_ingest.auth.word import check_basic, check_word

MAX_HEADER = 1_024

DigestBudget = Mapping[str, int]
"""How many digests over the body a refusal costs, by algorithm: as many as the most demanding source asks for."""
NONE: DigestBudget = MappingProxyType({})


def digest_budget(sources: Iterable[Authentication]) -> DigestBudget:
    """Return the least number of signatures that `verify` must compute before it rejects a delivery.

    The result maps a hash algorithm, such as `sha256`, to the largest number of secrets that any source has for it. For
    `sha256` the number is at least 1. Pass the result to `verify` as `work`, so that a rejection takes equally long for
    every source.
    """
    most = Counter({"sha256": 1})
    for how in sources:
        if how.kind is AuthenticationKind.HMAC:
            most[how.algorithm] = max(most[how.algorithm], len(how.secrets))
    return most


def verify(
    how: Authentication | None,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    work: DigestBudget = NONE,
    *,
    request: RequestFacts = NO_REQUEST,
    issuers: IssuerKeySets = NO_KEY_SETS,
) -> AuthFailure | None:
    """Check the proof that a delivery comes from its source, such as a signature, token or password.

    Returns None if the proof is valid, or if the source needs none. Otherwise returns why the delivery is rejected. If
    the source is limited to some addresses, a delivery from another address is rejected too.

    Args:
        how: How the source must prove its deliveries. None for a source that does not exist.
        body: The body, as received.
        headers: The headers, by name in lower case.
        now: An aware instant. A signed time must lie within the source's tolerance of `now`.
        work: Maps a hash algorithm to the least number of signatures to compute before a rejection, as `digest_budget`
            returns it. So the response time does not reveal which sources exist.
        request: The method, path and addresses of the request.
        issuers: Maps an address to the keys of a JWT issuer that were fetched from it.
    """
    spent: Counter[str] = Counter()
    found = AuthFailure.SOURCE if how is None else _found(how, body, headers, now, spent, request, issuers)
    if found is not None:
        for algorithm, times in work.items():
            for _ in range(times - spent[algorithm]):
                mac(b"nobody", b"", body, b"", algorithm)
    return found


def _found(
    how: Authentication,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    spent: Counter[str],
    request: RequestFacts,
    issuers: IssuerKeySets,
) -> AuthFailure | None:
    if how.addresses and not is_within(request.address, how.addresses):
        return AuthFailure.ADDRESS
    if how.kind is AuthenticationKind.NONE:
        return None
    if how.kind is AuthenticationKind.JWT:
        return check_token(how, _proof(how, headers), now, issuers)
    if how.kind is AuthenticationKind.MTLS:
        return _certificate(how, _proof(how, headers), request)
    secrets = [secret.reveal() for secret in how.secrets if secret.available]
    if not secrets:
        return AuthFailure.UNPREPARED
    if how.kind is AuthenticationKind.HMAC:
        return check_signature(how, body, headers, now, secrets, spent, request)
    proof = _proof(how, headers)
    if not proof or len(proof) > MAX_HEADER:
        return AuthFailure.NO_PROOF
    match how.kind:
        case AuthenticationKind.TOKEN:
            if not proof.startswith(how.prefix):
                return AuthFailure.BAD_FORM
            return check_word(proof.removeprefix(how.prefix), secrets)
        case AuthenticationKind.BEARER:
            scheme, _, token = proof.partition(" ")
            return check_word(token.strip(" "), secrets) if scheme.lower() == "bearer" else AuthFailure.BAD_FORM
        case AuthenticationKind.BASIC:
            return check_basic(how.username, proof, secrets)
    assert_never(how.kind)


def _proof(how: Authentication, headers: Mapping[str, str]) -> str:
    return headers.get(how.header.lower() or "authorization", "")


def _certificate(how: Authentication, proof: str, request: RequestFacts) -> AuthFailure | None:
    """The proxy has checked the certificate; whoever else connects could write whatever he likes in its header.

    A proxy that adds its header to one that it was sent, instead of replacing it, would let the sender write the first
    part of a name.
    """
    if not is_within(request.peer, how.proxies):
        return AuthFailure.PROXY
    if how.header.lower() in request.repeated:
        return AuthFailure.BAD_FORM
    if not proof or len(proof) > MAX_HEADER:
        return AuthFailure.NO_PROOF
    if not proof.startswith(how.prefix):
        return AuthFailure.BAD_FORM
    return check_word(proof.removeprefix(how.prefix), sorted(how.subjects))
