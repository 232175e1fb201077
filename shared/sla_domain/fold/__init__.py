"""The fold of an incident's events into its state and its clocks (clauses B4, B5, E6–E9, H4, H11, docs/clauses.md).

Read in this order: `order` (which event when), `incident_state` (the incident), `priority` and `entitlement` (whose
rules), `metric_tracker` (one metric's conditions), `meter` (how a target counts), `clock_builder` (one clock's
account), `build` (its value), `folding` (all together, and how to go on later), `engine` (from the first event to the
last).
"""

from __future__ import annotations

from sla_domain.fold.engine import fold
from sla_domain.fold.folding import Folding, Unfit
from sla_domain.fold.order import in_order, position, timeline
from sla_domain.fold.phase import folded_alone, phase_of

__all__ = ["Folding", "Unfit", "fold", "folded_alone", "in_order", "phase_of", "position", "timeline"]
