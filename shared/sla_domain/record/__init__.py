"""A contract as a record: its versions, and the changes they come from. Pure: every instant is an argument."""

from sla_domain.record.change import (
    Change,
    ContractFrozen,
    RecordChange,
    VersionAdded,
    VersionInForce,
    VersionWithdrawn,
)
from sla_domain.record.fold import apply_change, fold_changes
from sla_domain.record.record import ContractRecord, ContractVersion
from sla_domain.record.rules import (
    NextInForce,
    RefusalCode,
    RefusedChange,
    next_in_force,
    prepare_freeze,
    prepare_version,
    prepare_withdrawal,
)

__all__ = [
    "Change",
    "ContractFrozen",
    "ContractRecord",
    "ContractVersion",
    "NextInForce",
    "RecordChange",
    "RefusalCode",
    "RefusedChange",
    "VersionAdded",
    "VersionInForce",
    "VersionWithdrawn",
    "apply_change",
    "fold_changes",
    "next_in_force",
    "prepare_freeze",
    "prepare_version",
    "prepare_withdrawal",
]
