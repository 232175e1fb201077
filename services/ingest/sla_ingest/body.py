"""A request's headers in the form in which dialects read them."""

from __future__ import annotations

from collections import Counter

from fastapi import Request

from sla_ingest.dialect.port import OWN_HEADERS


def repeated_headers(request: Request) -> frozenset[str]:
    """Return the names, in lower case, of the headers that the request has more than once."""
    counted = Counter(name.lower() for name, _ in request.headers.raw)
    return frozenset(name.decode("latin-1") for name, times in counted.items() if times > 1)


def headers_of(request: Request) -> dict[str, str]:
    """Return the request's headers by name in lower case.

    Values of a repeated name are joined by ", " (RFC 9110 §5.2). Headers whose name begins with `slad-` are left out:
    only slad itself sets them.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name.startswith(OWN_HEADERS):
            continue
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
