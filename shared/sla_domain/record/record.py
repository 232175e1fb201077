"""The record of one contract as it stands after its changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractVersion:
    """One version of a contract's text.

    `number`: from 1. `effective_from`: the instant from which it applies. `document`: the section as canonical JSON.
    `by`, `reason`, `recorded_at`: who wrote it, why and when. `added_in`: the revision of the record that added it.
    `in_force_in`: the revision from which it is applied, None while its instant lies ahead. `withdrawn_in`: the
    revision that withdrew it, None if none did.
    """

    number: int
    effective_from: datetime
    document: str
    by: str
    reason: str
    recorded_at: datetime
    added_in: int
    in_force_in: int | None = None
    withdrawn_in: int | None = None

    def applied_at_revision(self, revision: int | None) -> bool:
        """Return whether the version is applied in the record as of `revision`; None: as of the newest."""
        if self.in_force_in is None or self.withdrawn_in is not None:
            return False
        return revision is None or self.in_force_in <= revision


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEntry:
    """A booked window in a record. `booked_in`, `cancelled_in`: the revisions that did so; None: not cancelled."""

    window: BookedWindow
    booked_in: int
    cancelled_in: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """A ledger entry in a record. `allowance`: whose ledger. `posted_in`: the revision that wrote it."""

    allowance: str
    entry: LedgerEntry
    posted_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry:
    """A profile of the customer's environment in a record. `stated_in`: the revision that stated it."""

    environment: tuple[EnvironmentItem, ...]
    at: datetime
    by: str
    stated_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """A contract's record: every version it ever had, and what happened to it besides.

    `revision`: how many changes made it. `versions`: in order of their numbers. `frozen_through`: no version may take
    effect before this instant; None: no such bound. `windows`: booked hours, in the order of the bookings. `entries`:
    those of all its ledgers, in the order in which they were written. `judged_in`: the last revision that may judge
    incidents otherwise than the one before; ledger entries do not. `profile`: what the customer runs, as it was stated
    last; None: nobody has stated it. What was stated before is in the changes.
    """

    id: ContractId
    revision: int = 0
    versions: tuple[ContractVersion, ...] = field(default=())
    frozen_through: datetime | None = None
    windows: tuple[WindowEntry, ...] = ()
    entries: tuple[PostedEntry, ...] = ()
    judged_in: int = 0
    profile: ProfileEntry | None = None

    def entries_of(self, allowance: str, revision: int | None = None) -> tuple[LedgerEntry, ...]:
        """Return the entries of one ledger as of a revision, in the order written; None: of the newest."""
        until = self.revision if revision is None else revision
        return tuple(one.entry for one in self.entries if one.allowance == allowance and one.posted_in <= until)

    def windows_at(self, revision: int | None = None) -> tuple[BookedWindow, ...]:
        """Return the windows that are booked as of a revision, in the order of the bookings; None: of the newest."""
        until = self.revision if revision is None else revision
        return tuple(
            one.window
            for one in self.windows
            if one.booked_in <= until and (one.cancelled_in is None or one.cancelled_in > until)
        )

    def applied(self, revision: int | None = None) -> tuple[ContractVersion, ...]:
        """Return the versions that are applied as of a revision of the record, in the order in which they take effect.

        None: as of the newest revision. Of several with the same `effective_from` only the last written is returned.
        """
        by_instant = {one.effective_from: one for one in self.versions if one.applied_at_revision(revision)}
        return tuple(by_instant[at] for at in sorted(by_instant))

    def at(self, instant: datetime, revision: int | None = None) -> ContractVersion | None:
        """Return the version that applies at an instant, as of a revision; None before the first takes effect."""
        found = None
        for version in self.applied(revision):
            if version.effective_from <= instant:
                found = version
        return found

    @property
    def pending(self) -> tuple[ContractVersion, ...]:
        """Return the versions whose instant lies ahead, in the order in which they take effect."""
        waiting = [one for one in self.versions if one.in_force_in is None and one.withdrawn_in is None]
        return tuple(sorted(waiting, key=lambda one: (one.effective_from, one.number)))

    @property
    def newest(self) -> ContractVersion | None:
        """Return the last version written that was not withdrawn; None for a record without one."""
        return next((one for one in reversed(self.versions) if one.withdrawn_in is None), None)
