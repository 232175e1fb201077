"""Ingest's own table of contracts and the history of their changes; every change is one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry, LedgerTerms
from sla_domain.normal import normal
from sla_domain.record import (
    Change,
    ContractRecord,
    EntryPosted,
    ProfileChanged,
    RecordChange,
    RefusalCode,
    RefusedChange,
    VersionAdded,
    apply_change,
    next_in_force,
    prepare_closing,
)
from sla_domain.rfc3339 import rfc3339
from sla_ingest import tables
from sla_ingest.contract.room import RecordRoom
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command
from sla_platform.contracts.copies import lock_writers, refresh, write_records
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.store.dialect import upsert
from sla_platform.store.log import append
from sla_platform.wire.contract import (
    ContractChangedData,
    booking_of,
    change_of,
    changed_data,
    encode_change,
    history_text,
    posted_by,
    read_record,
    record_data,
    record_text,
)

CONTRACTS = tables.contract_records
_WRITES_ENTRIES = ("entry_posted", "window_booked", "window_cancelled")
Connection = AsyncConnection  # for who passes it on alone
_Written = TypeVar("_Written")


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract that is kept in the database, as an entry in a list of contracts."""

    id: str
    title: str
    """The title in the newest version."""
    plan: str
    """The plan of the newest version."""
    customers: tuple[str, ...]
    """The customers of the newest version."""
    revision: int
    """The number of changes."""


async def refresh_shelf(connection: AsyncConnection, shelf: RecordShelf) -> None:
    """Update the contract records in memory (`shelf`) to what `connection` reads from the database."""
    await refresh(connection, CONTRACTS, shelf)


async def locked_record(connection: AsyncConnection, contract: str) -> ContractRecord:
    """Return a contract's record, and lock all contracts until the transaction ends.

    While the lock is held, no other writer can change any contract. If there is no such contract, an empty record
    (revision 0) is returned.

    Args:
        connection: The transaction's connection.
    """
    await lock_writers(connection, CONTRACTS)
    query = select(CONTRACTS.contract.c.record).where(CONTRACTS.contract.c.id == contract)
    text = (await connection.execute(query)).scalar_one_or_none()
    return ContractRecord(id=ContractId(contract)) if text is None else read_record(text)


async def write_change(
    connection: AsyncConnection,
    record: ContractRecord,
    change: Change,
    at: datetime,
    by: str,
    reason: str,
    room: RecordRoom,
    *,
    ends: bool = False,
) -> ContractRecord:
    """Store the next change of a contract, and return the contract's record after the change.

    The change is also appended to the log that other services read, in the same transaction.

    Args:
        record: The record before the change.
        at: When the contract was changed.
        by: Who changed the contract.
        reason: Why the contract was changed.
        room: How large the record may become.
        ends: Whether the change ends the contract.

    Raises:
        RefusedChange: The record would be too large. Nothing is stored.
    """
    made, after, data = check_change(record, change, at, by, reason, room, ends=ends)
    envelope = encode_change(made, after, data)
    await write_records(connection, CONTRACTS, [data.record])
    await connection.execute(upsert(connection, tables.contract_entry), [_entry(after)])
    row = {
        "contract": record.id,
        "revision": made.revision,
        "at": at,
        "by": by,
        "reason": reason,
        "what": envelope.type.removeprefix("io.slad.contract.").removesuffix(".v1"),
        "data": history_text(made, after, data),
    }
    await connection.execute(tables.contract_change.insert(), [row])
    await append(connection, tables.log, [envelope])
    return after


def check_change(
    record: ContractRecord, change: Change, at: datetime, by: str, reason: str, room: RecordRoom, *, ends: bool = False
) -> tuple[RecordChange, ContractRecord, ContractChangedData]:
    """Return the next change of a contract, the record after it, and the change in the form in which it is published.

    Nothing is stored. The arguments and the error are those of `write_change`.
    """
    made = RecordChange(contract=record.id, revision=record.revision + 1, at=at, by=by, reason=reason, change=change)
    after = apply_change(record, made)
    data = changed_data(made, after)
    room.check(change, after, data.record, at, ends=ends)
    return made, after, data


