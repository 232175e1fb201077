"""The record of one contract as it stands after its changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractVersion:
    """One version of a contract's text, with when it takes effect."""

    number: int
    """Number of the version, from 1."""
    effective_from: datetime
    """When the version takes effect."""
    document: str
    """The contract's section of a catalogue file, as canonical JSON; `{}` if the version is withdrawn."""
    by: str
    """Who wrote the version."""
    reason: str
    """Why the version was written."""
    recorded_at: datetime
    """When the version was written."""
    added_in: int
    """Number of the record's change (revision) that added the version."""
    in_force_in: int | None = None
    """Number of the record's change that put the version in force. None if it is not in force yet."""
    withdrawn_in: int | None = None
    """Number of the record's change that withdrew the version. None if it is not withdrawn."""

    def applied_at_revision(self, revision: int | None) -> bool:
        """Return whether this version had taken effect by the record's change number `revision`.

        The result is False for a withdrawn version.

        Args:
            revision: Number of a change of the record. None means the newest.
        """
        if self.in_force_in is None or self.withdrawn_in is not None:
            return False
        return revision is None or self.in_force_in <= revision


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEntry:
    """Booked extra hours in a contract's record."""

    window: BookedWindow
    booked_in: int
    """Number of the record's change (revision) that booked the hours."""
    cancelled_in: int | None = None
    """Number of the record's change that cancelled the hours. None if they are not cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """An entry of a ledger (account of an allowance) in a contract's record."""

    allowance: str
    """Id of the allowance that the ledger is for."""
    entry: LedgerEntry
    posted_in: int
    """Number of the record's change (revision) that wrote the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry:
    """What the customer runs, as stated in a contract's record."""

    environment: tuple[EnvironmentItem, ...]
    """Products and versions."""
    at: datetime
    """When the products and versions were stated."""
    by: str
    """Who stated the products and versions."""
    stated_in: int
    """Number of the record's change (revision) that stated them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """All that is stored of one contract: versions, booked extra hours, ledger entries, and what the customer runs."""

    id: ContractId
    revision: int = 0
    """Number of the last change, counted from 1."""
    versions: tuple[ContractVersion, ...] = field(default=())
    """The versions of the contract's text, in order of their numbers."""
    frozen_through: datetime | None = None
    """No version may take effect before this instant. None means no such bound."""
    windows: tuple[WindowEntry, ...] = ()
    """Booked extra hours, in the order of booking."""
    entries: tuple[PostedEntry, ...] = ()
    """The entries of all ledgers of the contract, in the order of writing. Closed ones are left out; an entry of the
    kind OPENING stands for them."""
    judged_in: int = 0
    """Number of the last change that may affect how incidents are judged. Ledger entries never do."""
    profile: ProfileEntry | None = None
    """What the customer runs, as stated last. None if it was never stated."""

    def entries_of(self, allowance: str) -> tuple[LedgerEntry, ...]:
        """Return the entries in the ledger of one allowance (id), in the order of writing.

        Closed entries are not returned one by one, but as one entry of the kind OPENING with the balance that they
        left.
        """
        return tuple(one.entry for one in self.entries if one.allowance == allowance)

    def windows_at(self, revision: int | None = None) -> tuple[BookedWindow, ...]:
        """Return the extra hours (windows) that are booked and not cancelled, in the order of booking.

        Args:
            revision: The number of the record's change as of which the hours are returned. None means the newest.
        """
        until = self.revision if revision is None else revision
        return tuple(
            one.window
            for one in self.windows
            if one.booked_in <= until and (one.cancelled_in is None or one.cancelled_in > until)
        )

    def applied(self, revision: int | None = None) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that have taken effect, in the order of `effective_from`.

        Future versions (`pending`) and withdrawn ones are left out. Of versions with the same `effective_from`, only
        the one written last is returned.

        Args:
            revision: The number of the record's change by which a version must have taken effect. None means the
                newest.
        """
        by_instant = {one.effective_from: one for one in self.versions if one.applied_at_revision(revision)}
        return tuple(by_instant[at] for at in sorted(by_instant))

    def at(self, instant: datetime, revision: int | None = None) -> ContractVersion | None:
        """Return the version of the contract's text that applies at an instant.

        The result is None before the first version takes effect.

        Args:
            revision: The number of the record's change by which the version must have taken effect. None means the
                newest.
        """
        found = None
        for version in self.applied(revision):
            if version.effective_from <= instant:
                found = version
        return found

    @property
    def pending(self) -> tuple[ContractVersion, ...]:
        """Return the versions of the contract's text that have yet to take effect, in the order of `effective_from`.

        Withdrawn versions are left out.
        """
        waiting = [one for one in self.versions if one.in_force_in is None and one.withdrawn_in is None]
        return tuple(sorted(waiting, key=lambda one: (one.effective_from, one.number)))

    @property
    def newest(self) -> ContractVersion | None:
        """Return the version written last, ignoring withdrawn ones, or None if there is none."""
        return next((one for one in reversed(self.versions) if one.withdrawn_in is None), None)
