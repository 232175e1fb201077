"""The stages from a request to the rows that the sender claims, in their order.

route → join → suppress → hold → follow → gather → render → enqueue, then (`send.sender`) send → record. Each stage is
a pure function of the context and the notifications so far. None drops one: what is not sent has its reason in a row.
Gathering needs the conversations with the recipients, so the unit of work loads them in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.notification.enqueue import rows_of
from sla_notifier.notification.follow import follow
from sla_notifier.notification.gather import Gathered
from sla_notifier.notification.hold import hold
from sla_notifier.notification.join import join
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.notification.render import render
from sla_notifier.notification.route import route
from sla_notifier.notification.suppress import suppress

Stage = Callable[[PipelineContext, tuple[Notification, ...]], tuple[Notification, ...]]

STAGES: tuple[Stage, ...] = (route, join, suppress, hold, follow)


def address_requests(context: PipelineContext, requests: Iterable[NotificationRequest]) -> tuple[Notification, ...]:
    """Return the notifications that requests lead to, one for each recipient.

    The notifications are not yet put into digests (mails that collect several messages), nor into words. Some are
    not to be sent; each of these has its reason, for example that nobody was found.
    """
    notifications = tuple(Notification(request=request) for request in requests)
    for stage in STAGES:
        notifications = stage(context, notifications)
    return notifications


def rows(context: PipelineContext, gathered: Gathered) -> list[DeliveryRow]:
    """Return a delivery for each notification, in the same order, with its text.

    A notification that is not to be sent becomes a delivery in a final state.

    Args:
        gathered: The notifications. Some are in digests (mails that collect several messages).
    """
    return rows_of(context, render(context, gathered.notifications))
