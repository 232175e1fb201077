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

    `number`: from 1.
    `effective_from`: when the version takes effect.
    `document`: the contract's section of a catalogue file, as canonical JSON.
    `by`, `reason`, `recorded_at`: who wrote the version, why and when.
    `added_in`, `in_force_in`, `withdrawn_in`: numbers of the record's changes (revisions) that added the version, put
    it in force and withdrew it. None: has not happened.
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
        """Return whether this version was in force as of one change of the record.

        `revision`: number of that change; None: the newest. False for a withdrawn version.
        """
        if self.in_force_in is None or self.withdrawn_in is not None:
            return False
        return revision is None or self.in_force_in <= revision


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEntry:
    """Booked extra hours (`window`) in a contract's record.

    `booked_in`, `cancelled_in`: numbers of the record's changes (revisions) that booked and cancelled the hours. None:
    not cancelled.
    """

    window: BookedWindow
    booked_in: int
    cancelled_in: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """A ledger entry in a contract's record.

    `allowance`: id of the allowance that the ledger is for.
    `posted_in`: number of the record's change (revision) that wrote the entry.
    """

    allowance: str
    entry: LedgerEntry
    posted_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry:
    """What the customer runs, as stated in a contract's record.

    `environment`: products and versions.
    `at`, `by`: when and by whom they were stated.
    `stated_in`: number of the record's change (revision) that stated them.
    """

    environment: tuple[EnvironmentItem, ...]
    at: datetime
    by: str
    stated_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """All that is stored of one contract: versions, booked windows, ledger entries and environment.

    `revision`: number of the last change, counted from 1.
    `versions`: in order of their numbers.
    `frozen_through`: no version may take effect before this instant; None: no such bound.
    `windows`: booked extra hours, in the order of booking.
    `entries`: of all ledgers of the contract, in the order of writing.
    `judged_in`: number of the last change that may affect how incidents are judged. Ledger entries do not.
    `profile`: what the customer runs, as stated last; None: never stated.
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
        """Return the entries in the ledger of one allowance (id), in the order of writing.

        `revision`: only entries up to this change of the record (its number); None: all.
        """
        until = self.revision if revision is None else revision
        return tuple(one.entry for one in self.entries if one.allowance == allowance and one.posted_in <= until)

    def windows_at(self, revision: int | None = None) -> tuple[BookedWindow, ...]:
        """Return the extra hours (windows) that are booked and not cancelled, in the order of booking.

        `revision`: as of this change of the record (its number); None: the newest.
        """
        until = self.revision if revision is None else revision
        return tuple(
            one.window
            for one in self.windows
            if one.booked_in <= until and (one.cancelled_in is None or one.cancelled_in > until)
        )

    def applied(self, revision: int | None = None) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that have taken effect, in that order.

        Future versions (`pending`) and withdrawn ones are left out. Of versions with the same `effective_from`, only
        the one written last is returned. `revision`: only versions in force as of this change of the record (its
        number); None: the newest.
        """
        by_instant = {one.effective_from: one for one in self.versions if one.applied_at_revision(revision)}
        return tuple(by_instant[at] for at in sorted(by_instant))

    def at(self, instant: datetime, revision: int | None = None) -> ContractVersion | None:
        """Return the version of the contract's text that applies at an instant.

        None before the first version takes effect. `revision`: only versions in force as of this change of the record
        (its number); None: the newest.
        """
        found = None
        for version in self.applied(revision):
            if version.effective_from <= instant:
                found = version
        return found

    @property
    def pending(self) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that have yet to take effect, in that order.

        Withdrawn versions are left out.
        """
        waiting = [one for one in self.versions if one.in_force_in is None and one.withdrawn_in is None]
        return tuple(sorted(waiting, key=lambda one: (one.effective_from, one.number)))

    @property
    def newest(self) -> ContractVersion | None:
        """Return the version written last, ignoring withdrawn ones; None if there is none."""
        return next((one for one in reversed(self.versions) if one.withdrawn_in is None), None)
