"""Reading a request's body within bounds: never more than the limit in memory, whatever the headers say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import Request

from sla_ingest.dialect.port import OWN_HEADERS
from sla_platform.http.problem import Problem

READ_SECONDS = 30.0


def headers_of(request: Request) -> dict[str, str]:
    """Header names in lower case; of a header sent twice the values are joined, as HTTP says. Our own are dropped."""
    found: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name.startswith(OWN_HEADERS):
            continue
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def read_body(request: Request, headers: Mapping[str, str], limit: int) -> bytes:
    """Raises Problem 415 for a compressed body, 413 for one beyond `limit` bytes, 408 for one that does not come."""
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "compressed", "Compressed bodies are not read", "Send the body without Content-Encoding.")
    stated = headers.get("content-length", "")
    if stated.isdigit() and int(stated[:20]) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise too_large(limit)
                parts.append(part)
    except TimeoutError:
        detail = f"The body did not arrive within {READ_SECONDS:.0f} seconds."
        raise Problem(408, "slow-body", "The body came too slowly", detail) from None
    return b"".join(parts)


def too_large(limit: int) -> Problem:
    detail = f"A body has at most {limit} bytes; send fewer events in a batch or a shorter description."
    return Problem(413, "too-large", "The body is too large", detail, headers={"Connection": "close"})
