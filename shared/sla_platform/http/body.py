"""Reading a request's body within bounds: never more than the limit in memory, whatever the headers say.

Routes ask for the body themselves, after they have decided whether the caller may ask at all: a body parameter of
FastAPI would be read in full, at any length, before the route is called. How long a body may take is the business of
the connection (`SLAD_BODY_SECONDS`), which answers 408.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from sla_platform.http.problem import Problem

SMALL_BODY = 65_536  # bytes, for what is parsed on the event loop: a millisecond
Model = TypeVar("Model", bound=BaseModel)
BAD_BODY: dict[int | str, dict[str, Any]] = {
    408: {"description": "The body did not arrive in time"},
    413: {"description": "The body is too large"},
    415: {"description": "The media type, or a Content-Encoding, is not read here"},
    422: {"description": "The input does not fit; the problem says where"},
}


class BodyBudget:
    """A limit on the memory for request bodies that are being received: the bytes of all connections of this process.

    A reader is the `asyncio.timeout` block in which `read_body` reads one body. If the bodies have more than `most`
    bytes together, the reader that has been reading for the longest time is interrupted, so that slow senders block
    nobody. The attribute `held` is the present number of bytes.

    Args:
        most: The greatest number of bytes.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self._of: dict[asyncio.Timeout, int] = {}  # bytes by reader, those who began first first

    def enter(self, reader: asyncio.Timeout) -> None:
        """Begin to count the bytes of a reader (the `asyncio.timeout` block in which a body is read)."""
        self._of[reader] = 0

    def leave(self, reader: asyncio.Timeout) -> None:
        """Stop counting the bytes of a reader, and free them.

        A reader that was interrupted or has left before is ignored.

        Args:
            reader: The `asyncio.timeout` block in which the body was read.
        """
        self.held -= self._of.pop(reader, 0)

    def take(self, reader: asyncio.Timeout, size: int) -> None:
        """Add `size` bytes to those of a reader (the `asyncio.timeout` block in which a body is read).

        While there are too many bytes in all, the reader that entered first is interrupted: its bytes no longer count,
        and it is ended by a TimeoutError. Bytes of a reader that has left are ignored.
        """
        if reader not in self._of:
            return  # it is being interrupted
        self._of[reader] += size
        self.held += size
        while self.held > self.most:
            eldest = next(iter(self._of))
            self.leave(eldest)
            eldest.reschedule(asyncio.get_running_loop().time())


UNREAD = BodyBudget(64 * 2**20)


async def read_body(request: Request, limit: int, room: BodyBudget = UNREAD) -> bytes:
    """Return the body of a request, within limits.

    Args:
        limit: The greatest size of the body in bytes.
        room: The limit of the bytes of all bodies that are being read. By default all callers share one limit of 64
            MiB.

    Raises:
        Problem: Status 415: the body is compressed. Status 413: the body is too long. Status 400: the connection ended
            before the last byte. Status 503: too many bodies were being read (`room`), and this one was interrupted.
    """
    encodings = ",".join(request.headers.getlist("content-encoding"))
    if encodings.strip().lower() not in ("", "identity"):
        raise Problem(415, "compressed", "Compressed bodies are not read", "Send the body without Content-Encoding.")
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated[:20]) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(None) as reader:
            room.enter(reader)
            try:
                return await _read(request, limit, room, reader)
            finally:
                room.leave(reader)
    except ClientDisconnect:
        raise Problem(400, "cut-body", "The body was cut off", "The connection ended before its last byte.") from None
    except TimeoutError:
        raise Problem(
            503, "busy", "Too many bodies at once", "Send it again shortly.", headers={"Retry-After": "2"}
        ) from None


async def _read(request: Request, limit: int, room: BodyBudget, reader: asyncio.Timeout) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
        room.take(reader, len(part))
    return b"".join(parts)


async def read_model(request: Request, model: type[Model]) -> Model | None:
    """Return the JSON body of a request as a `model`, or None if the request has no body.

    The body may have up to 64 KiB.

    Raises:
        Problem: Status 415: the media type is not JSON, or the body is compressed. Status 422: the body does not fit
            the model; all wrong places are listed. Status 413: the body is too long. Status 400: the connection ended
            before the last byte. Status 503: too many bodies are being read.
    """
    raw = await read_body(request, SMALL_BODY)
    if not raw:
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "media-type", "The media type is not read here", "Content-Type is application/json.")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        errors = [
            {"pointer": "".join(f"/{part}" for part in item["loc"]), "detail": item["msg"]}
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        title, detail = "The input does not fit", "See `errors` for each place."
        raise Problem(422, "invalid-input", title, detail, errors=errors) from None


async def demand_model(request: Request, model: type[Model]) -> Model:
    """Return the JSON body of a request as a `model`. The request must have a body.

    The body may have up to 64 KiB.

    Raises:
        Problem: Status 422: there is no body, or it does not fit the model; all wrong places are listed. Status 415:
            the media type is not JSON, or the body is compressed. Status 413: the body is too long. Status 400: the
            connection ended before the last byte. Status 503: too many bodies are being read.
    """
    found = await read_model(request, model)
    if found is None:
        raise Problem(422, "invalid-input", "The input does not fit", "A JSON object is expected as the body.")
    return found


def describes(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return `openapi_extra` for a FastAPI route that reads its body by `read_model`: the schema of the body.

    Args:
        model: The pydantic model of the body.
        required: Whether the request must have a body.
    """
    schema = model.model_json_schema()
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def too_large(limit: int) -> Problem:
    """Return the Problem (status 413) to raise for a request body of more than `limit` bytes."""
    detail = f"A body has at most {limit} bytes; send fewer events in a batch or a shorter description."
    return Problem(413, "too-large", "The body is too large", detail, headers={"Connection": "close"})
