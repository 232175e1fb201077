"""The stages between "this must be told" and the rows the sender takes up, in their order.

route → suppress → follow → gather → render → enqueue, then (delivery/sender) send → record. Each stage is a pure
function of what is around and the notifications so far; none drops one: what is not sent carries its reason to a final
row. Gathering needs the conversations with those who are to be told, so the caller looks them up in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.telling.enqueue import rows_of
from sla_notifier.telling.follow import follow
from sla_notifier.telling.gather import Gathered
from sla_notifier.telling.notification import Notification
from sla_notifier.telling.render import render
from sla_notifier.telling.route import route
from sla_notifier.telling.suppress import suppress
from sla_notifier.telling.surroundings import Surroundings

Stage = Callable[[Surroundings, tuple[Notification, ...]], tuple[Notification, ...]]

STAGES: tuple[Stage, ...] = (route, suppress, follow)


def addressed(around: Surroundings, occasions: Iterable[Occasion]) -> tuple[Notification, ...]:
    """Who hears what where, and why somebody does not."""
    notifications = tuple(Notification(occasion=occasion) for occasion in occasions)
    for stage in STAGES:
        notifications = stage(around, notifications)
    return notifications


def rows(around: Surroundings, gathered: Gathered) -> list[DeliveryRow]:
    """Every delivery they give, to be sent, told by a digest, or only recorded."""
    return rows_of(around, render(around, gathered.notifications))
