"""Which rulebook an incident is folded with: that of the catalogue version stored with it (docs/architecture.md)."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook, base_version
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest
from sla_platform.contracts.copies import RecordCopy
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.fault import Fault, error_text, fault_of
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.timesource import TimeSource
from sla_timer import tables

_log = structlog.get_logger(__name__)
MOST_PINNED = 2_000  # rulebooks kept that see contracts as of earlier revisions


class CatalogueInForce(Protocol):
    """Protocol: the part of a loaded catalogue (compiled plans and contracts) that the timer uses.

    `sla_catalogue.catalogue.Catalogue` satisfies it.
    """

    @property
    def version(self) -> str:
        """Return the catalogue's version, a hash of its content."""
        ...

    @property
    def text(self) -> str:
        """Return the catalogue as text, from which the same catalogue can be built again."""
        ...

    @property
    def rulebook(self) -> Rulebook:
        """Return the catalogue's plans, contracts and calendars."""
        ...


class RulebookOverlay(Protocol):
    """A function that returns a catalogue's rulebook with the recorded contracts added.

    Recorded contracts are kept in the database. The first argument is the catalogue. The second argument maps a
    contract's id to the revision to use. If the second argument is None, the present revisions are used.
    """

    def __call__(self, catalogue: Any, revisions: Mapping[str, int] | None = None, /) -> Rulebook: ...


@dataclass(frozen=True, slots=True)
class ContractRecords:
    """The timer's access to the recorded contracts, which are kept in the database instead of files."""

    copy: RecordCopy
    """The timer's copy of the records."""
    overlay: RulebookOverlay
    """Returns the rulebook of a catalogue, with these contracts added."""


@dataclass(frozen=True, slots=True)
class RulebookParts:
    """The two functions by which rulebooks (plans, contracts, calendars) are built from stored texts alone."""

    load: Callable[[str], CatalogueInForce]
    """Builds a catalogue from its stored text."""
    overlay_of: Callable[[RecordShelf], RulebookOverlay]
    """Takes records of contracts, and returns the function that adds them to a catalogue's rulebook."""


@dataclass(frozen=True, slots=True)
class JudgedVersion:
    """A catalogue version by which incidents or clocks were judged, with the contracts of one such incident.

    The contracts and customers save a query: if the present revisions of these contracts lead to the same version, the
    present rulebook (plans, contracts, calendars) is used, and the table `timer_pin` is not read.
    """

    version: str
    contracts: frozenset[str] = frozenset()
    """Ids of the incident's contracts."""
    customers: frozenset[str] = frozenset()
    """Names of customers as in the incident. Empty if not known."""


@dataclass(frozen=True, slots=True)
class PinnedRulebooks:
    """The rulebooks (plans, contracts, calendars) that one transaction needs, by catalogue version.

    `Rulebooks.pinned` and `Rulebooks.known` return it.
    """

    current: Rulebook
    """The rulebook of the present catalogue."""
    by_version: Mapping[str, Rulebook]
    """Maps a catalogue version to its rulebook. Versions with unreadable text are missing."""
    newest: Callable[[Any], Rulebook] | None = None
    """A function that takes a row of `timer_incident` and returns the current rulebook with the present revisions of
    the incident's recorded contracts. None means that the current rulebook is used."""

    def newest_for(self, incident: Any | None) -> Rulebook:
        """Return the present rulebook (plans, contracts, calendars) for an incident.

        The rulebook has the present revisions of the incident's recorded contracts.

        Args:
            incident: The row of `timer_incident`. None for a new incident.
        """
        return self.current if incident is None or self.newest is None else self.newest(incident)

    def of(self, incident: Any | None) -> Rulebook:
        """Return the rulebook (plans, contracts, calendars) by which an incident was judged last.

        The current rulebook is returned for a new incident, and if the version in the row cannot be read.

        Args:
            incident: The row of `timer_incident`. None for a new incident.
        """
        return self.current if incident is None else self.by_version.get(incident.catalogue, self.current)


