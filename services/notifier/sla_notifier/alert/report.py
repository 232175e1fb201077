"""Who is sent a report that was frozen: a notice to the holders of the roles that its schedule names. Pure."""

from __future__ import annotations

from sla_notifier.alert.request import NotificationRequest, ReportRecipients
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ReportFact


def send_report(event: str, fact: ReportFact) -> tuple[NotificationRequest, ...]:
    """Return the request to send a report to its recipients, as a tuple of one; () if the schedule names no recipients.

    Args:
        event: Id of the event that carried the report. It becomes the id of the request, so that the report is sent
            once.
        fact: The report to send.
    """
    if not fact.tell:
        return ()
    request = NotificationRequest(
        id=event,
        kind=MessageKind.REPORT,
        at=fact.at,
        contract=fact.contract,
        content=fact,
        audience=(ReportRecipients(fact.tell),),
        due_at=fact.end,
    )
    return (request,)
