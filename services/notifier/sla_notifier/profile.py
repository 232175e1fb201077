"""Notifies a contract of notices still in force when its customer begins to run an affected product or version.

It does so by a change of its file or of its record: a new version, or a profile that somebody stated. Source: clause H6
(docs/clauses.md). Who heard of a notice before does not hear of it again, so that looking twice, or in two processes at
once, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.normal import normal
from sla_domain.notice import environment_gained
from sla_notifier.alert import store as alerts
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.context import NotifierContext
from sla_notifier.intake.notice import concerned, decide_gained
from sla_notifier.notice import store as notices
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.bus import SkippedRows
from sla_platform.contracts.copies import RecordCopy
from sla_platform.store.instant import store_now
from sla_platform.wire import NoticeData

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0  # between two looks at whether a contract has changed

Environment = tuple[EnvironmentItem, ...]


class Profiles:
    """Notifies people of earlier critical-fix notices that came to concern their contract when its products changed.

    Call `run`, or `look` to check once.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        self._skipped = SkippedRows(context.quarantine, "profiles", self._again)
        self._version: str | None = None
        self._of_files: Mapping[ContractId, Environment] = {}
        self._place = 0  # of the rows of records
        self._of_records: dict[str, tuple[int | None, int | None]] = {}  # the revisions that judged and that stated

    async def run(self) -> None:
        """Call `look` every 2 seconds until cancelled."""
        while True:
            await self.look()
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> list[str]:
        """Notify people of older critical-fix notices that concern their contract since its products changed.

        Returns the ids of the notices of which somebody was notified. The first call checks all contracts. Later calls
        check only contracts whose products may have changed since the last call.

        Raises:
            Retryable: A passing failure. The next call checks the same contracts again.
        """
        catalogue, place = self._context.catalogue(), self._place
        changed: list[str] = []
        if (records := self._context.records) is not None:
            async with self._context.store.reading() as connection:
                await records.refresh(connection)
                if self._version is None:
                    place = records.shelf.seq
                else:
                    changed, place = await records.changed_since(connection, self._place)
        if self._version == catalogue.version and not changed:
            return []
        of_files = {id_: each.environment for id_, each in catalogue.rulebook.written_contracts.items()}
        if self._version is None:
            told = await self._tell(None)
        else:
            gained = {id_ for id_, each in of_files.items() if environment_gained(self._of_files.get(id_, ()), each)}
            marks = {} if records is None else {id_: _mark(records, id_) for id_ in changed}
            gained |= {ContractId(id_) for id_, mark in marks.items() if self._of_records.get(id_) != mark}
            told = await self._tell(gained)
            self._of_records |= marks
        self._version, self._of_files, self._place = catalogue.version, of_files, place
        return told

    async def _tell(self, only: set[ContractId] | None) -> list[str]:
        """Of each notice in force, those contracts that it concerns and that have not heard of it; None: any."""
        if only is not None and not only:
            return []
        context, catalogue = self._context, self._context.catalogue()
        async with context.store.reading() as connection:
            found, unreadable = await notices.standing_notices(connection)
            of_products = None if only is None else _by_product(catalogue, only)
            asked = [each for each in found if of_products is None or any(map(of_products.get, _products(each)))]
            heard = await notices.told_of(connection, [each.id for each in asked])
            now = await store_now(connection, context.time_source)
        for id_, error in unreadable.items():
            if not self._skipped.skips(id_):
                await self._skipped.skip(id_, error)
        told = []
        for each in asked:
            if of_products is None:
                candidates = {contract.id for contract in concerned(each, catalogue, now)}
            else:
                candidates = set().union(*(of_products.get(product, ()) for product in _products(each)))
            candidates -= {ContractId(one.told.contract) for one in heard.get(each.id, ()) if one.told.standing}
            if candidates and await self._one(each, candidates):
                told.append(each.id)
        return told

    async def _one(self, notice: NoticeData, only: Iterable[ContractId]) -> bool:
        """Whether somebody is told. A notice that cannot be worked on goes to the quarantine alone."""
        done = False

        async def work() -> None:
            nonlocal done
            done = await self._written(notice, only)

        await self._skipped.tried(notice.id, work)
        if done:
            self._context.signal()
        return done

    async def _again(self, id_: str) -> None:
        """A notice out of the quarantine: all contracts are compared with it."""
        context, catalogue = self._context, self._context.catalogue()
        async with context.store.reading() as connection:
            known = await notices.find(connection, id_)
            now = await store_now(connection, context.time_source)
            heard = await notices.told_of(connection, [id_])
        if known is None:
            return
        candidates = {contract.id for contract in concerned(known[0], catalogue, now)}
        candidates -= {ContractId(one.told.contract) for one in heard.get(id_, ()) if one.told.standing}
        if candidates and await self._written(known[0], candidates):
            context.signal()

    async def _written(self, notice: NoticeData, only: Iterable[ContractId]) -> bool:
        context = self._context
        async with context.writing() as connection:
            catalogue = context.catalogue()
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


def _mark(records: RecordCopy, contract: str) -> tuple[int | None, int | None]:
    """What a record says of the environment: an entry of a ledger leaves it as it is."""
    record = records.shelf.get(contract)
    if record is None:
        return None, None
    return record.judged_in, None if record.profile is None else record.profile.stated_in


def _products(notice: NoticeData) -> set[str]:
    return {normal(each.product) for each in notice.products}


def _by_product(catalogue: Catalogue, contracts: Iterable[ContractId]) -> dict[str, set[ContractId]]:
    known = catalogue.rulebook.contracts
    found: dict[str, set[ContractId]] = {}
    for id_ in contracts:
        for item in known[id_].environment if id_ in known else ():
            found.setdefault(normal(item.product), set()).add(id_)
    return found
