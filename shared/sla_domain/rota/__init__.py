"""Rotas: who is on call when (clauses H5, H10, E11 and I7, docs/clauses.md).

`rota` holds what people write, `expand` the arithmetic, `on_call` the answers, `unheld` the words for promised hours
that nobody holds.
"""

from __future__ import annotations

from sla_domain.rota.on_call import next_shift, on_call, shifts_between, with_overrides
from sla_domain.rota.rota import ListedShift, Rota, RotaId, RotaLayer, RotaOverride, RotaPerson, Rotation, Shift

__all__ = [
    "ListedShift",
    "Rota",
    "RotaId",
    "RotaLayer",
    "RotaOverride",
    "RotaPerson",
    "Rotation",
    "Shift",
    "next_shift",
    "on_call",
    "shifts_between",
    "with_overrides",
]