async def with_room(
    connection: AsyncConnection,
    record: ContractRecord,
    ledgers: Callable[[], Sequence[LedgerTerms]],
    write: Callable[[ContractRecord], Awaitable[_Written]],
    at: datetime,
    room: RecordRoom,
) -> _Written:
    """Return what `write` returns for a contract's record; if the record is full, make room and try once more.

    Room is made by closing older entries of the contract's ledgers (accounts of allowances): their balance replaces
    them in the record.

    Args:
        record: The record before the change.
        ledgers: Returns the terms of the contract's ledgers.
        write: Prepares and stores a change of the record that it is given. It must store nothing if it raises.
        at: When the contract is changed.
        room: How large the record may become.

    Raises:
        RefusedChange: The change is refused, or there are no entries to close.
    """
    try:
        return await write(record)
    except RefusedChange as refused:
        if refused.code not in (RefusalCode.LEDGER_FULL, RefusalCode.TOO_LARGE):
            raise
        closing = prepare_closing(record, ledgers(), at)
        if closing is None:
            raise
        reason = f"the entries before {rfc3339(closing.through)} are closed, to make room for others"
    return await write(await write_change(connection, record, closing, at, "slad", reason, room))


async def record_act(
    connection: AsyncConnection,
    name: ActName,
    command: Command,
    change: Change,
    before: ContractRecord,
    after: ContractRecord,
    at: datetime,
) -> None:
    """Append a change of a contract to the audit log.

    Call this last in the transaction of the change.

    Args:
        connection: The transaction's connection.
        name: The name of the change in the log.
        command: Who ordered the change, and why.
        before: The contract's record before the change. The log holds a hash of it, or "" if the contract did not
            exist.
        after: The contract's record after the change. The log holds a hash of it.
        at: When the contract was changed.
    """
    told = {one: getattr(change, one) for one in ("number", "effective_from", "through") if hasattr(change, one)}
    if (booking := booking_of(change)) is not None:
        told["booking"] = booking
    if (posted := posted_by(change)) is not None:
        told |= {"allowance": posted.allowance, "entry": posted.entry.id}
    act = Act(
        name=name,
        command=command,
        object=after.id,
        contract=after.id,
        before=_digest(before),
        after=_digest(after),
        details={"revision": after.revision, **told},
    )
    await audit.append(connection, tables.audit, [act], at)


def _digest(record: ContractRecord) -> str:
    return hashlib.sha256(record_text(record_data(record)).encode()).hexdigest() if record.revision else ""


def _entry(record: ContractRecord) -> dict[str, Any]:
    newest = record.newest
    document = {} if newest is None else json.loads(newest.document)
    customers = document.get("customers") or []
    customers = [customers] if isinstance(customers, str) else customers
    title = str(document.get("title") or record.id)
    ahead = next_in_force(record)
    return {
        "id": record.id,
        "revision": record.revision,
        "title": title[:300],
        "plan": str(document.get("plan") or _first_plan(document))[:120],
        "customers": json.dumps(customers, ensure_ascii=False),
        "search": normal(" ".join([record.id, title, *customers])),
        "next_at": None if ahead is None else ahead.at,
    }


def _first_plan(document: dict[str, Any]) -> str:
    return next((str(one["plan"]) for one in document.get("entitlements") or ()), "")


async def list_contracts(
    connection: AsyncConnection, text: str, after: str, limit: int, only: str | None = None
) -> list[ListedContract]:
    """Return up to `limit` contracts of the database, in the order of their ids.

    Args:
        text: Return only contracts whose id, title or customers contain this text, in any case and spacing. "" means
            all contracts.
        after: Return only contracts with a greater id.
        only: Return only the contract with this id. None means all contracts.
    """
    entry = tables.contract_entry.c
    wanted = [entry.id > after]
    if only is not None:
        wanted.append(entry.id == only)
    if text:
        wanted.append(entry.search.contains(normal(text), autoescape=True))
    query = select(tables.contract_entry).where(and_(*wanted)).order_by(entry.id).limit(limit)
    return [
        ListedContract(row.id, row.title, row.plan, tuple(json.loads(row.customers)), row.revision)
        for row in (await connection.execute(query)).all()
    ]


