"""What every use case of the notifier works with: one object, built in `service.build` and passed down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId
from sla_notifier.metrics import NotifierMetrics
from sla_notifier.notification.unit_of_work import RenderConfig
from sla_notifier.override.catalogue import OverriddenCatalogue
from sla_platform.bus import Quarantine, WakeSignal
from sla_platform.contracts.copies import RecordCopy
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierContext:
    """What every use case of one notifier process works with.

    `catalogue` returns the catalogue in force with the overrides that were made over the API, so that a reload and an
    override count at once. Wake signals, each given after a
    commit: `facts_taken_in` wakes the scheduler, `deliveries_due` the sender, `log_appended` the readers of the
    notifier's log. `quarantine`: holds records that could not be processed. `records`: the recorded contracts that the
    catalogue has in its rulebook; None: none are recorded.
    """

    store: Store
    time_source: TimeSource
    catalogue: OverriddenCatalogue
    render_config: RenderConfig
    metrics: NotifierMetrics
    facts_taken_in: WakeSignal
    deliveries_due: WakeSignal
    log_appended: WakeSignal
    quarantine: Quarantine
    records: RecordCopy | None = None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction for the `async with` block, which gets its connection.

        Before it, the key that signs acknowledgement links is read, because messages written in the block need it. The
        recorded contracts and the overrides of rotas are as the transaction sees them. Raises StoreBusy.
        """
        await self.render_config.links.secret.read(self.store, self.time_source.now())
        async with self.store.transaction() as connection:
            await self.refresh(connection)
            yield connection

    async def refresh(self, connection: AsyncConnection) -> None:
        """Bring the recorded contracts and the overrides of rotas up to what is stored."""
        if self.records is not None:
            await self.records.refresh(connection)
        await self.catalogue.refresh(connection)

    def unheard_of(self, contracts: Iterable[str]) -> set[str]:
        """Return those of these contracts that are not known here, though a record of them may come; "" is none."""
        if self.records is None:
            return set()
        known = self.catalogue().rulebook.contracts
        return {id_ for id_ in contracts if id_ and ContractId(id_) not in known}

    def signal(self) -> None:
        """Wake the sender and the readers of the notifier's log; call it after each commit that may concern them."""
        self.deliveries_due.wake()
        self.log_appended.wake()
