"""Which rulebook an incident is folded with: that of the catalogue version stored with it (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rulebook import Rulebook
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest
from sla_platform.fault import Fault, error_text, fault_of
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.timesource import TimeSource
from sla_timer import tables

_log = structlog.get_logger(__name__)


class CatalogueInForce(Protocol):
    """What the timer needs of a loaded catalogue; `sla_catalogue.catalogue.Catalogue` has it."""

    @property
    def version(self) -> str:
        """Return the catalogue's version, a hash of its content."""
        ...

    @property
    def text(self) -> str:
        """Return the catalogue as a text from which it can be built again."""
        ...

    @property
    def rulebook(self) -> Rulebook:
        """Return the catalogue's plans, contracts and calendars."""
        ...


@dataclass(frozen=True, slots=True)
class PinnedRulebooks:
    """The rulebooks (plans, contracts, calendars) of one transaction.

    `current`: the rulebook of the catalogue in force. `by_version`: catalogue version -> rulebook; a version whose text
    cannot be read is missing.
    """

    current: Rulebook
    by_version: dict[str, Rulebook]

    def of(self, incident: Any | None) -> Rulebook:
        """Return the rulebook of the catalogue version in `incident`, a row of `timer_incident`.

        The current rulebook for a new incident (None), and when that version cannot be read.
        """
        return self.current if incident is None else self.by_version.get(incident.catalogue, self.current)


class Rulebooks:
    """Gives the rulebook (plans, contracts, calendars) of each catalogue version, for incidents judged by earlier
    versions.

    Call `pinned` in a transaction that writes, `known` in one that reads. `current`: returns the catalogue in force.
    `revive`: builds a catalogue from its stored text. If a text cannot be read, the error is logged and the current
    rulebook is used.
    """

    def __init__(
        self,
        current: Callable[[], CatalogueInForce],
        revive: Callable[[str], CatalogueInForce],
        time_source: TimeSource,
    ) -> None:
        self._current = current
        self._revive = revive
        self._time_source = time_source
        self._known: dict[str, Rulebook] = {}
        self._stored: set[str] = set()
        self._lost: set[str] = set()  # versions whose content cannot be read: the current one is used instead
        self._activated = ""

    @property
    def current(self) -> Rulebook:
        """Return the rulebook of the catalogue in force."""
        return self._current().rulebook

    @property
    def announced(self) -> bool:
        """Return whether `newest` has been called since this process loaded the catalogue in force."""
        return self._activated == self._current().version

    async def pinned(self, connection: AsyncConnection, versions: Iterable[str]) -> PinnedRulebooks:
        """Return the rulebooks of these catalogue versions for a transaction that writes.

        Also stores the text of the catalogue in force, unless it is stored already.
        """
        catalogue = self._current()
        await self._remember(connection, catalogue)
        return await self._pins(connection, catalogue, versions)

    async def known(self, connection: AsyncConnection, versions: Iterable[str]) -> PinnedRulebooks:
        """Return the rulebooks of these catalogue versions for a transaction that only reads; nothing is stored."""
        return await self._pins(connection, self._current(), versions)

    async def newest(self, connection: AsyncConnection) -> bool:
        """Return whether the catalogue in force here is the one activated last, by whichever instance.

        The first call after this process has loaded another version (at start, or by a reload) records that version as
        activated now, unless it was the last one anyway; so the first answer is true.
        """
        catalogue = self._current()
        query = select(tables.catalogue).order_by(tables.catalogue.c.activated_at.desc()).limit(1)
        last = (await connection.execute(query)).one_or_none()
        known = last is not None and last.version == catalogue.version
        if self._activated == catalogue.version or known:
            self._activated = catalogue.version
            return known
        self._activated = catalogue.version
        row = self._row(catalogue)
        if last is not None:  # later than every other, whatever this machine's clock says
            row["activated_at"] = max(row["activated_at"], last.activated_at + timedelta(microseconds=1))
        await connection.execute(upsert(connection, tables.catalogue), [row])
        await audit.append(connection, tables.audit, [_activated(last, catalogue)], row["activated_at"])
        return True

    async def _pins(
        self, connection: AsyncConnection, catalogue: CatalogueInForce, versions: Iterable[str]
    ) -> PinnedRulebooks:
        self._known[catalogue.version] = catalogue.rulebook
        missing = set(versions) - self._known.keys() - self._lost
        if missing:
            await self._load(connection, missing)
        return PinnedRulebooks(catalogue.rulebook, self._known)

    async def _remember(self, connection: AsyncConnection, catalogue: CatalogueInForce) -> None:
        if catalogue.version not in self._stored:
            insert = insert_new(connection, tables.catalogue).returning(tables.catalogue.c.version)
            row = self._row(catalogue)
            # What this transaction inserts may yet be rolled back; what was there before is there.
            if (await connection.execute(insert, [row])).first() is None:
                self._stored.add(catalogue.version)
                return
            earlier = select(tables.catalogue).where(tables.catalogue.c.version != catalogue.version)
            last = (await connection.execute(earlier.order_by(tables.catalogue.c.activated_at.desc()).limit(1))).first()
            await audit.append(connection, tables.audit, [_activated(last, catalogue)], row["activated_at"])

    def _row(self, catalogue: CatalogueInForce) -> dict[str, Any]:
        return {"version": catalogue.version, "content": catalogue.text, "activated_at": self._time_source.now()}

    async def _load(self, connection: AsyncConnection, versions: set[str]) -> None:
        query = select(tables.catalogue).where(tables.catalogue.c.version.in_(versions))
        for row in (await connection.execute(query)).all():
            try:
                self._known[row.version] = self._revive(row.content).rulebook
            except Exception as error:
                if fault_of(error) is Fault.PASSING:
                    raise
                # Written by a release that read it otherwise. Every event of its incidents would stumble over it.
                _log.error("catalogue.unreadable", version=row.version, error=error_text(error)[:500])
                self._lost.add(row.version)
        for lost in versions - self._known.keys():
            _log.error("catalogue.version_lost", version=lost, hint="the current version is used instead")


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
