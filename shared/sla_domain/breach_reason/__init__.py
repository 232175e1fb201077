"""Reasons of breaches: the codes that a plan offers, and which breaches still lack a reason.

Read in this order: `model` (a code, a breach), `codes` (those that slad offers), `rules` (what a plan says).
"""

from __future__ import annotations

from sla_domain.breach_reason.codes import DEFAULT_CODES
from sla_domain.breach_reason.model import LONGEST_CODE, BreachRecord, ReasonCode
from sla_domain.breach_reason.rules import NO_RULES, BreachReasons, ReasonRefusal, lacking_reasons

__all__ = [
    "DEFAULT_CODES",
    "LONGEST_CODE",
    "NO_RULES",
    "BreachReasons",
    "BreachRecord",
    "ReasonCode",
    "ReasonRefusal",
    "lacking_reasons",
]