class Rulebooks:
    """Finds the rulebook (plans, contracts, calendars) of each catalogue version.

    An incident's row names the version by which it was judged last. This version is used again, until re-planning
    judges the incident by the present catalogue. If recorded contracts (kept in the database) apply to an incident,
    their revisions are part of the version. Call `pinned` in a transaction that writes, `known` in a transaction that
    only reads. If a stored text cannot be read, the error is logged and the current rulebook is used.

    Args:
        current: Returns the present catalogue.
        revive: Builds a catalogue from its stored text.
        records: The recorded contracts. None means that there are none.
    """

    def __init__(
        self,
        current: Callable[[], CatalogueInForce],
        revive: Callable[[str], CatalogueInForce],
        time_source: TimeSource,
        records: ContractRecords | None = None,
    ) -> None:
        self._current = current
        self._revive = revive
        self._time_source = time_source
        self._records = records
        self._catalogues: dict[str, CatalogueInForce] = {}  # by catalogue version
        self._known: dict[str, Rulebook] = {}  # by catalogue version
        self._pinned: OrderedDict[str, Rulebook] = OrderedDict()  # by joined version
        self._stored: set[str] = set()
        self._lost: set[str] = set()  # versions whose content cannot be read: the current one is used instead
        self._activated = ""

    @property
    def current(self) -> Rulebook:
        """Return the rulebook (plans, contracts, calendars) of the present catalogue.

        The contracts recorded in the database are included, in their present revisions.
        """
        return self._rulebook(self._current())

    @property
    def shelf(self) -> RecordShelf | None:
        """Return this process's copy in memory of the recorded contracts; None if slad runs without them."""
        return None if self._records is None else self._records.copy.shelf

    @property
    def announced(self) -> bool:
        """Return whether this process has called `newest` since it loaded the present catalogue.

        The first such call records in the database that the catalogue is activated, so that other instances see it.
        """
        return self._activated == self._current().version

    async def pinned(
        self, connection: AsyncConnection, versions: Iterable[str] | Iterable[JudgedVersion]
    ) -> PinnedRulebooks:
        """Return the rulebooks by which incidents of these versions are judged, for a transaction that writes.

        A rulebook has plans, contracts and calendars. Two things are done first: the recorded contracts in memory are
        updated from the database, and the text of the present catalogue is stored if it is new. A version whose text is
        lost is logged, and is missing in the result.

        Args:
            connection: The transaction.
            versions: Versions of the catalogue, possibly joined with revisions of recorded contracts.
        """
        catalogue = self._current()
        await self._remember(connection, catalogue)
        if self._records is not None:
            await self._records.copy.refresh(connection)
        return await self._pins(connection, catalogue, versions)

    async def known(
        self, connection: AsyncConnection, versions: Iterable[str] | Iterable[JudgedVersion]
    ) -> PinnedRulebooks:
        """Return the rulebooks by which incidents of these versions are judged, for a transaction that only reads.

        A rulebook has plans, contracts and calendars. Nothing is stored. A version whose text is lost is missing in the
        result, and logged.
        """
        return await self._pins(connection, self._current(), versions)

    def newest_for(self, row: Any) -> Rulebook:
        """Return the present rulebook (plans, contracts, calendars) for an incident.

        The rulebook has the present revisions of the incident's recorded contracts.

        Args:
            row: The incident's row of `timer_incident`.
        """
        current = self.current
        judged = JudgedVersion("", frozenset({row.contract}), frozenset({row.customer}))
        version = current.version_for(map(ContractId, judged.contracts), judged.customers)
        return self._seen(version, current, judged) or current

    async def newest(self, connection: AsyncConnection) -> bool:
        """Return whether the catalogue of this process is the one that was activated last, by whichever instance.

        The first call after this process has loaded a catalogue returns True. If another catalogue was activated last,
        this call also records in the database that the process's catalogue is activated now.
        """
        catalogue = self._current()
        last = await _activated_last(connection)
        known = last is not None and last.version == catalogue.version
        if self._activated == catalogue.version or known:
            self._activated = catalogue.version
            return known
        self._activated = catalogue.version
        row = self._row(catalogue, last)
        await connection.execute(upsert(connection, tables.catalogue), [row])
        await audit.append(connection, tables.audit, [_activated(last, catalogue)], row["activated_at"])
        return True

    def _rulebook(self, catalogue: CatalogueInForce) -> Rulebook:
        known = self._known.get(catalogue.version)
        if known is None or self._catalogues.get(catalogue.version) is not catalogue:
            records = self._records
            known = catalogue.rulebook if records is None else records.overlay(catalogue, None)
            self._known[catalogue.version], self._catalogues[catalogue.version] = known, catalogue
        return known

    async def _pins(
        self,
        connection: AsyncConnection,
        catalogue: CatalogueInForce,
        versions: Iterable[str] | Iterable[JudgedVersion],
    ) -> PinnedRulebooks:
        current = self._rulebook(catalogue)
        asked = {one.version: one for one in map(_judged, versions) if one.version}  # slad's own canary has none
        missing = {base_version(version) for version in asked} - self._known.keys() - self._lost
        if missing:
            await self._load(connection, missing)
        joined = {version for version in asked if version != base_version(version)}
        if not joined:
            return PinnedRulebooks(current, self._known, self.newest_for)
        found = {version: book for version in joined if (book := self._seen(version, current, asked[version]))}
        if unseen := joined - found.keys():
            found |= await self._load_pins(connection, unseen)
        return PinnedRulebooks(current, self._known | found, self.newest_for)

    def _seen(self, version: str, current: Rulebook, judged: JudgedVersion) -> Rulebook | None:
        """The rulebook of a joined version that is kept, or follows from the present revisions of the contracts."""
        if (known := self._pinned.get(version)) is not None:
            self._pinned.move_to_end(version)
            return known
        if current.recorded is None or version == base_version(version):
            return None
        contracts = [ContractId(one) for one in judged.contracts]
        if current.version_for(contracts, judged.customers) != version:
            return None
        deciding = {*contracts, *(id_ for name in judged.customers for id_ in current.recorded.contracts_of(name))}
        return self._keep_pinned(version, current.recorded.revisions(sorted(deciding)))

    def _keep_pinned(self, version: str, revisions: Mapping[str, int]) -> Rulebook | None:
        catalogue = self._catalogues.get(base_version(version))
        if catalogue is None or self._records is None:
            return None
        made = replace(self._records.overlay(catalogue, revisions), version=version)
        self._pinned[version] = made
        if len(self._pinned) > MOST_PINNED:
            self._pinned.popitem(last=False)
        return made

    async def _load_pins(self, connection: AsyncConnection, versions: set[str]) -> dict[str, Rulebook]:
        query = select(tables.pin).where(tables.pin.c.version.in_(sorted(versions)))
        found = {}
        for row in (await connection.execute(query)).all():
            if (book := self._keep_pinned(row.version, json.loads(row.revisions))) is not None:
                found[row.version] = book
        for lost in versions - found.keys():
            _log.error("contract.revision_lost", version=lost, hint="the current revision is used instead")
        return found

    async def _remember(self, connection: AsyncConnection, catalogue: CatalogueInForce) -> None:
        if catalogue.version not in self._stored:
            insert = insert_new(connection, tables.catalogue).returning(tables.catalogue.c.version)
            last = await _activated_last(connection, but=catalogue.version)
            row = self._row(catalogue, last)
            # What this transaction inserts may yet be rolled back; what was there before is there.
            if (await connection.execute(insert, [row])).first() is None:
                self._stored.add(catalogue.version)
                return
            await audit.append(connection, tables.audit, [_activated(last, catalogue)], row["activated_at"])

    def _row(self, catalogue: CatalogueInForce, last: Any | None) -> dict[str, Any]:
        """The row of a catalogue that comes after `last`: later than it, whatever this machine's clock says."""
        now = self._time_source.now()
        at = now if last is None else max(now, last.activated_at + timedelta(microseconds=1))
        return {"version": catalogue.version, "content": catalogue.text, "activated_at": at}

    async def _load(self, connection: AsyncConnection, versions: set[str]) -> None:
        query = select(tables.catalogue).where(tables.catalogue.c.version.in_(versions))
        for row in (await connection.execute(query)).all():
            try:
                self._rulebook(self._revive(row.content))
            except Exception as error:
                if fault_of(error) is Fault.PASSING:
                    raise
                # Written by a release that read it differently. Without this, every event of its incidents would fail.
                _log.error("catalogue.unreadable", version=row.version, error=error_text(error)[:500])
                self._lost.add(row.version)
        for lost in versions - self._known.keys():
            _log.error("catalogue.version_lost", version=lost, hint="the current version is used instead")


