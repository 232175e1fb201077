"""The use cases of a contract's record: create, change, end, withdraw, freeze; and activating versions.

Each is one transaction: the record is read, the change decided by pure rules, checked against the catalogue in force,
written with its history, put on the log of events and on that of acts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from sla_catalogue import Catalogue
from sla_catalogue.compiler import ContractProblem
from sla_catalogue.tree import Plain
from sla_domain.contract import Contract, ContractId, EnvironmentItem
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import EntryRefused, LedgerEntry, LedgerTerms, Objection, RefusalReason
from sla_domain.plan import Plan
from sla_domain.record import (
    BookingRequest,
    Change,
    ContractRecord,
    EntryNotAllowed,
    EntryPosted,
    ProfileChanged,
    RefusedChange,
    VersionAdded,
    applies_throughout,
    next_in_force,
    prepare_booking,
    prepare_cancellation,
    prepare_entry,
    prepare_freeze,
    prepare_version,
    prepare_withdrawal,
    terms_of,
)
from sla_domain.window import BookableWindow
from sla_ingest.contract import store as records
from sla_ingest.contract.check import check_contract, check_end_ahead, check_scope, gap_before_first_day
from sla_ingest.contract.ordered import ChangedContract, OrderedChange, SectionEdit
from sla_ingest.contract.refusal import no_such_contract, refusal
from sla_ingest.contract.room import RecordRoom
from sla_ingest.contract.written import WrittenContract
from sla_platform.audit.act import ActName, Command
from sla_platform.bus import Quarantine, SkippedRows, WakeSignal
from sla_platform.contracts.copies import NOT_READ, UnreadableRecords
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.http.problem import Problem
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource
from sla_platform.wire.contract import applies_from, canonical, first_day

_LOOK_SECONDS = 0.5
_AT_ONCE = 100  # versions put in force in one look


class ContractOwner:
    """Makes every change to recorded contracts (those kept in the database). A process of ingest has one ContractOwner.

    It also writes bookings (of extra service hours), ledger entries (in accounts of allowances) and profiles (the
    products that a customer runs) of contracts that are in catalogue files.

    Many methods take `command`, which says who orders the change and why. It is used for the contract's history and the
    audit log. Errors are raised as Problem (an HTTP error).

    Args:
        shelf: The records of contracts in memory, which this object keeps up to date.
        catalogue: Returns the catalogue of the files.
        overlaid: Returns the catalogue with the recorded contracts added.
        room: How large a contract's record (versions, bookings and ledger entries) may become.
        quarantine: Receives, for a person to look at, the contracts whose next version cannot be put into force. An
            hour later this is tried again.
    """

    def __init__(
        self,
        store: Store,
        shelf: RecordShelf,
        catalogue: Callable[[], Catalogue],
        overlaid: Callable[[], Catalogue],
        time_source: TimeSource,
        wake_signal: WakeSignal,
        room: RecordRoom,
        quarantine: Quarantine,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._catalogue = catalogue
        self._overlaid = overlaid
        self._time_source = time_source
        self._wake_signal = wake_signal
        self._room = room
        self._unreadable = UnreadableRecords(store, records.CONTRACTS, shelf, quarantine)
        self._skipped = SkippedRows(quarantine, "contracts", self._take_effect)

    async def create(self, written: WrittenContract, command: Command, *, dry_run: bool = False) -> ChangedContract:
        """Create a contract in the database, with `written` as its first version.

        The version applies from `effective_from` in `written`. If that is absent, it applies from the first day of
        `valid` in the text, or else from now on.

        Args:
            command: Who orders the change, and why.
            dry_run: Whether to check everything and write nothing.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 409 if there is a contract with this id, 422 if the text does not fit.
        """
        self._refuse_file(written.id)

        def first(record: ContractRecord, now: datetime) -> Change:
            if record.revision:
                detail = f"There is a contract {written.id}; change it with PUT, or choose another id."
                raise Problem(409, "contract-exists", "The id is taken", detail)
            since = written.effective_from or first_day(written.values) or now
            return prepare_version(record, written.document, since, now)

        ordered = OrderedChange(ActName.CONTRACT_CREATED, command, first, "contract")
        return await self._change(written.id, None, ordered, dry_run=dry_run, new=True)

    async def change(
        self, contract: str, written: WrittenContract, revision: int | None, command: Command, *, dry_run: bool = False
    ) -> ChangedContract:
        """Add the next version, `written`, to a contract in the database.

        Args:
            contract: The contract's id.
            revision: The contract's number of changes when the caller read it. None means any number.
            command: Who orders the change, and why.
            dry_run: Whether to check everything and write nothing.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 for a contract in a catalogue file, or if the
                contract's history does not allow the change; 412 if the contract was changed since `revision`; 422 if
                the text does not fit.
        """
        ordered = OrderedChange(ActName.CONTRACT_CHANGED, command, _following(written), "contract")
        return await self._change(contract, revision, ordered, dry_run=dry_run)

    async def edit(
        self,
        contract: str,
        edit: SectionEdit,
        effective_from: datetime | None,
        revision: int | None,
        command: Command,
        *,
        dry_run: bool = False,
    ) -> ChangedContract:
        """Write the next version of a contract: the newest version with a part changed by `edit`.

        The arguments `revision`, `command` and `dry_run`, and the errors, are those of `change`.

        Args:
            edit: Takes the text of the newest version as a mapping, and returns the changed text.
            effective_from: When the version takes effect. None means now, or the first day of `valid` in the text if
                that day is later.
        """
        ordered = OrderedChange(ActName.CONTRACT_CHANGED, command, self._edited(contract, edit, effective_from))
        return await self._change(contract, revision, ordered, dry_run=dry_run)

    async def end(self, contract: str, on: date, revision: int | None, command: Command) -> ChangedContract:
        """End a contract in the database.

        Args:
            contract: The contract's id.
            on: The first day on which the contract no longer applies. It begins in the contract's time zone.
            revision: The contract's number of changes when the caller read it. None means any number.
            command: Who orders the change, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 for a contract in a catalogue file, or if the
                contract's history does not allow the end; 412 if the contract was changed since `revision`; 422 if the
                ended contract does not fit the catalogue.
        """

        def ended(values: dict[str, Plain]) -> dict[str, Plain]:
            valid = values.get("valid")
            return values | {"valid": {**(valid if isinstance(valid, dict) else {}), "to": on.isoformat()}}

        ordered = OrderedChange(ActName.CONTRACT_ENDED, command, self._edited(contract, ended, None))
        return await self._change(contract, revision, ordered)

    def _edited(
        self, contract: str, edit: SectionEdit, effective_from: datetime | None
    ) -> Callable[[ContractRecord, datetime], Change]:
        def edited(record: ContractRecord, now: datetime) -> Change:
            if record.newest is None:
                raise self._unknown(contract)
            values = edit(json.loads(record.newest.document))
            return _next_version(record, values, canonical(values), effective_from, now)

        return edited

    async def withdraw(self, contract: str, number: int, revision: int | None, command: Command) -> ChangedContract:
        """Withdraw version `number` of a contract in the database, before the version is in force.

        Args:
            contract: The contract's id.
            revision: The contract's number of changes when the caller read it. None means any number.
            command: Who orders the change, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 if the version is unknown or in force, or if the
                contract is in a catalogue file; 412 if the contract was changed since `revision`.
        """
        ordered = OrderedChange(
            ActName.CONTRACT_VERSION_WITHDRAWN, command, lambda record, _: prepare_withdrawal(record, number)
        )
        return await self._change(contract, revision, ordered)

    async def freeze(self, contract: str, through: datetime, revision: int | None, command: Command) -> ChangedContract:
        """Make a contract final before an instant: no later version can take effect before `through`.

        So the promises before `through` cannot be changed any more. The contract must be in the database. `through`
        must not be in the future, nor before the `through` of an earlier call.

        Args:
            revision: The contract's number of changes when the caller read it. None means any number.
            command: Who orders the change, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 if the contract is in a catalogue file, or if `through`
                is not allowed; 412 if the contract was changed since `revision`.
        """
        ordered = OrderedChange(
            ActName.CONTRACT_FROZEN, command, lambda record, now: prepare_freeze(record, through, now)
        )
        return await self._change(contract, revision, ordered)

    async def book(self, contract: str, asked: BookingRequest, command: Command) -> ChangedContract:
        """Book a window for a contract: extra hours in which time counts, as its plan offers them.

        If the contract already has the same booking, nothing changes. A booking that was cancelled is booked anew.

        Args:
            contract: The contract's id. The contract may be in a catalogue file.
            asked: The booking.
            command: Who orders the booking, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 if the plan's rules refuse the booking, or if the
                contract is not in force yet.
        """

        def booked(record: ContractRecord, now: datetime) -> Change | None:
            found, plan = self._in_force(contract, now, asked)
            ledgers = ledger_terms(self._overlaid().rulebook, found)
            change = prepare_booking(record, found, plan, asked, now, ledgers, command.actor.id or "slad")
            if change is not None:
                check_end_ahead(record, asked.end)
            return change

        ordered = OrderedChange(ActName.CONTRACT_WINDOW_BOOKED, command, booked)
        return await self._change(contract, None, ordered, live=True)

    def windows(self, contract: str) -> tuple[ContractRecord, tuple[tuple[BookableWindow, Plan], ...], str]:
        """Return a contract's record, the windows (extra hours) that can be booked now, and the contract's zone.

        The record holds the booked windows. Each window that can be booked is a pair (window, plan that offers it).

        Raises:
            Problem: HTTP error 404 for an unknown contract, 409 if the contract is not in force yet.
        """
        record = self._known(contract)
        found, _ = self._in_force(contract, self._time_source.now())
        book = self._overlaid().rulebook
        plans = [book.plan_of(one) for one in reversed(found.bought)]
        bookable = {each.id: (each, plan) for plan in plans for each in plan.windows}
        return record, tuple(bookable.values()), found.zone

    async def cancel(self, contract: str, booking: str, command: Command) -> ChangedContract:
        """Cancel a booked window (extra hours) of a contract, before the window begins.

        Args:
            contract: The contract's id.
            booking: The booking's id.
            command: Who orders the cancellation, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract, 409 if the booking is unknown or has begun.
        """

        def cancelled(record: ContractRecord, now: datetime) -> Change:
            return prepare_cancellation(record, booking, now, command.actor.id or "slad")

        ordered = OrderedChange(ActName.CONTRACT_WINDOW_CANCELLED, command, cancelled)
        return await self._change(contract, None, ordered, live=True)

    async def post(
        self,
        contract: str,
        allowance: str,
        entry: Callable[[LedgerTerms, LedgerEntry | None, datetime], LedgerEntry],
        id_: str,
        command: Command,
    ) -> bool:
        """Write an entry into a ledger (account of an allowance) of a contract; return whether the entry is new.

        Args:
            contract: The contract's id. The contract may be in a catalogue file.
            allowance: The id of the ledger's allowance.
            entry: Called with what the contract says about the allowance, the existing entry with this id (or None) and
                the present time. Returns the entry to write.
            id_: The entry's id.
            command: Who orders the entry, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract; 409 if the balance does not suffice or a rule forbids the
                entry; 422 if the entry itself is wrong.
        """
        new = False

        async with self._store.reading() as connection:  # what was written once stays so, closed or not
            closed = await records.entry_written(connection, contract, allowance, id_)

        def posted(record: ContractRecord, now: datetime) -> Change | None:
            nonlocal new
            found, _ = self._in_force(contract, now)
            ledgers = ledger_terms(self._overlaid().rulebook, found)
            known = next((one for one in record.entries_of(allowance) if one.id == id_), closed)
            terms = terms_of(record, ledgers, allowance)
            asked = entry(terms, known, now)
            if known == asked:
                return None
            if known is not None:
                about = Objection(reason=RefusalReason.ID_TAKEN, entry=asked.id, at=asked.at)
                raise EntryNotAllowed(EntryRefused(asked, about, terms.allowance.clause), terms)
            change = prepare_entry(record, ledgers, EntryPosted(allowance, asked), now)
            new = change is not None
            return change

        ordered = OrderedChange(ActName.CONTRACT_ENTRY_POSTED, command, posted)
        await self._change(contract, None, ordered, live=True)
        return new

    def ledgers(self, contract: str) -> tuple[ContractRecord, tuple[LedgerTerms, ...]]:
        """Return a contract's record, and what the contract says about each of its ledgers.

        A ledger is the account of an allowance; the record holds the entries.

        Raises:
            Problem: HTTP error 404 for an unknown contract, 409 if the contract is not in force yet.
        """
        record = self._known(contract)
        found, _ = self._in_force(contract, self._time_source.now())
        return record, ledger_terms(self._overlaid().rulebook, found)

    def _known(self, contract: str) -> ContractRecord:
        record = self._shelf.get(contract)
        if record is None and ContractId(contract) not in self._catalogue().rulebook.contracts:
            raise self._unknown(contract)
        return record or ContractRecord(id=ContractId(contract))

    async def state_profile(
        self, contract: str, environment: tuple[EnvironmentItem, ...], command: Command
    ) -> ChangedContract:
        """Store the products and versions that a customer runs, in place of those stored before.

        Args:
            contract: The id of the customer's contract, which may be in a catalogue file.
            environment: The products. If the same products are already stored, nothing changes.
            command: Who orders the change, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 for an unknown contract.
        """

        def stated(record: ContractRecord, now: datetime) -> Change | None:
            known = record.profile
            return None if known is not None and known.environment == environment else ProfileChanged(environment)

        ordered = OrderedChange(ActName.CONTRACT_PROFILE_STATED, command, stated)
        return await self._change(contract, None, ordered, live=True)

    def profile(self, contract: str) -> Contract:
        """Return a contract as it applies now; its `environment` is what the customer runs.

        Raises:
            Problem: HTTP error 404 for an unknown contract, 409 if the contract is not in force yet.
        """
        self._known(contract)
        return self._in_force(contract, self._time_source.now())[0]

    def _in_force(self, contract: str, now: datetime, asked: BookingRequest | None = None) -> tuple[Contract, Plan]:
        """The contract with its plan, as both apply now; under the first of its entitlements that has the window asked
        for, and if possible applies then."""
        book = self._overlaid().rulebook
        found = book.contract_at(ContractId(contract), now)
        if found is None:
            detail = f"{contract} is not in force yet."
            raise Problem(409, "not-in-force", "The contract is not in force", detail)
        plans = [(one, book.plan_of(one)) for one in found.bought]
        if asked is None:
            return plans[0]
        offering = [pair for pair in plans if any(each.id == asked.window for each in pair[1].windows)]
        applying = (pair for pair in offering if applies_throughout(pair[0], asked.start, asked.end))
        return next(applying, next(iter(offering), plans[0]))

    async def put_in_force(self) -> int:
        """Put into force the contract versions whose `effective_from` has come; return how many.

        One call handles at most 100 contracts, and one version of each. A contract that cannot be read or changed is
        put into the quarantine (a list of rows for a person to look at), and the others are handled.

        Raises:
            StoreBusy: The database fails.
        """
        async with self._store.reading() as connection:
            now = await store_now(connection, self._time_source)
            due = await records.due_contracts(connection, now, _AT_ONCE + len(self._skipped))
        done = 0
        for contract in [one for one in due if not self._skipped.skips(one)][:_AT_ONCE]:
            if await self._skipped.tried(contract, partial(self._take_effect, contract)):
                done += 1
        return done

    async def _take_effect(self, contract: str) -> None:
        async with self._store.transaction() as connection:
            now = await store_now(connection, self._time_source)
            record = await records.locked_record(connection, contract)
            ahead = next_in_force(record)
            if ahead is None or ahead.at > now:
                return  # another instance was first
            version = next(one for one in record.versions if one.number == ahead.change.number)
            reason = f"version {version.number} takes effect"
            await records.write_change(connection, record, ahead.change, now, version.by, reason, self._room)
        await self._written()

    async def load(self) -> None:
        """Update the contract records in memory from the database.

        Raises:
            StoreBusy: The database fails.
        """
        async with self._store.reading() as connection:
            await records.refresh_shelf(connection, self._shelf)

    async def reason_not_ready(self) -> str | None:
        """Return a sentence while the contracts have not been read from the database yet, None afterwards.

        This is a readiness check, called for `/readyz`.
        """
        return None if self._shelf.read else NOT_READ

    async def keep_time(self) -> None:
        """Put contract versions into force at their `effective_from`, until cancelled.

        Every half second the records are read from the database, and due versions are put into force.
        """
        while True:
            await self.load()
            await self._unreadable.keep()
            await self.put_in_force()
            await asyncio.sleep(_LOOK_SECONDS)

    # -- one change

    async def _change(
        self,
        contract: str,
        revision: int | None,
        ordered: OrderedChange,
        *,
        dry_run: bool = False,
        live: bool = False,
        new: bool = False,
    ) -> ChangedContract:
        """`live`: the change stands beside the contract's text, so that contracts of files may have it. `new`: the
        contract may be unknown so far."""
        of_file = ContractId(contract) in self._catalogue().rulebook.contracts
        if not live:
            self._refuse_file(contract)
        async with self._store.transaction() as connection:
            record = await records.locked_record(connection, contract)
            if not record.revision and not (live and of_file) and not new:
                raise self._unknown(contract)
            if revision is not None and not record.judged_in <= revision <= record.revision:
                raise _stale(record.judged_in)
            now = self._now(record)
            if live:
                await records.refresh_shelf(connection, self._shelf)

            async def write(before: ContractRecord) -> ChangedContract:
                return await self._write(connection, before, ordered, now, dry_run=dry_run)

            try:
                made = await records.with_room(
                    connection, record, lambda: self._ledgers(contract, now), write, now, self._room
                )
            except RefusedChange as refused:
                raise refusal(refused) from None
        if made.record.revision != record.revision:
            await self._written()
        return made

    async def _write(
        self,
        connection: records.Connection,
        record: ContractRecord,
        ordered: OrderedChange,
        now: datetime,
        *,
        dry_run: bool,
    ) -> ChangedContract:
        """Prepare, check and store a change of a record, unless it is refused or only tried."""
        change = ordered.prepare(record, now)
        warnings: tuple[ContractProblem, ...] = ()
        if isinstance(change, VersionAdded):
            await records.refresh_shelf(connection, self._shelf)
            values = json.loads(change.document)
            since = change.effective_from
            warnings = check_contract(
                self._catalogue(), self._shelf, record.id, values, change.number, since, now.date()
            )
            warnings += gap_before_first_day(record, values, since)
            check_scope(self._catalogue(), record, values, since, now)
        if change is None:
            return ChangedContract(record, warnings)
        command, ends = ordered.command, ordered.act is ActName.CONTRACT_ENDED
        by, reason = command.actor.id, command.reason
        try:
            if dry_run:
                records.check_change(record, change, now, by, reason, self._room, ends=ends)
                return ChangedContract(record, warnings)
            after = await records.write_change(connection, record, change, now, by, reason, self._room, ends=ends)
        except RefusedChange as refused:
            raise RefusedChange(refused.code, str(refused), ordered.place) from None
        await records.record_act(connection, ordered.act, command, change, record, after, now)
        return ChangedContract(after, warnings)

    def _ledgers(self, contract: str, now: datetime) -> tuple[LedgerTerms, ...]:
        """The ledgers of a contract; none before it is in force."""
        book = self._overlaid().rulebook
        found = book.contract_at(ContractId(contract), now)
        return () if found is None else ledger_terms(book, found)

    def _now(self, record: ContractRecord) -> datetime:
        """Never before what is recorded already, whatever this machine's clock says."""
        return max([self._time_source.now(), *(one.recorded_at for one in record.versions)])

    async def _written(self) -> None:
        self._wake_signal.wake()
        await self.load()

    def _refuse_file(self, contract: str) -> None:
        if ContractId(contract) in self._catalogue().rulebook.contracts:
            detail = f"The contract {contract} is written in the catalogue's files; change it there, and apply them."
            raise Problem(409, "managed-by-file", "The contract is managed by files", detail)

    def _unknown(self, contract: str) -> Problem:
        self._refuse_file(contract)
        return no_such_contract(contract)


def _following(written: WrittenContract) -> Callable[[ContractRecord, datetime], Change]:
    def following(record: ContractRecord, now: datetime) -> Change:
        return _next_version(record, written.values, written.document, written.effective_from, now)

    return following


def _next_version(
    record: ContractRecord, values: dict[str, Plain], document: str, effective_from: datetime | None, now: datetime
) -> Change:
    return prepare_version(record, document, effective_from or applies_from(values, now), now)


def _stale(revision: int) -> Problem:
    """Return the problem 412 for a change based on an earlier revision than `revision`."""
    detail = f"The contract has changed meanwhile, in revision {revision}. Read it again, then change it."
    return Problem(412, "stale-revision", "The contract has changed", detail, headers={"ETag": f'"{revision}"'})


def contracts_of(catalogue: Catalogue) -> Sequence[Contract]:
    """Return the contracts in the catalogue's files, in the order of their ids."""
    return [catalogue.rulebook.contracts[id_] for id_ in sorted(catalogue.rulebook.contracts)]