async def changes_of(connection: AsyncConnection, contract: str, after: int, limit: int) -> Sequence[Any]:
    """Return changes of a contract, the oldest first; at most `limit`.

    They are rows of the table `ingest_contract_change`.

    Args:
        after: Return only changes with a greater revision (the number of the change, from 1).
    """
    change = tables.contract_change.c
    query = select(tables.contract_change).where(change.contract == contract, change.revision > after)
    return (await connection.execute(query.order_by(change.revision).limit(limit))).all()


async def changes_of_kind(connection: AsyncConnection, contract: str, what: str, limit: int) -> Sequence[Any]:
    """Return the changes of a contract that are of one kind, the latest first; at most `limit`.

    They are rows of the table `ingest_contract_change`.

    Args:
        what: The kind, such as `profile_changed`.
    """
    change = tables.contract_change.c
    query = select(tables.contract_change).where(change.contract == contract, change.what == what)
    return (await connection.execute(query.order_by(change.revision.desc()).limit(limit))).all()


async def all_entries(connection: AsyncConnection, contract: str, allowance: str) -> list[LedgerEntry]:
    """Return all entries ever written into a ledger of a contract, in the order of writing.

    The result includes closed entries. In the contract's record, only their balance is left.
    """
    change = tables.contract_change.c
    query = select(change.data).where(change.contract == contract, change.what.in_(_WRITES_ENTRIES))
    rows = (await connection.execute(query.order_by(change.revision))).scalars()
    return [one.entry for one in map(_entry_of, rows) if one is not None and one.allowance == allowance]


async def entry_written(connection: AsyncConnection, contract: str, allowance: str, id_: str) -> LedgerEntry | None:
    """Return an entry that was written into a ledger of a contract; None if there is no such entry.

    A closed entry is returned too. In the contract's record, only the balance of closed entries is left.

    Args:
        id_: The entry's id.
    """
    change = tables.contract_change.c
    named = change.data.contains(f'"entry":{json.dumps(id_, ensure_ascii=False)}', autoescape=True)
    query = select(change.data).where(change.contract == contract, change.what.in_(_WRITES_ENTRIES), named)
    found = [_entry_of(row) for row in (await connection.execute(query)).scalars()]
    return next((one.entry for one in found if one and (one.allowance, one.entry.id) == (allowance, id_)), None)


def _entry_of(data: str) -> EntryPosted | None:
    change = change_of(ContractChangedData.model_validate_json(data))
    return None if change is None else posted_by(change)


async def version_text(connection: AsyncConnection, contract: str, number: int) -> str | None:
    """Return the text of a contract's version as it was written, as canonical JSON.

    The text of a withdrawn version is returned too. The result is None if there is no such version.
    """
    change = tables.contract_change.c
    query = select(change.data).where(change.contract == contract, change.what == "version_added")
    for row in (await connection.execute(query.order_by(change.revision))).scalars():
        made = change_of(ContractChangedData.model_validate_json(row))
        if isinstance(made, VersionAdded) and made.number == number:
            return made.document
    return None


def profile_of(row: Any) -> tuple[EnvironmentItem, ...]:
    """Return the products and versions that a customer runs, as a change of a contract lists them.

    The result is empty if the kind of the change is not `profile_changed`.

    Args:
        row: The change, a row of the table `ingest_contract_change`.
    """
    change = change_of(ContractChangedData.model_validate_json(row.data))
    return change.environment if isinstance(change, ProfileChanged) else ()


async def due_contracts(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Return the ids of contracts with a version that must be put into force now; at most `limit`.

    The version's time to take effect is `now` or earlier, and the version is not in force yet. The longest overdue come
    first.
    """
    entry = tables.contract_entry.c
    query = select(entry.id).where(entry.next_at <= now).order_by(entry.next_at, entry.id).limit(limit)
    return list((await connection.execute(query)).scalars())
