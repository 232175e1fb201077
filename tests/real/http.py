"""HTTP clients of the tests: loading the certificates of the world takes 25 ms, and no test asks the world anything."""

from __future__ import annotations

import ssl
from typing import Any

import httpx2

_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(**options: Any) -> httpx2.AsyncClient:
    """Return a client that reads no environment; it trusts no certificate unless `verify` says which."""
    return httpx2.AsyncClient(**{"verify": _TRUSTS_NOBODY, "trust_env": False, **options})


def http_get(url: str, **options: Any) -> httpx2.Response:
    """Return the answer to a GET, asked once."""
    return httpx2.get(url, **{"verify": _TRUSTS_NOBODY, "trust_env": False, **options})


def http_post(url: str, **options: Any) -> httpx2.Response:
    """Return the answer to a POST, asked once."""
    return httpx2.post(url, **{"verify": _TRUSTS_NOBODY, "trust_env": False, **options})
