"""What is told of an objective of attainment: a notice to the roles that the objective names. Pure."""

from __future__ import annotations

from sla_notifier.alert.request import NotificationRequest, RoleRecipients, TellRecipients
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ObjectiveFact


def tell_objective(
    event: str, fact: ObjectiveFact, also: tuple[TellRecipients, ...] = ()
) -> tuple[NotificationRequest, ...]:
    """Return the request to notify people of the state of an objective.

    The result is empty if neither the objective nor a rule names roles to notify.

    Args:
        event: Id of the event that carried the fact. It becomes the id of the request, so that people are notified
            once.
        also: Further recipients, whom rules of the catalogue name.
    """
    named = (RoleRecipients(fact.tell),) if fact.tell else ()
    if not named and not also:
        return ()
    request = NotificationRequest(
        id=event,
        kind=MessageKind.OBJECTIVE,
        at=fact.at,
        contract=fact.contract,
        content=fact,
        audience=(*named, *also),
        due_at=fact.end,
    )
    return (request,)
