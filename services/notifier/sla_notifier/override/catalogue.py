"""The catalogue in force with the overrides of the API in its rotas, behind those of the files.

Every transaction of the notifier that may tell somebody reads what has changed since the last look: one look at an
index. So every instance uses an override from its commit on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_domain.contract import Person
from sla_domain.rota import Rota, RotaId, RotaPerson, with_overrides
from sla_domain.rulebook import Rulebook
from sla_notifier.override import store as rows
from sla_notifier.override.recorded import RecordedOverride
from sla_platform.errors import Retryable
from sla_platform.store.engine import Store

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0


class OverriddenCatalogue:
    """The present catalogue, with the overrides of rotas made over the API.

    An override of a rota (on-call plan) puts another person on call for some time. Call the object to get the
    catalogue. A process of the notifier has one such object. `refresh` reads the stored overrides.

    Args:
        current: Returns the catalogue without these overrides.
        now: Returns the present instant.
    """

    def __init__(self, current: Callable[[], Catalogue], now: Callable[[], datetime]) -> None:
        self._current = current
        self._now = now
        self._known: dict[int, RecordedOverride] = {}
        self._place = 0
        self._of_rota: dict[RotaId, tuple[RecordedOverride, ...]] = {}
        self._made: tuple[Catalogue, int, Catalogue] | None = None  # of which catalogue, as of which place, and it
        self._rotas: dict[RotaId, tuple[Rota, tuple[RecordedOverride, ...], Rota]] = {}
        self._warned: set[tuple[int, str]] = set()
        self._read = False

    def __call__(self) -> Catalogue:
        catalogue = self._current()
        if not self._known:
            return catalogue
        if self._made is None or self._made[0] is not catalogue or self._made[1] != self._place:
            self._made = (catalogue, self._place, self._overridden(catalogue))
        return self._made[2]

    @property
    def of_files(self) -> Catalogue:
        """Return the present catalogue as its files say, without the overrides of rotas made over the API."""
        return self._current()

    def of_rota(self, rota: str) -> tuple[RecordedOverride, ...]:
        """Return all overrides ever made for a rota over the API, in the order in which they were made."""
        return self._of_rota.get(RotaId(rota), ())

    def find(self, number: int) -> RecordedOverride | None:
        """Return the override of a rota with this number; None if it is unknown."""
        return self._known.get(number)

    async def refresh(self, connection: AsyncConnection) -> None:
        """Read the overrides of rotas that were made or ended since the last call.

        Changes of the present transaction are included.
        """
        self.take_in(await rows.changed_since(connection, self._place))

    def take_in(self, changed: Sequence[RecordedOverride]) -> None:
        """Apply new and ended overrides of rotas to the catalogue of this process.

        Call this after the overrides were committed to the database, so that the process need not read them.

        Args:
            changed: The overrides, in the order in which they were made or ended.
        """
        for each in changed:
            known = self._known.get(each.number)
            if known is None or known.changed < each.changed:
                self._known[each.number] = each
                others = (one for one in self._of_rota.get(each.rota, ()) if one.number != each.number)
                self._of_rota[each.rota] = tuple(sorted((*others, each), key=lambda one: one.number))
                self._place = max(self._place, each.changed)

    def ignored(self) -> Mapping[int, str]:
        """Return the overrides of rotas that have no effect: number of the override -> why, in words.

        Only overrides that are in force or still to come are checked.
        """
        book, now = self._current().rulebook, self._now()
        said = ((each, why_ignored(book, each)) for each in self._known.values() if each.open(now))
        return {each.number: why for each, why in said if why}

    async def remark(self) -> str | None:
        """Return a text about the overrides of rotas that have no effect; None if there are none.

        Called for the readiness check.
        """
        return "; ".join(f"override {number} is ignored: {why}" for number, why in self.ignored().items()) or None

    async def reason_not_ready(self) -> str | None:
        """Return a text if the overrides of rotas have not been read since the start; None once they have been read.

        Called for the readiness check.
        """
        return None if self._read else "the overrides of rotas have not been read from the store yet"

    async def load(self, store: Store) -> None:
        """Read the overrides of rotas that any process has made or ended, and log those that have no effect.

        Raises:
            StoreBusy: The database fails.
        """
        async with store.reading() as connection:
            await self.refresh(connection)
        self._read = True
        ignored = set(self.ignored().items())
        for number, why in sorted(ignored - self._warned):
            _log.warning("override.ignored", override=number, because=why)
        self._warned = ignored

    async def follow(self, store: Store) -> None:
        """Read every second which overrides of rotas any process has made or ended, until cancelled."""
        while True:
            with contextlib.suppress(Retryable):  # the readiness check reports it; the next look reads what is new
                await self.load(store)
            await asyncio.sleep(_LOOK_SECONDS)

    def _overridden(self, catalogue: Catalogue) -> Catalogue:
        book = catalogue.rulebook
        made = {id_: self._rota(book, rota) for id_, rota in book.rotas.items()}
        return replace(catalogue, rulebook=replace(book, rotas=MappingProxyType(made)))

    def _rota(self, book: Rulebook, rota: Rota) -> Rota:
        """One that has not changed stays the same object: it keeps the shifts that were computed before."""
        overrides = tuple(each for each in self.of_rota(rota.id) if not why_ignored(book, each))
        known = self._rotas.get(rota.id)
        if known is None or known[0] is not rota or known[1] != overrides:
            known = self._rotas[rota.id] = (rota, overrides, overridden(book, rota, overrides))
        return known[2]


def overridden(book: Rulebook, rota: Rota, overrides: Sequence[RecordedOverride]) -> Rota:
    """Return a copy of a rota with more overrides (exceptions to who is on call), after its own and in this order.

    Args:
        book: The rulebook. All people of the overrides must be in it.
    """
    counted = [each.counted for each in overrides]
    if not any(counted):
        return rota
    named = {id_ for each in overrides for id_ in (each.person, each.instead_of) if id_ is not None}
    shown = {id_: _shown(book.people[id_]) for id_ in named - rota.shown.keys()}
    with_all = with_overrides(rota, [each for each in counted if each is not None])
    return replace(with_all, shown=MappingProxyType({**rota.shown, **shown}))


def why_ignored(book: Rulebook, override: RecordedOverride) -> str:
    """Return why an override of a rota has no effect with this rulebook, in words; "" if it has.

    Args:
        book: The plans, contracts, people and rotas.
    """
    if override.rota not in book.rotas:
        return f"the catalogue has no rota {override.rota!r} any more"
    gone = [id_ for id_ in (override.person, override.instead_of) if id_ is not None and id_ not in book.people]
    return f"the catalogue has no person {gone[0]!r} any more" if gone else ""


def _shown(person: Person) -> RotaPerson:
    return RotaPerson(name=person.name, languages=person.languages, zone=person.zone)
