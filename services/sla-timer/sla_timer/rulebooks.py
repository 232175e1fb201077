"""Which rulebook an incident is folded with: the catalogue version it is pinned to (DESIGN §2.3).

A new incident is pinned to the current version. Every version that has been in use is kept with its content, so that
an old incident is judged by the rules it was opened under, also after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rulebook import Rulebook
from sla_platform.store.dialect import insert_new
from sla_platform.timesource import TimeSource
from sla_timer import tables

_log = structlog.get_logger(__name__)


class Catalogue(Protocol):
    """What of a catalogue the timer needs."""

    @property
    def version(self) -> str: ...

    @property
    def text(self) -> str:
        """Everything needed to build the same catalogue again."""
        ...

    @property
    def rulebook(self) -> Rulebook: ...


@dataclass(frozen=True, slots=True)
class Pins:
    """The rulebooks of one unit of work."""

    current: Rulebook
    by_version: dict[str, Rulebook]

    def of(self, incident: Any | None) -> Rulebook:
        """`incident` is a row of timer_incident, or None for a new one."""
        return self.current if incident is None else self.by_version.get(incident.catalogue, self.current)


class Rulebooks:
    """Gives rulebooks by version. `current` answers with the catalogue in force; `revive` builds one from its text."""

    def __init__(
        self, current: Callable[[], Catalogue], revive: Callable[[str], Catalogue], source: TimeSource
    ) -> None:
        self._current = current
        self._revive = revive
        self._time = source
        self._known: dict[str, Rulebook] = {}
        self._stored: set[str] = set()

    @property
    def current(self) -> Rulebook:
        return self._current().rulebook

    async def pinned(self, connection: AsyncConnection, incidents: Iterable[Any]) -> Pins:
        """The rulebooks for these incidents' rows; stores the current version if it is new."""
        catalogue = self._current()
        await self._remember(connection, catalogue)
        self._known[catalogue.version] = catalogue.rulebook
        missing = {row.catalogue for row in incidents} - self._known.keys()
        if missing:
            await self._load(connection, missing)
        return Pins(catalogue.rulebook, self._known)

    async def known(self, connection: AsyncConnection, incidents: Iterable[Any]) -> Pins:
        """The same for readers: nothing is written."""
        catalogue = self._current()
        missing = {row.catalogue for row in incidents} - self._known.keys() - {catalogue.version}
        if missing:
            await self._load(connection, missing)
        return Pins(catalogue.rulebook, self._known | {catalogue.version: catalogue.rulebook})

    async def _remember(self, connection: AsyncConnection, catalogue: Catalogue) -> None:
        if catalogue.version in self._stored:
            return
        row = {"version": catalogue.version, "content": catalogue.text, "activated_at": self._time.now()}
        await connection.execute(insert_new(connection, tables.catalogue), [row])
        self._stored.add(catalogue.version)

    async def _load(self, connection: AsyncConnection, versions: set[str]) -> None:
        query = select(tables.catalogue).where(tables.catalogue.c.version.in_(versions))
        for row in (await connection.execute(query)).all():
            self._known[row.version] = self._revive(row.content).rulebook
        for lost in versions - self._known.keys():
            _log.error("catalogue.version_lost", version=lost, hint="the current version is used instead")
