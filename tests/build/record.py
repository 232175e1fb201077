"""Records of contracts, made by a list of changes as ingest would make them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sla_domain.contract import ContractId
from sla_domain.record import Change, ContractRecord, RecordChange, VersionAdded, apply_change
from sla_platform.wire.contract import canonical


def version(number: int, since: datetime, values: Mapping[str, Any]) -> VersionAdded:
    """A version of a contract's section that applies from an instant."""
    return VersionAdded(number, since, canonical(values))


def record_of(contract: str, at: datetime, *changes: Change) -> ContractRecord:
    """The record of a contract after these changes, all made at one instant."""
    record = ContractRecord(id=ContractId(contract))
    for number, change in enumerate(changes, start=1):
        made = RecordChange(contract=record.id, revision=number, at=at, by="ann", reason="said", change=change)
        record = apply_change(record, made)
    return record
