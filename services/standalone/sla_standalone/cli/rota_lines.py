"""Rotas of a contract's sheet as rows of tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def rota_lines(rotas: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield a table row for each layer of rotas. A layer is people who take turns, or a feed that lists shifts.

    The cells are: the rota's id, title and time zone, the people (or the feed), their handovers, and the layer's hours.

    Args:
        rotas: The list under the key `rotas` in a contract's promises, which `sla_catalogue.sheet` makes.
    """
    for rota in rotas:
        for layer in rota["layers"]:
            who = " → ".join(layer["people"]) if "people" in layer else f"a feed: {layer['listed']} shift(s)"
            handover = layer.get("handover")
            over = f"{_every(handover['days'])} at {handover['at']} since {handover['starts']}" if handover else ""
            yield rota["id"], rota["title"], rota["zone"], who, over, layer["hours"] or "always"


def override_lines(rotas: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield a table row for each override of rotas (somebody is on call for a time instead of another).

    The cells are: the rota's id, the person (and the replaced person), the start, the end, and the reason with its
    author.

    Args:
        rotas: The list under the key `rotas` in a contract's promises, which `sla_catalogue.sheet` makes.
    """
    for rota in rotas:
        for one in rota["overrides"]:
            who = one["who"] + (f" instead of {one['instead_of']}" if one["instead_of"] else "")
            why = one["reason"] + (f" (by {one['by']})" if one["by"] else "")
            yield rota["id"], who, one["from"], one["until"], why.strip()


def _every(days: int) -> str:
    if days % 7 == 0:
        return "every week" if days == 7 else f"every {days // 7} weeks"
    return "every day" if days == 1 else f"every {days} days"
