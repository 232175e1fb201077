"""A contract whose environment gains a product or a version hears of the notices still in force that concern it.

Source: clause H6 (docs/clauses.md). Who heard of a notice before does not hear of it again, so that looking twice, or
in two processes at once, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from sla_domain.contract import Contract, ContractId, EnvironmentItem
from sla_domain.normal import normal
from sla_domain.notice import environment_gained, match_notice
from sla_notifier.alert import store as alerts
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.context import NotifierContext
from sla_notifier.intake.notice import decide_gained
from sla_notifier.notice import store as notices
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.errors import Retryable
from sla_platform.fault import error_text
from sla_platform.store.instant import store_now
from sla_platform.wire import NoticeData, notice_of

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0  # between two looks at whether the catalogue has changed

Environment = tuple[EnvironmentItem, ...]


class Profiles:
    """Watches the environments of contracts: `run` it, or call `profile_changed` for one contract."""

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        self._version = ""
        self._seen: Mapping[ContractId, Environment] = {}

    async def run(self) -> None:
        """Tell contracts of notices in force whenever the catalogue has changed, and once at the start."""
        while True:
            try:
                await self.look()
            except Retryable as error:
                _log.warning("profiles.retry", error=str(error))
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare the catalogue in force with the one seen last, if it is another; tell whose environment gained.

        At the first look every environment counts as gained, since it may have changed while the process stood still.
        Raises Retryable; then the same is compared again at the next look.
        """
        catalogue = self._context.catalogue()
        if catalogue.version == self._version:
            return
        now_seen = {id_: each.environment for id_, each in catalogue.rulebook.contracts.items() if each.environment}
        gained = [id_ for id_, each in now_seen.items() if environment_gained(self._seen.get(id_, ()), each)]
        await self._tell(gained)
        self._version, self._seen = catalogue.version, now_seen

    async def notices_in_force(self, concerning: Contract) -> list[NoticeData]:
        """Return the notices that are not withdrawn and concern a version that the contract runs, the oldest first."""
        async with self._context.store.reading() as connection:
            found = await notices.in_force(connection)
        return [each for each in found if match_notice(notice_of(each), concerning) is not None]

    async def profile_changed(self, contract: ContractId, old: Environment, new: Environment) -> list[str]:
        """Tell a contract of the notices in force that its environment has come to concern; return their ids.

        `old`, `new`: its environment before and now. Nobody is told if it gained no product and no version. Raises
        Retryable.
        """
        return await self._tell([contract]) if environment_gained(old, new) else []

    async def _tell(self, gained: Iterable[ContractId]) -> list[str]:
        of_product = self._by_product(gained)
        if not of_product:
            return []
        async with self._context.store.reading() as connection:
            found = await notices.in_force(connection)
        told = []
        for each in found:
            only = {id_ for product in each.products for id_ in of_product.get(normal(product.product), ())}
            if only and await self._one(each, only):
                told.append(each.id)
        return told

    def _by_product(self, gained: Iterable[ContractId]) -> dict[str, set[ContractId]]:
        contracts = self._context.catalogue().rulebook.contracts
        found: dict[str, set[ContractId]] = {}
        for id_ in gained:
            for item in contracts[id_].environment if id_ in contracts else ():
                found.setdefault(normal(item.product), set()).add(id_)
        return found

    async def _one(self, notice: NoticeData, only: Iterable[ContractId]) -> bool:
        """Whether somebody is told. A notice that cannot be worked on keeps the others from nothing."""
        try:
            done = await self._written(notice, only)
        except Retryable:
            raise
        except Exception as error:
            _log.error("profiles.refused", notice=notice.id, error=error_text(error)[:500])
            return False
        if done:
            self._context.signal()
        return done

    async def _written(self, notice: NoticeData, only: Iterable[ContractId]) -> bool:
        context, catalogue = self._context, self._context.catalogue()
        async with context.writing() as connection:
            known = (await notices.lock_notices(connection, [notice]))[notice.id]
            newest = known.content
            if newest is None or newest.withdrawn:
                return False
            batch = ChangeSet(await alerts.lock_alerts_of_notices(connection, [notice.id]))
            now = await store_now(connection, context.time_source)
            told = decide_gained(batch, newest, known, only, catalogue, now)
            if told:
                await write_changes(connection, batch, catalogue, context.render_config, now)
                _log.info("profiles.told", notice=notice.id, contracts=len(told))
        return bool(told)
