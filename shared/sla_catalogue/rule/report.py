"""Reports that are sent to nobody, or after contract years that nobody can count."""

from __future__ import annotations

from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.objective import PeriodKind


def check_reports(subject: CheckedCatalogue) -> None:
    """Check that the schedules of reports can work in each contract.

    A warning is added to `subject.findings` for:

    - a schedule that sends the report only to roles which nobody of the contract holds
    - a schedule by contract years, in a contract without a first day
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
