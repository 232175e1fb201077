"""The fold of a contract's changes: the record after them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sla_domain.contract import ContractId
from sla_domain.record.change import (
    ContractFrozen,
    EntryPosted,
    LedgersClosed,
    ProfileChanged,
    RecordChange,
    VersionAdded,
    VersionInForce,
    VersionWithdrawn,
    WindowBooked,
    WindowCancelled,
)
from sla_domain.record.record import ContractRecord, ContractVersion, PostedEntry, ProfileEntry, WindowEntry


def fold_changes(contract: ContractId, changes: Iterable[RecordChange]) -> ContractRecord:
    """Compute the record of a contract (all that is stored of the contract) from all its changes.

    Args:
        changes: The changes in the order of their revisions (numbers).
    """
    record = ContractRecord(id=contract)
    for change in changes:
        record = apply_change(record, change)
    return record


def apply_change(record: ContractRecord, made: RecordChange) -> ContractRecord:
    """Return the record of a contract (all that is stored of the contract) after one more change.

    The record is returned unchanged if it has a change with this revision (number) already.

    Raises:
        ValueError: A revision in between is missing.
    """
    if made.revision <= record.revision:
        return record
    if made.revision != record.revision + 1:
        raise ValueError(f"{record.id} is at revision {record.revision}: revision {made.revision} cannot follow")
    quiet = isinstance(made.change, EntryPosted | LedgersClosed)
    after = replace(record, revision=made.revision, judged_in=record.judged_in if quiet else made.revision)
    match made.change:
        case VersionAdded(number, effective_from, document):
            in_force = made.revision if effective_from <= made.at else None
            version = ContractVersion(
                number=number,
                effective_from=effective_from,
                document=document,
                by=made.by,
                reason=made.reason,
                recorded_at=made.at,
                added_in=made.revision,
                in_force_in=in_force,
            )
            return replace(after, versions=(*record.versions, version))
        case VersionInForce(number):
            return _with_version(after, number, lambda one: replace(one, in_force_in=made.revision))
        case VersionWithdrawn(number):
            # Nothing is ever judged by it: its text stays in the history alone.
            return _with_version(after, number, lambda one: replace(one, withdrawn_in=made.revision, document="{}"))
        case ContractFrozen(through):
            return replace(after, frozen_through=through)
        case WindowBooked(window, reserved):
            booked = WindowEntry(window=window, booked_in=made.revision)
            return _posted(replace(after, windows=(*record.windows, booked)), reserved)
        case WindowCancelled(booking, released):
            cancelled = tuple(
                replace(one, cancelled_in=made.revision)
                if one.window.id == booking and one.cancelled_in is None
                else one
                for one in record.windows
            )
            return _posted(replace(after, windows=cancelled), released)
        case EntryPosted():
            return _posted(after, made.change)
        case LedgersClosed(through, openings):
            return _closed(after, through, openings)
        case ProfileChanged(environment):
            stated = ProfileEntry(environment=environment, at=made.at, by=made.by, stated_in=made.revision)
            return replace(after, profile=stated)
        case _:
            assert_never(made.change)


def _posted(record: ContractRecord, posted: EntryPosted | None) -> ContractRecord:
    """The record, at the revision of the change, with its ledger entry if it has one."""
    if posted is None:
        return record
    entry = PostedEntry(allowance=posted.allowance, entry=posted.entry, posted_in=record.revision)
    return replace(record, entries=(*record.entries, entry))


def _closed(record: ContractRecord, through: datetime, openings: tuple[EntryPosted, ...]) -> ContractRecord:
    """The record, at the revision of the change, with the openings in place of what they stand for."""
    closed = {one.allowance for one in openings}
    left = tuple(one for one in record.entries if one.allowance not in closed or one.entry.at >= through)
    brought = (PostedEntry(allowance=one.allowance, entry=one.entry, posted_in=record.revision) for one in openings)
    return replace(record, entries=(*brought, *left))


def _with_version(
    record: ContractRecord, number: int, changed: Callable[[ContractVersion], ContractVersion]
) -> ContractRecord:
    versions = tuple(changed(one) if one.number == number else one for one in record.versions)
    return replace(record, versions=versions)
