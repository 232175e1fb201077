"""What people do in a rehearsal: somebody acknowledges every alert that is open."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.alert.store import open_alerts
from sla_notifier.service import notifier_context
from sla_standalone.rehearsal.rehearsal import Rehearsal

VIA = "link"  # what people who are paged use


async def acknowledge_open(run: Rehearsal, person: str) -> int:
    """Acknowledge every open alert of a rehearsal in a person's name, and return how many were acknowledged.

    A rehearsal runs the services on an empty database, with a clock that only the caller moves. The function returns
    when the services have finished all work that is due by this clock.

    Args:
        run: The rehearsal.
        person: The person's id.
    """
    base = run.process.context
    context = notifier_context(
        base.settings,
        base.store,
        base.feeds.wake_signal("notifier"),
        base.time_source,
        CollectorRegistry(),  # the running notifier counts in its own
        lambda: base.catalogue.current,
    )
    async with base.store.reading() as connection:
        waiting = await open_alerts(connection)
    done = await Acknowledger(context).acknowledge_listed(waiting, AckBy.person(person, VIA))
    await run.settle()
    return len(done)
