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
    """The objects that all parts of one notifier process share."""

    store: Store
    """The database."""
    time_source: TimeSource
    catalogue: OverriddenCatalogue
    """Returns the present catalogue, with the overrides of rotas that were made over the API."""
    render_config: RenderConfig
    """The texts and links of messages."""
    metrics: NotifierMetrics
    facts_taken_in: WakeSignal
    """A signal, given after a commit, that wakes the scheduler."""
    deliveries_due: WakeSignal
    """A signal, given after a commit, that wakes the sender."""
    log_appended: WakeSignal
    """A signal, given after a commit, that wakes the readers of the notifier's log."""
    quarantine: Quarantine
    """Stores records that could not be processed."""
    records: RecordCopy | None = None
    """This process's copy of the contracts that are kept in the database. None means that all contracts are in files.
    """

    @asynccontextmanager
    async def writing(self, *, derives: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction for the `async with` block and yield its connection.

        The key that signs links is read first, because messages written in the block need it. At the start of the
        transaction, this process's copies of the contracts in the database (`records`) and of the overrides of rotas
        are updated.

        Args:
            derives: Whether everything written in the block can be computed again from published events. The commit
                then need not wait for the disk: what a power cut loses is computed again (`Store.deriving`).

        Raises:
            StoreBusy: The database fails.
        """
        await self.render_config.links.secret.read(self.store, self.time_source.now())
        store = self.store.deriving() if derives else self.store
        async with store.transaction() as connection:
            await self.refresh(connection)
            yield connection

    async def refresh(self, connection: AsyncConnection) -> None:
        """Update this process's copies of the contracts and of the rota overrides that are stored in the database.

        An override is an exception to a rota (on-call plan).
        """
        if self.records is not None:
            await self.records.refresh(connection)
        await self.catalogue.refresh(connection)

    def unknown_contracts(self, contracts: Iterable[str]) -> set[str]:
        """Return those of these contract ids that the catalogue does not have yet.

        The contracts may still be stored in the database later. The result is empty if contracts come only from files
        (`records` is None). The id "" is never returned.
        """
        if self.records is None:
            return set()
        known = self.catalogue().rulebook.contracts
        return {id_ for id_ in contracts if id_ and ContractId(id_) not in known}

    def signal(self) -> None:
        """Wake the sender, and the readers of the notifier's log (the table of events to publish).

        Call this after a commit that queued deliveries or added events to the log.
        """
        self.deliveries_due.wake()
        self.log_appended.wake()
