"""What is told of an objective of attainment: a notice to the roles that the objective names. Pure."""

from __future__ import annotations

from sla_notifier.alert.request import NotificationRequest, RoleRecipients, TellRecipients
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ObjectiveFact


def tell_objective(
    event: str, fact: ObjectiveFact, also: tuple[TellRecipients, ...] = ()
) -> tuple[NotificationRequest, ...]:
    """Return the request to notify people that an objective is at risk or exhausted, as a tuple of one.

    An objective is a share that a contract promises, such as 95 % of the requests of a month in time. The result is ()
    if neither the objective nor a rule names roles to notify.

    Args:
        event: Id of the event that carried the fact. It becomes the id of the request, so that people are notified
            once.
        fact: The state of the objective.
        also: More recipients, named by rules of the catalogue.
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
