"""The reasons for a clock's state and due instant.

The data (`explanation`), how it is made (`build`, `steps`), and how it is put into words (`text`, `localized`,
`language`) or plain values (`plain`). Whose time it was: `sla_domain.breakdown`.
"""

from __future__ import annotations

from sla_domain.explain.build import allowed_span, calendar_of, events_known_at, explain, explain_clock
from sla_domain.explain.explanation import Explanation, ReasonedStep, RowOutcome, RowTried, StepKind, Versions
from sla_domain.explain.localized import localized_dict
from sla_domain.explain.plain import as_dict
from sla_domain.explain.sentences import reason_words, sentence_words
from sla_domain.explain.text import render

__all__ = [
    "Explanation",
    "ReasonedStep",
    "RowOutcome",
    "RowTried",
    "StepKind",
    "Versions",
    "allowed_span",
    "as_dict",
    "calendar_of",
    "events_known_at",
    "explain",
    "explain_clock",
    "localized_dict",
    "reason_words",
    "render",
    "sentence_words",
]
