"""Whether a delivery with a known id has the same content as the first one, although its bytes differ. Pure.

How an event was imported (`history`, see docs/decisions/0027-quiet-history.md) is no part of what it says: after an
import that notified nobody, the same table with `slad import --tell` holds known events, not others under their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

_HOW_IMPORTED = "history"
_ATTRIBUTE = "ce-"


def canonical_content(body: bytes, headers: Mapping[str, str]) -> bytes | None:
    """Return a delivery's content as JSON with sorted keys, to compare two deliveries of the same id.

    Deliveries with the same content have the same result. The field `history` (how an event was imported) is left out.
    The result is None if the body is not a JSON object.

    Args:
        headers: The stored headers. Headers that begin with `ce-`, the attributes of a binary CloudEvent, are part of
            the content.
    """
    attributes = {name: value for name, value in headers.items() if name.startswith(_ATTRIBUTE)}
    try:
        said: Any = orjson.loads(body)
        if not isinstance(said, dict):
            return None
        data = said if attributes else said.get("data")
        if isinstance(data, dict):
            data.pop(_HOW_IMPORTED, None)
        return orjson.dumps([attributes, said], option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError):
        return None
