"""What is told of an objective of attainment: a notice to the roles that the objective names. Pure."""

from __future__ import annotations

from sla_notifier.alert.request import NotificationRequest, RoleRecipients
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ObjectiveFact


def tell_objective(event: str, fact: ObjectiveFact) -> tuple[NotificationRequest, ...]:
    """Return the request to notify people of the state of an objective.

    The result is empty if the objective names no roles to notify.

    Args:
        event: Id of the event that carried the fact. It becomes the id of the request, so that people are notified
            once.
    """
    if not fact.tell:
        return ()
    request = NotificationRequest(
        id=event,
        kind=MessageKind.OBJECTIVE,
        at=fact.at,
        contract=fact.contract,
        content=fact,
        audience=(RoleRecipients(fact.tell),),
        due_at=fact.end,
    )
    return (request,)
