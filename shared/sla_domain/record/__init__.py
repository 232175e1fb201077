"""A contract as a record: its versions, and the changes they come from. Pure: every instant is an argument."""

from sla_domain.record.booking import (
    BookingRequest,
    applies_throughout,
    contract_year,
    prepare_booking,
    prepare_cancellation,
)
from sla_domain.record.change import (
    Change,
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
from sla_domain.record.closing import prepare_closing
from sla_domain.record.fold import apply_change, fold_changes
from sla_domain.record.live import LiveParts, live_parts, with_live_parts
from sla_domain.record.posting import EntryNotAllowed, prepare_entry, prepare_work, terms_of
from sla_domain.record.record import ContractRecord, ContractVersion, PostedEntry, ProfileEntry, WindowEntry
from sla_domain.record.rules import (
    NextInForce,
    RefusalCode,
    RefusedChange,
    next_in_force,
    prepare_freeze,
    prepare_version,
    prepare_withdrawal,
)
from sla_domain.record.scope import check_scope_change

__all__ = [
    "BookingRequest",
    "Change",
    "ContractFrozen",
    "ContractRecord",
    "ContractVersion",
    "EntryNotAllowed",
    "EntryPosted",
    "LedgersClosed",
    "LiveParts",
    "NextInForce",
    "PostedEntry",
    "ProfileChanged",
    "ProfileEntry",
    "RecordChange",
    "RefusalCode",
    "RefusedChange",
    "VersionAdded",
    "VersionInForce",
    "VersionWithdrawn",
    "WindowBooked",
    "WindowCancelled",
    "WindowEntry",
    "applies_throughout",
    "apply_change",
    "check_scope_change",
    "contract_year",
    "fold_changes",
    "live_parts",
    "next_in_force",
    "prepare_booking",
    "prepare_cancellation",
    "prepare_closing",
    "prepare_entry",
    "prepare_freeze",
    "prepare_version",
    "prepare_withdrawal",
    "prepare_work",
    "terms_of",
    "with_live_parts",
]
