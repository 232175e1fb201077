"""Frozen reports: stored once as canonical data with their digest, listed and read; never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.report.build import EarlierReport
from sla_board.report.canonical import canonical_bytes, digest_of, report_of
from sla_board.report.model import ContractReport, Frozen
from sla_domain.report_schedule import ReportKind
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource

MOST_LISTED = 500
MOST_CORRECTED = 13
"""Of so many earlier reports of the same kind a new one tells what is otherwise now."""
_report = tables.report.c


class Altered(Exception):
    """Raised when a stored report does not match the digest that was stored with it.

    Somebody has changed the stored data after the report was frozen.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A frozen report as listed: which report it is, with its revision and digest, but without its content."""

    contract: str
    kind: ReportKind
    period: str
    frozen: Frozen


@dataclass(frozen=True, slots=True)
class Freezing:
    """The result of freezing a report: its entry in the list of frozen reports, and whether the entry is new."""

    stored: StoredReport
    made: bool
    """Whether the report was stored now. False if it was already frozen."""


class FrozenReports:
    """Stores and reads frozen reports, which cannot be changed. Every method may raise StoreBusy."""

    def __init__(self, store: Store, time_source: TimeSource) -> None:
        self._store = store
        self._time_source = time_source

    async def freeze(self, report: ContractReport, command: Command, *, revise: bool = False) -> Freezing:
        """Store a report so that it cannot be changed, and return its entry in the list of frozen reports.

        If the report was frozen before, nothing is stored and the newest revision is returned, unless `revise` is set.

        Args:
            command: Who freezes the report and why, for the audit log.
            revise: Whether to store a new revision if the report was frozen before.
        """
        async with self._store.transaction() as connection:
            now = await store_now(connection, self._time_source)
            return await freeze(connection, report, command, now, revise=revise)

    async def of_contract(self, contract: str) -> list[StoredReport]:
        """Return the frozen reports of a contract, the newest periods first, at most 500."""
        query = (
            select(*_LISTED)
            .where(_report.contract == contract)
            .order_by(_report.until.desc(), _report.kind, _report.revision.desc())
            .limit(MOST_LISTED)
        )
        async with self._store.reading() as connection:
            return [_stored(row) for row in (await connection.execute(query)).mappings()]

    async def find(
        self, contract: str, kind: ReportKind, period: str, revision: int | None = None
    ) -> tuple[ContractReport, StoredReport] | None:
        """Return a frozen report, and its entry in the list of frozen reports. None if there is none.

        Args:
            period: Label of the period, such as `2026-11`.
            revision: None means the newest revision.

        Raises:
            Altered: The stored data does not match its digest.
        """
        async with self._store.reading() as connection:
            return await frozen_report(connection, contract, kind, period, revision)


async def freeze(
    connection: AsyncConnection, report: ContractReport, command: Command, now: datetime, *, revise: bool = False
) -> Freezing:
    """Store a report in the caller's transaction so that it cannot be changed, and return its entry in the list.

    If the report was frozen before, nothing is stored and the newest revision is returned, unless `revise` is set.
    Other transactions that freeze a report wait until this one ends.

    Args:
        command: Who freezes the report and why, for the audit log.
        now: The instant to record.
        revise: Whether to store a new revision if the report was frozen before.
    """
    data = canonical_bytes(report)
    await audit.next_place(connection, tables.audit)  # one after the other, so that a revision is given once
    known = await _newest(connection, report.contract, report.kind, report.period)
    if known is not None and not revise:
        return Freezing(known, made=False)
    frozen = Frozen(
        revision=known.frozen.revision + 1 if known is not None else 1,
        digest=digest_of(data),
        frozen_at=now,
        frozen_by=str(command.actor),
        reason=command.reason,
    )
    stored = StoredReport(contract=report.contract, kind=report.kind, period=report.period, frozen=frozen)
    await connection.execute(tables.report.insert(), [_columns(stored, report, data)])
    await audit.append(connection, tables.audit, [_act(stored, known, command)], now)
    return Freezing(stored, made=True)


async def _newest(connection: AsyncConnection, contract: str, kind: ReportKind, period: str) -> StoredReport | None:
    query = select(*_LISTED).where(*_is(contract, kind, period)).order_by(_report.revision.desc()).limit(1)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _stored(row)


async def frozen_report(
    connection: AsyncConnection, contract: str, kind: ReportKind, period: str, revision: int | None = None
) -> tuple[ContractReport, StoredReport] | None:
    """Return a frozen report, and its entry in the list of frozen reports. None if there is none.

    Both are read in the caller's transaction.

    Args:
        period: Label of the period, such as `2026-11`.
        revision: None means the newest revision.

    Raises:
        Altered: The stored data does not match its digest.
    """
    query = select(tables.report).where(*_is(contract, kind, period))
    if revision is not None:
        query = query.where(_report.revision == revision)
    row = (await connection.execute(query.order_by(_report.revision.desc()).limit(1))).mappings().first()
    return None if row is None else (_checked(row), _stored(row))


async def earlier_reports(
    connection: AsyncConnection, contract: str, kind: ReportKind, before: datetime
) -> list[EarlierReport]:
    """Return a contract's last 13 frozen reports of a kind, the latest first, each in its newest revision.

    Args:
        before: Only reports whose period ended by this instant.
    """
    newest = (
        select(_report.period, func.max(_report.revision).label("revision"))
        .where(_report.contract == contract, _report.kind == kind.value, _report.until <= before)
        .group_by(_report.period)
        .subquery()
    )
    query = (
        select(tables.report)
        .join(newest, (newest.c.period == _report.period) & (newest.c.revision == _report.revision))
        .where(_report.contract == contract, _report.kind == kind.value)
        .order_by(_report.until.desc())
        .limit(MOST_CORRECTED)
    )
    rows = (await connection.execute(query)).mappings().all()
    return [EarlierReport(_checked(row), _stored(row).frozen) for row in rows]


_LISTED = tuple(column for column in tables.report.c if column.name != "data")


def _is(contract: str, kind: ReportKind, period: str) -> Sequence[Any]:
    return _report.contract == contract, _report.kind == kind.value, _report.period == period


def _checked(row: RowMapping) -> ContractReport:
    data = row["data"].encode()
    if digest_of(data) != row["digest"]:
        raise Altered(f"{row['contract']}, {row['kind']}, {row['period']}, revision {row['revision']}")
    return report_of(data)


def _stored(row: RowMapping) -> StoredReport:
    frozen = Frozen(**{name: row[name] for name in Frozen.__dataclass_fields__})
    return StoredReport(contract=row["contract"], kind=ReportKind(row["kind"]), period=row["period"], frozen=frozen)


def _columns(stored: StoredReport, report: ContractReport, data: bytes) -> dict[str, Any]:
    frozen = {name: getattr(stored.frozen, name) for name in Frozen.__dataclass_fields__}
    return frozen | {
        "contract": stored.contract,
        "kind": stored.kind.value,
        "period": stored.period,
        "until": report.until,
        "data": data.decode(),
    }


def _act(stored: StoredReport, before: StoredReport | None, command: Command) -> Act:
    return Act(
        name=ActName.REPORT_FROZEN,
        command=command,
        object=f"{stored.contract}/{stored.kind.value}/{stored.period}",
        contract=stored.contract,
        before=before.frozen.digest if before is not None else "",
        after=stored.frozen.digest,
        details={"revision": stored.frozen.revision},
    )
