"""Why the proof of a delivery was rejected."""

from __future__ import annotations

from enum import Enum


class AuthFailure(Enum):
    """Why the proof of a delivery (such as a signature or token) was rejected. The value is the reason in words.

    The reason is written to metrics and logs. The sender never sees it.
    """

    SOURCE = "no source has this name"
    ADDRESS = "the source sends from other addresses"
    NO_PROOF = "the header that carries the proof is absent or too long"
    BAD_FORM = "the proof is not written as its kind demands"
    STALE = "the time of the signature or token is too far from ours"
    WRONG = "no active secret or key fits"
    CLAIMS = "the token is of another issuer, for another audience, or lacks a claim"
    UNKNOWN_KEY = "the issuer's keys have none of the token's name"
    NO_KEYS = "the issuer's keys could not be fetched yet"
    PROXY = "the connection is not from a proxy that may name a certificate"
    UNPREPARED = "the catalogue has no secret for this source at hand"
