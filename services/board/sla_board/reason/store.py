"""Adding and reading the reasons of breaches: a row is added and never changed, with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.reason.reason import SaidReason, reason_in_force
from sla_domain.breach_reason import BreachReasons, ReasonRefusal
from sla_platform.audit import store as audit
from sla_platform.audit.act import ActName, Command, change_act
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource

MOST = 1_000  # most reasons of one breach
_reason, _clock = tables.breach_reason.c, tables.clock.c


class NoSuchBreach(LookupError):
    """Raised when no clock has the given id, or when the caller's key may not see the clock."""


class NotBreached(Exception):
    """Raised when a clock was not breached, so that there is nothing to explain."""


class ReasonRefused(Exception):
    """Raised when the clock's plan does not accept a reason; `refusal` says why.

    Args:
        refusal: Why the reason is refused.
        codes: The codes of reasons that the plan offers, for the message.
    """

    def __init__(self, refusal: ReasonRefusal, codes: tuple[str, ...]) -> None:
        super().__init__(refusal.value.format(codes=", ".join(codes)))
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReason:
    """A reason that somebody asks to record for a breach."""

    clock: UUID
    """Id of the breached clock."""
    code: str
    text: str
    by: str
    """Name of the author."""


class ReasonKeeper:
    """Stores the reasons of breaches in the board's tables. Every method may raise StoreBusy."""

    def __init__(self, store: Store, time_source: TimeSource) -> None:
        self._store = store
        self._time_source = time_source

    async def plan_of(self, clock: UUID, only_contract: str | None) -> str:
        """Return the plan (id) of a breached clock, whose rules on reasons apply.

        Args:
            only_contract: The one contract that the caller's key may see. None for all.

        Raises:
            NoSuchBreach: The clock is unknown, or hidden from the caller's key.
            NotBreached: The clock was not breached.
        """
        async with self._store.reading() as connection:
            row = await _breached(connection, clock, only_contract)
        plan: str = row.plan
        return plan

    async def say(
        self, wanted: WantedReason, rules: BreachReasons, command: Command, only_contract: str | None
    ) -> tuple[SaidReason, bool]:
        """Record the reason of a breach.

        The result is the reason, and whether it is new. A reason equal to the newest one of the clock's contract is not
        recorded again. Earlier reasons stay on record.

        Args:
            rules: The rules of the clock's plan on reasons.
            command: Who states the reason, for the audit log.
            only_contract: The one contract that the caller's key may see. None for all.

        Raises:
            NoSuchBreach: The clock is unknown, or hidden from the caller's key.
            NotBreached: The clock was not breached.
            ReasonRefused: The plan does not accept the reason.
        """
        refusal = rules.refusal(wanted.code, wanted.text)
        if refusal is not None:
            raise ReasonRefused(refusal, tuple(code.id for code in rules.codes))
        async with self._store.transaction() as connection:
            await audit.next_place(connection, tables.audit)  # one after the other, so that no reason is stored twice
            row = await _breached(connection, wanted.clock, only_contract)
            before = (await reasons_of(connection, [wanted.clock])).get(wanted.clock, [])
            last = reason_in_force(before, row.contract)
            if last is not None and last.says(wanted.code, wanted.text):
                return last, False
            now = await store_now(connection, self._time_source)
            said = SaidReason(
                clock=str(wanted.clock),
                incident=row.incident,
                contract=row.contract,
                code=wanted.code,
                text=wanted.text,
                by=wanted.by,
                at=now,
            )
            await connection.execute(tables.breach_reason.insert(), [_columns(said, wanted.clock)])
            details = {"incident": said.incident, "metric": row.metric, "code": said.code, "by": said.by}
            act = change_act(ActName.BREACH_EXPLAINED, last, said, command, details=details, contract=said.contract)
            await audit.append(connection, tables.audit, [act], now)
        return said, True


async def reasons_of(connection: AsyncConnection, clocks: Collection[UUID]) -> dict[UUID, list[SaidReason]]:
    """Return the reasons stated for the breaches of clocks: clock -> reasons, the oldest first.

    The last reason in each list is the one in force.
    """
    found: dict[UUID, list[SaidReason]] = {}
    if not clocks:
        return found
    query = select(tables.breach_reason).where(_reason.clock.in_(sorted(clocks))).order_by(_reason.number)
    for row in (await connection.execute(query)).mappings():
        found.setdefault(row["clock"], []).append(_of(row))
    return {clock: said[-MOST:] for clock, said in found.items()}


async def _breached(connection: AsyncConnection, clock: UUID, only_contract: str | None) -> Any:
    row = (await connection.execute(select(tables.clock).where(_clock.id == clock))).one_or_none()
    if row is None or only_contract not in (None, row.contract):
        raise NoSuchBreach(str(clock))
    if row.breached_at is None:
        raise NotBreached(str(clock))
    return row


def _columns(said: SaidReason, clock: UUID) -> dict[str, Any]:
    return {name: getattr(said, name) for name in SaidReason.__dataclass_fields__} | {"clock": clock}


def _of(row: RowMapping) -> SaidReason:
    return SaidReason(**{name: row[name] for name in SaidReason.__dataclass_fields__} | {"clock": str(row["clock"])})