async def _activated_last(connection: AsyncConnection, but: str = "") -> Any | None:
    """The catalogue that was activated last; `but`: a version that does not count."""
    query = select(tables.catalogue).where(tables.catalogue.c.version != but)
    return (await connection.execute(query.order_by(tables.catalogue.c.activated_at.desc()).limit(1))).one_or_none()


def _activated(last: Any | None, catalogue: CatalogueInForce) -> Act:
    """What the service found changed in the files; whoever changed them is not known here."""
    before = None if last is None else {"text": last.content}
    return Act(
        name=ActName.CATALOGUE_ACTIVATED,
        command=Command(AuditActor(ActorKind.SERVICE, "timer")),
        object=catalogue.version,
        before=state_digest(before),
        after=state_digest({"text": catalogue.text}),
        details={"before": "" if last is None else last.version},
    )


def _judged(version: str | JudgedVersion) -> JudgedVersion:
    return JudgedVersion(version) if isinstance(version, str) else version


def pin_row(incident: Incident, rulebook: Rulebook, version: str) -> dict[str, str] | None:
    """Return the row of `timer_pin` from which the rulebook of `version` can be built again.

    The row has the revisions of the recorded contracts (kept in the database) that are part of the version. The result
    is None if the version has no recorded contract.

    Args:
        incident: The incident that `rulebook` (plans, contracts, calendars) judges under `version`.
    """
    recorded = rulebook.recorded
    if recorded is None or version == base_version(version):
        return None
    deciding = {period.contract for period in incident.periods if period.contract in recorded}
    deciding |= {id_ for period in incident.periods for id_ in recorded.contracts_of(period.customer)}
    return {"version": version, "revisions": json.dumps(dict(recorded.revisions(sorted(deciding))), sort_keys=True)}


def version_of(incident: Incident, rulebook: Rulebook) -> str:
    """Return the version under which `rulebook` (plans, contracts, calendars) judges the incident.

    The version is that of the catalogue. If recorded contracts (kept in the database) apply to the incident, their
    revisions are appended.
    """
    contracts = [period.contract for period in incident.periods]
    return rulebook.version_for(contracts, [period.customer for period in incident.periods])
