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

    `number`: from 1. `effective_from`: the instant from which it applies. `document`: the contract's section of a
    catalogue file, as canonical JSON. `by`, `reason`, `recorded_at`: who wrote it, why and when. `added_in`,
    `in_force_in`, `withdrawn_in`: the revisions of the record that added it, put it in force and withdrew it; None if
    that has not happened.
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
        """Return whether this version of the contract's text was in force as of one change of the record.

        `revision`: the number of that change; None: the newest. A withdrawn version never is in force.
        """
        if self.in_force_in is None or self.withdrawn_in is not None:
            return False
        return revision is None or self.in_force_in <= revision


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEntry:
    """Booked extra hours (`window`) in a contract's record.

    `booked_in`, `cancelled_in`: the revisions (numbers of changes of the record) that booked and cancelled them; None
    if not cancelled.
    """

    window: BookedWindow
    booked_in: int
    cancelled_in: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """A ledger entry in a contract's record.

    `allowance`: id of the allowance in whose ledger it is. `posted_in`: the revision (number of a change of the record)
    that wrote it.
    """

    allowance: str
    entry: LedgerEntry
    posted_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry:
    """What the customer runs, as it was stated in a contract's record.

    `environment`: products and versions. `at`, `by`: when it was stated, and by whom. `stated_in`: the revision (number
    of a change of the record) that stated it.
    """

    environment: tuple[EnvironmentItem, ...]
    at: datetime
    by: str
    stated_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """All that is stored of one contract: its versions, booked windows, ledger entries and the customer's environment.

    `revision`: the number of its last change; changes count from 1. `versions`: in order of their numbers.
    `frozen_through`: no version may take effect before this instant; None: no such bound. `windows`: booked extra
    hours, in the order of the bookings. `entries`: of all its ledgers, in the order in which they were written.
    `judged_in`: the last revision that may change how incidents are judged (ledger entries do not). `profile`: what the
    customer runs, as stated last; None if never stated.
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
        """Return the entries in the ledger of one allowance, in the order in which they were written.

        `allowance`: its id. `revision`: only those written up to this revision (number of a change) of the record;
        None: all.
        """
        until = self.revision if revision is None else revision
        return tuple(one.entry for one in self.entries if one.allowance == allowance and one.posted_in <= until)

    def windows_at(self, revision: int | None = None) -> tuple[BookedWindow, ...]:
        """Return the extra hours (windows) that are booked as of one change of the record.

        They are in the order of the bookings; cancelled ones are left out. `revision`: the number of the change; None:
        the newest.
        """
        until = self.revision if revision is None else revision
        return tuple(
            one.window
            for one in self.windows
            if one.booked_in <= until and (one.cancelled_in is None or one.cancelled_in > until)
        )

    def applied(self, revision: int | None = None) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that are or were in force.

        They are in the order of `effective_from`. Versions that are still to take effect (`pending`) or were withdrawn
        are left out. Of several with the same `effective_from`, only the one written last is returned. `revision`: only
        what was put in force up to this revision (number of a change) counts; None: the newest.
        """
        by_instant = {one.effective_from: one for one in self.versions if one.applied_at_revision(revision)}
        return tuple(by_instant[at] for at in sorted(by_instant))

    def at(self, instant: datetime, revision: int | None = None) -> ContractVersion | None:
        """Return the version of the contract's text that applies at an instant.

        None before the first takes effect. `revision`: only what was put in force up to this revision (number of a
        change) counts; None: the newest.
        """
        found = None
        for version in self.applied(revision):
            if version.effective_from <= instant:
                found = version
        return found

    @property
    def pending(self) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that are still to take effect.

        They are in the order in which they do; withdrawn ones are left out.
        """
        waiting = [one for one in self.versions if one.in_force_in is None and one.withdrawn_in is None]
        return tuple(sorted(waiting, key=lambda one: (one.effective_from, one.number)))

    @property
    def newest(self) -> ContractVersion | None:
        """Return the version that was written last and not withdrawn; None if there is none."""
        return next((one for one in reversed(self.versions) if one.withdrawn_in is None), None)
