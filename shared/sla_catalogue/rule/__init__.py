"""Rules across sections, which each document alone cannot break: each rule looks at everything built and reports."""

from __future__ import annotations

from collections.abc import Callable

from sla_catalogue.rule.allowance import check_allowances
from sla_catalogue.rule.calendar import check_calendars
from sla_catalogue.rule.contract import check_contracts
from sla_catalogue.rule.duty import check_duty
from sla_catalogue.rule.escalation import check_escalations
from sla_catalogue.rule.horizon import check_horizon
from sla_catalogue.rule.metric import check_metrics
from sla_catalogue.rule.objective import check_objectives
from sla_catalogue.rule.reference import check_edges
from sla_catalogue.rule.report import check_reports
from sla_catalogue.rule.rota import check_rotas
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.rule.target import check_targets
from sla_catalogue.rule.tell import check_tell
from sla_catalogue.rule.unread import check_unread
from sla_catalogue.rule.word import check_words

RULES: tuple[Callable[[CheckedCatalogue], None], ...] = (
    check_metrics,
    check_targets,
    check_calendars,
    check_horizon,
    check_contracts,
    check_allowances,
    check_objectives,
    check_reports,
    check_escalations,
    check_tell,
    check_duty,
    check_rotas,
    check_edges,
    check_words,
    check_unread,
)


def check_everything(subject: CheckedCatalogue) -> None:
    """Run every check on a catalogue.

    The errors and warnings are added to `subject.findings`.
    """
    for rule in RULES:
        rule(subject)
