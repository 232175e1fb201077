"""The stages between "this must be told" and the rows the sender takes up, in their order.

route → suppress → follow → gather → render → enqueue, then (delivery/sender) send → record. Each stage is a pure
function of what is context and the notifications so far; none drops one: what is not sent carries its reason to a final
row. Gathering needs the conversations with those who are to be told, so the caller looks them up in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.notification.enqueue import rows_of
from sla_notifier.notification.follow import follow
from sla_notifier.notification.gather import Gathered
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.notification.render import render
from sla_notifier.notification.route import route
from sla_notifier.notification.suppress import suppress

Stage = Callable[[PipelineContext, tuple[Notification, ...]], tuple[Notification, ...]]

STAGES: tuple[Stage, ...] = (route, suppress, follow)


def addressed(context: PipelineContext, requests: Iterable[NotificationRequest]) -> tuple[Notification, ...]:
    """Who hears what where, and why somebody does not."""
    notifications = tuple(Notification(request=request) for request in requests)
    for stage in STAGES:
        notifications = stage(context, notifications)
    return notifications


def rows(context: PipelineContext, gathered: Gathered) -> list[DeliveryRow]:
    """Every delivery they give, to be sent, told by a digest, or only recorded."""
    return rows_of(context, render(context, gathered.notifications))
