"""Appending to an audit log inside the transaction of the act, and reading it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain import bounds
from sla_platform.audit.act import Act, canonical_json
from sla_platform.audit.chain import GENESIS, AuditHead, AuditRow, row_hash
from sla_platform.audit.tables import ACTOR, OBJECT, AuditTables
from sla_platform.store.dialect import insert
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import fit_column

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Conditions on the acts to be read from an audit log. None or "" means no condition."""

    contract: str | None = None
    """The contract that the acts must concern."""
    actor: str = ""
    """The exact text of the actor."""
    act: str = ""
    """The exact text of the kind of act."""
    object: str = ""
    """The exact id of the object."""
    since: datetime | None = None
    """Aware instant from which acts are read, included."""
    until: datetime | None = None
    """Aware instant up to which acts are read, excluded."""

    @property
    def whole(self) -> bool:
        """Return whether the filter has no condition, so that it selects all acts.

        The chain of hashes can be verified only over all acts.
        """
        return self == AuditFilter()


async def append(
    connection: AsyncConnection, tables: AuditTables, acts: Sequence[Act], now: datetime
) -> tuple[AuditRow, ...]:
    """Append acts to an audit log in the caller's transaction, and return their rows in the same order.

    Call this last in the transaction: the log stays locked until the commit, and other writers wait. Because of this
    lock each row's hash covers the row before. If somebody has tampered with the log, acts are still appended, and the
    break in the chain stays visible.

    Args:
        now: The instant to store as the time of the acts.
    """
    if not acts:
        return ()
    seq, previous = await _locked_end(connection, tables)
    rows: list[AuditRow] = []
    for act in acts:
        seq += 1
        row = _row(tables.service, act, now, seq, previous)
        previous = row.hash
        rows.append(row)
    await connection.execute(tables.rows.insert(), [_columns(row) for row in rows])
    await connection.execute(update(tables.head).where(tables.head.c.id == 1).values(seq=seq, hash=previous))
    return tuple(rows)


async def next_place(connection: AsyncConnection, tables: AuditTables) -> int:
    """Return the number (`seq`) that the next row of an audit log will have.

    Until the transaction ends, the log is locked, and no other writer takes the number.
    """
    return (await _locked_end(connection, tables))[0] + 1


async def _locked_end(connection: AsyncConnection, tables: AuditTables) -> tuple[int, str]:
    """Lock the head until the commit; return the last place that is taken, and the hash that the next row follows.

    The place is of the rows where somebody wrote rows past the head, the hash always the head's: the break stays seen.
    """
    statement = insert(connection, tables.head).values(id=1, seq=0, hash=GENESIS)
    locked = statement.on_conflict_do_update(index_elements=["id"], set_={"id": statement.excluded.id})
    head = (await connection.execute(locked.returning(tables.head.c.seq, tables.head.c.hash))).one()
    seq = tables.rows.c.seq
    last = (await connection.execute(select(seq).order_by(seq.desc()).limit(1))).scalar_one_or_none()
    return max(head.seq, last or 0), head.hash


def _row(service: str, act: Act, now: datetime, seq: int, previous: str) -> AuditRow:
    row = AuditRow(
        service=service,
        seq=seq,
        at=now,
        actor=fit_column(str(act.command.actor), ACTOR),
        act=act.name.value,
        object=fit_column(act.object, OBJECT),
        contract=fit_column(act.contract, bounds.CONTRACT),
        reason=fit_column(act.command.reason, bounds.VALUE),
        before=act.before,
        after=act.after,
        details=fit_column(canonical_json(act.details), None),
        previous=previous,
        hash="",
    )
    return replace(row, hash=row_hash(row))


def _columns(row: AuditRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AuditRow.__dataclass_fields__ if name != "service"}


async def head_of(connection: AsyncConnection, tables: AuditTables) -> AuditHead:
    """Return the stored number and hash of the last row of an audit log.

    For an empty log they are 0 and GENESIS (64 zeros).
    """
    found = (await connection.execute(select(tables.head).where(tables.head.c.id == 1))).one_or_none()
    return AuditHead(tables.service) if found is None else AuditHead(tables.service, found.seq, found.hash)


async def newest(
    connection: AsyncConnection, tables: AuditTables, wanted: AuditFilter, before: int, limit: int
) -> list[AuditRow]:
    """Return the newest rows of an audit log that fit a filter, the newest first.

    Args:
        tables: The log.
        wanted: The filter.
        before: Only rows with a smaller number (`seq`) are returned. 0 means no limit.
        limit: The greatest number of rows to return.
    """
    seq = tables.rows.c.seq
    statement = select(tables.rows).where(*_conditions(tables, wanted)).order_by(seq.desc()).limit(limit)
    if before:
        statement = statement.where(seq < before)
    return [_of(tables, dict(row)) for row in (await connection.execute(statement)).mappings()]


async def oldest_first(store: Store, tables: AuditTables, wanted: AuditFilter) -> AsyncIterator[AuditRow]:
    """Yield the rows of an audit log that fit a filter, the oldest first.

    The rows are read in pages of 500, each in a transaction of its own.

    Args:
        tables: The log.
        wanted: The filter.

    Raises:
        StoreBusy: The store cannot be read now.
    """
    after, seq = 0, tables.rows.c.seq
    conditions = _conditions(tables, wanted)
    while True:
        statement = select(tables.rows).where(*conditions, seq > after).order_by(seq).limit(_AT_ONCE)
        async with store.reading() as connection:
            page = [_of(tables, dict(row)) for row in (await connection.execute(statement)).mappings()]
        for row in page:
            yield row
        if len(page) < _AT_ONCE:
            return
        after = page[-1].seq


def _conditions(tables: AuditTables, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    columns = tables.rows.c
    found = [columns[name] == getattr(wanted, name) for name in ("actor", "act", "object") if getattr(wanted, name)]
    if wanted.contract is not None:
        found.append(columns.contract == wanted.contract)
    if wanted.since is not None:
        found.append(columns.at >= wanted.since)
    if wanted.until is not None:
        found.append(columns.at < wanted.until)
    return found


def _of(tables: AuditTables, row: Mapping[str, Any]) -> AuditRow:
    return AuditRow(service=tables.service, **row)
