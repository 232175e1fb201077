"""A request that holds many events: each becomes a delivery, with what the request says of all of them."""

from __future__ import annotations

from collections.abc import Iterable

from sla_ingest.dialect.port import Delivery, DoesNotFit

MAX_BATCH = 5_000
"""The greatest number of events of one request."""
MAX_GROWTH = 8
"""How many times as large as the request the deliveries may be that it becomes, beyond `FREE_BYTES`."""
FREE_BYTES = 2**20
"""The size that the deliveries of any request may have together, bodies and headers."""


def gather_parts(whole: Delivery, parts: Iterable[Delivery], count: int) -> list[Delivery]:
    """Return the deliveries of a batch as a list, after checking their number and size.

    Each delivery repeats the data that all deliveries have in common, so a small request could become gigabytes. So
    the sizes are checked while the deliveries are taken from `parts`, and none is taken beyond the limit.

    Args:
        whole: The batch, as received.
        parts: Makes the deliveries, one at a time.
        count: How many deliveries there are.

    Raises:
        DoesNotFit: The batch has more than `MAX_BATCH` events, or the deliveries together are larger than `FREE_BYTES`
            plus `MAX_GROWTH` times the body of the batch.
    """
    if count > MAX_BATCH:
        raise DoesNotFit(f"a batch has at most {MAX_BATCH} events, this one has {count}")
    found: list[Delivery] = []
    left = FREE_BYTES + MAX_GROWTH * len(whole.body)
    for part in parts:
        left -= len(part.body) + _size_of_headers(part)
        if left < 0:
            raise DoesNotFit(f"what is common to all {count} events is too large to stand beside each: send fewer")
        found.append(part)
    return found


def _size_of_headers(part: Delivery) -> int:
    return sum(len(name) + len(value) for of in (part.headers, part.hints) for name, value in of.items())
