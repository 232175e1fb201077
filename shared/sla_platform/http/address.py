"""The address of a request, checked once before any route: percent-encoded UTF-8 without control characters.

Servers and frameworks read an encoding that is wrong as U+FFFD and pass NUL on, which PostgreSQL refuses in any text.
Here both are the sender's mistake, on every route and for every parameter, those of tomorrow included.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from sla_domain.bounds import shorten, writable

_ENCODING = "is not percent-encoded UTF-8"
_CONTROLS = "holds a control character, such as %00 or a line break"


@dataclass(frozen=True, slots=True)
class BadRequestAddress:
    """What is wrong with the path or query of a request."""

    detail: str
    """A sentence for the sender."""
    parameter: str = ""
    """The name of the parameter with the wrong value. "" if the path or a parameter's name is wrong."""


def address_error(scope: Scope) -> BadRequestAddress | None:
    """Return the first fault in the path or query of an HTTP request, or None.

    A part is faulty if it is not percent-encoded UTF-8, or if it holds a control character.

    Args:
        scope: The scope of ASGI.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    if flaw := _flaw(raw):
        return BadRequestAddress(f"The path {flaw}.")
    query: bytes = scope.get("query_string", b"")
    # A query of plain characters, as nearly all are, cannot be wrong.
    if b"%" not in query and query.isascii() and query.decode("ascii").isprintable():
        return None
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if flaw := _flaw(name):
            return BadRequestAddress(f"The name of a parameter {flaw}.")
        if flaw := _flaw(value):
            named = shorten(unquote_to_bytes(name.replace(b"+", b" ")).decode(), 60)
            return BadRequestAddress(f"The parameter {named} {flaw}.", named)
    return None


def _flaw(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return _ENCODING
    return "" if writable(text) else _CONTROLS
