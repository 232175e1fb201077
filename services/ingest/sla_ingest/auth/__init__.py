"""Whether a delivery was sent by its source: signatures, tokens, passwords, certificates, addresses; in constant time.

`verify` returns None or the reason for the failure; the sender gets 401 in the same words for every reason. Every
active secret is tried in full, and every failure costs the same number of digests over the body (`DigestBudget`), so
the time taken reveals neither which secret fitted, nor how far a wrong proof came, nor whether the source exists.

A proof has one way to be written: hexadecimal in lower case, base64 with its padding, the catalogue's prefix.
"""

from __future__ import annotations

from sla_ingest.auth.check import NONE, DigestBudget, digest_budget, verify
from sla_ingest.auth.failure import AuthFailure
from sla_ingest.auth.request import RequestFacts, is_within
from sla_ingest.auth.signing import CannotSign, proof_of, with_timestamp
from sla_ingest.auth.token import IssuerKeySets

__all__ = [
    "NONE",
    "AuthFailure",
    "CannotSign",
    "DigestBudget",
    "IssuerKeySets",
    "RequestFacts",
    "digest_budget",
    "is_within",
    "proof_of",
    "verify",
    "with_timestamp",
]
