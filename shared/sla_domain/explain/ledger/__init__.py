"""A ledger in words: why an entry is refused, and how a balance came about, in the languages of explanations."""

from __future__ import annotations

from sla_domain.explain.ledger.text import amount_text, refusal_text, render_ledger

__all__ = ["amount_text", "refusal_text", "render_ledger"]
