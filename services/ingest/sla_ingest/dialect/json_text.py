"""Strict JSON from unknown senders: UTF-8 only, no NaN, no lone surrogate, bounded nesting, no name twice.

Senders with templates put a ticket's words into their JSON as they are. Whoever may write a subject could so write
another ticket's id, a customer or an act behind the sender's own: parsers let the last of two equal names count.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import orjson

from sla_catalogue.map_expression.nesting import is_deeper_than
from sla_ingest.dialect.port import DoesNotFit, Refused

_MARK = b"\xef\xbb\xbf"
_FEW = 20_000
"""So many lists and objects may any body have."""
_BYTES_EACH = 12
"""Beyond that, so many bytes there must be for each: real tickets have some twenty. Each costs time, not each byte."""


class _NameTwice(Exception):
    pass


def _seen(pairs: list[tuple[str, None]]) -> None:
    if len(pairs) > 1 and len(dict(pairs)) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise _NameTwice(next(name for name, times in counted.items() if times > 1))


# Numbers are passed over: one of many digits takes long to read, and orjson has accepted them.
_NAMES = json.JSONDecoder(object_pairs_hook=_seen, parse_int=lambda _: None, parse_float=lambda _: None)


def parse_json(body: bytes, max_depth: int) -> Any:
    """Return the value of a JSON body, which must be UTF-8.

    Raises:
        DoesNotFit: Status 400 if the body is not valid JSON; the error then has the position of the fault. It is also
            raised if the JSON is nested deeper than `max_depth` levels, if a large body consists of almost nothing but
            lists and objects, or if an object has the same name twice.
    """
    text = body.removeprefix(_MARK)
    brackets = text.count(b"{") + text.count(b"[")
    if brackets > _FEW and brackets * _BYTES_EACH > len(text):
        raise malformed(f"{brackets} lists and objects in {len(text)} bytes are nothing that a ticketing system writes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _malformed(text, error) from None
    # Counting is cheap, walking is not: a document with few brackets cannot be deep.
    if brackets > max_depth and is_deeper_than(value, max_depth):
        raise malformed(f"the nesting is deeper than {max_depth} levels")
    try:
        _NAMES.decode(text.decode())
    except _NameTwice as twice:
        name = str(twice)[:60]
        raise malformed(
            f"{name!r} stands twice in one object, so nobody can say which of them counts: does the sender's template "
            "escape the texts that it inserts?"
        ) from None
    return value


def malformed(
    detail: str, *, position: int | None = None, line: int | None = None, column: int | None = None
) -> DoesNotFit:
    """Return the exception (status 400) for a body that cannot be read.

    Args:
        detail: What is wrong, for people.
        position: Where the fault is, in bytes from 0.
        line: The line of the fault, from 1. None if not known.
        column: The column of the fault, from 1. None if not known.
    """
    unfit = DoesNotFit(detail, status=400, title="The body cannot be read")
    unfit.refused = Refused(
        status=400, title=unfit.refused.title, detail=detail, position=position, line=line, column=column
    )
    return unfit


def _malformed(text: bytes, error: orjson.JSONDecodeError) -> DoesNotFit:
    if not text:
        return malformed("the body is empty", position=0, line=1, column=1)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as bad:
        line = text.count(b"\n", 0, bad.start) + 1
        column = bad.start - text.rfind(b"\n", 0, bad.start)
        return malformed("the body is not valid UTF-8", position=bad.start, line=line, column=column)
    detail = f"no valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    return malformed(detail, position=error.pos, line=error.lineno, column=error.colno)
