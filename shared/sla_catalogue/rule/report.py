"""Reports that are sent to nobody, or after contract years that nobody can count."""

from __future__ import annotations

from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.objective import PeriodKind


def check_reports(subject: CheckedCatalogue) -> None:
    """Report schedules of reports that cannot work in a contract to `subject.findings`.

    They are:

    1. Schedules that name only roles which nobody of the contract holds.
    2. Schedules by contract years, of a contract without a first day.
    """
    for built in subject.contracts:
        contract = built.contract
        held = {holder.role for holder in contract.roles} | set(contract.people)
        for one in contract.reports:
            if not held & set(one.tell):
                message = f"the report {one.id} goes to {', '.join(one.tell)}, nobody here"
                subject.findings.warning(built.path, "report-unheld", message, "give the role to somebody")
            if one.period is PeriodKind.CONTRACT_YEAR and contract.valid_from is None:
                message = f"the contract {contract.id} has no first day: nobody can count its years"
                subject.findings.warning(built.path, "no-start", message, "valid: {from: …}")
