"""Making and ending overrides: the row and its act in the audit log in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rota import Rota, RotaId
from sla_notifier import tables
from sla_notifier.override import store as rows
from sla_notifier.override.catalogue import OverriddenCatalogue, overridden, why_ignored
from sla_notifier.override.changed import ChangedShift, changed_shifts
from sla_notifier.override.recorded import RecordedOverride
from sla_notifier.override.rule import MOST_OPEN, WantedOverride, faults, replacement_remarks
from sla_platform.audit import store as audit
from sla_platform.audit.act import ActName, Command, change_act
from sla_platform.http.problem import Problem, not_known
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True)
class OverrideDone:
    """An override of a rota (on-call plan) after it was made or ended, or as it would be in a dry run."""

    override: RecordedOverride
    shifts: tuple[ChangedShift, ...] = ()
    """The shifts that change because of the override, from now on."""
    remarks: tuple[str, ...] = ()
    """Hints for the caller."""
    written: bool = False
    """Whether this call stored a change."""


class OverrideOwner:
    """Makes and ends overrides of rotas, which put another person on call for some time.

    Each call waits until the transaction of the previous call ends, so that all processes see the same order of
    changes.
    """

    def __init__(self, store: Store, time_source: TimeSource, catalogue: OverriddenCatalogue) -> None:
        self._store = store
        self._time_source = time_source
        self._catalogue = catalogue

    async def make(self, rota: str, wanted: WantedOverride, command: Command, *, dry_run: bool = False) -> OverrideDone:
        """Store a new override of a rota, which puts a person on call for some time.

        If the same override exists already, it is returned and nothing changes.

        Args:
            rota: The id of the rota.
            wanted: The override.
            command: Who orders the change, for the audit log.
            dry_run: Whether to store nothing, and only return the override that would be stored.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown rota, 409 if the rota has too many overrides, 422 if `wanted` is
                invalid for the rota.
        """
        async with self._store.transaction() as connection:
            place, now = await self._turn(connection)
            done = self._made(rota, wanted, command, place, now)
            if dry_run or not done.written:
                return replace(done, written=False)
            await rows.insert(connection, done.override)
            await self._record(connection, ActName.ROTA_OVERRIDE_MADE, None, done.override, command, now)
        self._catalogue.take_in((done.override,))
        return done

    async def end(self, id_: str, command: Command, *, dry_run: bool = False) -> OverrideDone:
        """End an override of a rota now, or cancel it if it has not begun.

        An override whose span has passed, or that was ended before, is returned unchanged.

        Args:
            id_: The override's id.
            command: Who orders the change, for the audit log.
            dry_run: Whether to store nothing, and only return the override that would be stored.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown override.
        """
        async with self._store.transaction() as connection:
            place, now = await self._turn(connection)
            known = self._catalogue.find(int(id_)) if id_.isascii() and id_.isdigit() and len(id_) < 19 else None
            if known is None:
                raise not_known("override", id_)
            if not known.open(now):
                return OverrideDone(known)
            ended = replace(known, ended_at=now, ended_by=command.actor.id, changed=place)
            done = OverrideDone(ended, self._shifts_of(known, ended, now), written=not dry_run)
            if dry_run:
                return done
            await rows.write_end(connection, ended)
            await self._record(connection, ActName.ROTA_OVERRIDE_ENDED, known, ended, command, now)
        self._catalogue.take_in((ended,))
        return done

    async def _turn(self, connection: AsyncConnection) -> tuple[int, datetime]:
        """Wait for the turn; return the place that the act has in the audit log, and the present instant."""
        place = await audit.next_place(connection, tables.audit)
        now = await store_now(connection, self._time_source)
        await self._catalogue.refresh(connection)
        return place, now

    def _made(self, name: str, wanted: WantedOverride, command: Command, place: int, now: datetime) -> OverrideDone:
        book = self._catalogue.of_files.rulebook
        rota = book.rotas.get(RotaId(name))
        if rota is None:
            raise not_known("rota", name)
        if found := faults(wanted, rota, book.people.keys(), now):
            errors = [{"pointer": f"/{each.place}", "detail": each.detail} for each in found]
            raise Problem(422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors)
        standing = [each for each in self._catalogue.of_rota(name) if each.open(now)]
        if (same := _standing(wanted, standing)) is not None:
            return OverrideDone(same, remarks=("it stands already",))
        if len(standing) >= MOST_OPEN:
            detail = f"The rota {name} has {len(standing)} overrides that are not over; end some of them first."
            raise Problem(409, "too-many-overrides", "The rota has too many overrides", detail)
        made = RecordedOverride(
            number=place,
            rota=rota.id,
            start=wanted.start,
            end=wanted.end,
            person=wanted.person,
            instead_of=wanted.instead_of,
            by=command.actor.id,
            reason=wanted.reason,
            made_at=now,
            changed=place,
        )
        shifts = self._shifts_of(None, made, now)
        remarks = (*_remarks(wanted, shifts, now), *replacement_remarks(wanted, rota.overrides, standing))
        return OverrideDone(made, shifts, remarks, written=True)

    def _shifts_of(
        self, before: RecordedOverride | None, after: RecordedOverride, now: datetime
    ) -> tuple[ChangedShift, ...]:
        book = self._catalogue.of_files.rulebook
        rota = book.rotas.get(after.rota)
        if rota is None or why_ignored(book, after):
            return ()
        others = [
            each
            for each in self._catalogue.of_rota(after.rota)
            if each.number != after.number and not why_ignored(book, each)
        ]

        def state(one: RecordedOverride | None) -> Rota:
            whole = others if one is None else sorted((*others, one), key=lambda each: each.number)
            return overridden(book, rota, whole)

        start = max(after.start, now)
        return changed_shifts(state(before), state(after), start, after.end) if start < after.end else ()

    async def _record(
        self,
        connection: AsyncConnection,
        name: ActName,
        before: RecordedOverride | None,
        after: RecordedOverride,
        command: Command,
        now: datetime,
    ) -> None:
        details = {"rota": after.rota, "person": after.person, "from": after.start, "until": after.end}
        act = change_act(name, before, after, command, details=details)
        await audit.append(connection, tables.audit, [act], now)


def _standing(wanted: WantedOverride, standing: list[RecordedOverride]) -> RecordedOverride | None:
    """The one that says the same, unless a later one that it meets counts instead; None if there is none."""
    for each in reversed(standing):
        if wanted.same_as(each):
            return each
        if each.start < wanted.end and wanted.start < each.end:
            return None
    return None


def _remarks(wanted: WantedOverride, shifts: tuple[ChangedShift, ...], now: datetime) -> list[str]:
    found = []
    if not shifts:
        found.append(
            f"it changes nothing: {wanted.instead_of} is not on call then"
            if wanted.instead_of is not None
            else f"it changes nothing: {wanted.person} is on call then as it is"
        )
    if wanted.start < now:
        found.append("it counts from now on: what lies behind stays as it was")
    return found
