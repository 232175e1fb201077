"""A request's headers as dialects read them."""

from __future__ import annotations

from fastapi import Request

from sla_ingest.dialect.port import OWN_HEADERS


def headers_of(request: Request) -> dict[str, str]:
    """Header names in lower case; of a header sent twice the values are joined, as HTTP says. Our own are dropped."""
    found: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name.startswith(OWN_HEADERS):
            continue
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
