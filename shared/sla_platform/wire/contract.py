"""`io.slad.contract.<what>.v1`: a change of a contract's record, with the whole record after it. Key: the contract.

Every event carries the record, so that the newest event of a contract is enough to know it: the topic is compacted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, WorkSpan
from sla_domain.record import (
    Change,
    ContractFrozen,
    ContractRecord,
    ContractVersion,
    EntryPosted,
    LedgersClosed,
    PostedEntry,
    ProfileChanged,
    ProfileEntry,
    RecordChange,
    VersionAdded,
    VersionInForce,
    VersionWithdrawn,
    WindowBooked,
    WindowCancelled,
    WindowEntry,
)
from sla_domain.window import BookedWindow
from sla_platform.envelope import TYPE_PREFIX, Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.wire.opening import OpeningData, opening_data, read_opening

SOURCE = "/slad/ingest"
KINDS: dict[str, type[Any]] = {
    "version_added": VersionAdded,
    "version_in_force": VersionInForce,
    "version_withdrawn": VersionWithdrawn,
    "frozen": ContractFrozen,
    "window_booked": WindowBooked,
    "window_cancelled": WindowCancelled,
    "entry_posted": EntryPosted,
    "ledgers_closed": LedgersClosed,
    "profile_changed": ProfileChanged,
}
_KIND_OF = {kind: name for name, kind in KINDS.items()}


class VersionData(BaseModel):
    """One version of the text of a contract, with who wrote it and from when it applies, as stored and published."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    number: int = Field(ge=1)
    effective_from: datetime
    """The instant from which the version applies."""
    document: dict[str, Any]
    """The contract's section, with the keys of a catalogue file. Empty if the version is withdrawn."""
    by: str
    """Who wrote the version."""
    reason: str = ""
    """Why the version was written."""
    recorded_at: datetime
    """When the version was written."""
    added_in: int = Field(ge=1)
    """The revision of the contract's record in which the version was added."""
    in_force_in: int | None = None
    """The revision of the contract's record in which the version came into force. Null if it is not in force yet."""
    withdrawn_in: int | None = None
    """The revision of the contract's record in which the version was withdrawn. Null if it is not withdrawn."""


class WindowData(BaseModel):
    """A booked window, as stored and published: extra service hours from `start` until before `end`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    id: str
    """The id of the booking."""
    window: str
    """The id of the plan's window that was booked."""
    start: datetime
    end: datetime
    priorities: tuple[str, ...] = ()
    """The priorities for which time is counted. If empty, time is counted for all."""
    products: tuple[str, ...] = ()
    """The products for which time is counted. If empty, time is counted for all except `excluded_products`."""
    excluded_products: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """The ids of the people on duty."""
    language: str = ""
    """The language in which these people serve. "" if not stated."""
    surcharge: int = 0
    """The surcharge in percent."""
    booked_in: int = Field(ge=1)
    """The revision of the contract's record that booked the window."""
    cancelled_in: int | None = None
    """The revision of the contract's record that cancelled the window. Null if it is not cancelled."""


class EntryData(BaseModel):
    """An entry of a contract's ledger (the account of an allowance, such as hours of work), as stored and published.

    Null in a field means not stated.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    allowance: str
    """The allowance (such as hours of work) to whose ledger the entry belongs."""
    id: str
    kind: EntryKind
    """The kind of entry: bought, used, reserved, released or adjusted; or opening, which stands for closed entries."""
    at: datetime
    """When the event behind the entry happened. For an opening, the instant before which entries are closed."""
    who: str
    """The person who worked or decided."""
    amount: Decimal | None = None
    """The exact amount, in the allowance's unit. Hours are stated in seconds."""
    start: datetime | None = None
    """The start of the time that was worked, instead of an amount."""
    end: datetime | None = None
    """The end of the time that was worked."""
    of: str | None = None
    """The id of the reservation that the entry ends."""
    serves_at: datetime | None = None
    """When the reserved work takes place."""
    surcharge: int | None = None
    """The surcharge in percent."""
    reason: str | None = None
    reference: str | None = None
    """The id of an incident or booked window."""
    opening: OpeningData | None = None
    """What the closed entries have left. Only for the kind opening."""
    posted_in: int = Field(ge=1)
    """The revision of the contract's record in which the entry was written."""


class ProductData(BaseModel):
    """A product that the customer runs."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    product: str
    versions: tuple[str, ...] = ()
    """The versions in use. Empty if not known."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Further facts, name -> value."""


class ProfileData(BaseModel):
    """The customer's environment (which products the customer runs), as it was last recorded in the contract."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    products: tuple[ProductData, ...]
    at: datetime
    """When the environment was stated."""
    by: str
    """Who stated the environment."""
    stated_in: int = Field(ge=1)
    """The revision of the contract's record in which the environment was stated."""


class RecordData(BaseModel):
    """All that is stored of one contract, in the form in which it is stored and published.

    It has the versions of the contract's text, booked extra hours, ledger entries and the customer's products.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    id: str = Field(min_length=1, max_length=120)
    revision: int = Field(ge=1)
    """The number of changes that made the record."""
    versions: tuple[VersionData, ...] = ()
    frozen_through: datetime | None = None
    """The instant before which everything is final. Null if nothing is final."""
    windows: tuple[WindowData, ...] = ()
    """Booked extra hours."""
    entries: tuple[EntryData, ...] | None = None
    """The entries of the contract's ledgers that are not closed, and the openings that stand for closed ones."""
    judged_in: int | None = None
    """The last revision that may change how incidents are judged (clocks, targets). If absent, it equals `revision`."""
    profile: ProfileData | None = None
    """The customer's environment. Null if not stated."""


class ContractChangedData(BaseModel):
    """A change of a contract, and the contract's record after the change.

    A field that does not belong to this kind of change (`what`) is null.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    what: str = Field(
        description="version_added|version_in_force|version_withdrawn|frozen|window_booked|window_cancelled|entry_posted|ledgers_closed|profile_changed"
    )
    at: datetime
    """When the change was made."""
    by: str
    """Who made the change."""
    reason: str = ""
    """Why the change was made."""
    number: int | None = None
    """The version of the contract that is added, comes into force or is withdrawn."""
    effective_from: datetime | None = None
    """The instant from which an added version applies."""
    through: datetime | None = None
    """The instant before which everything is frozen, or before which ledger entries are closed."""
    booking: str | None = None
    """The id of the window that is booked or cancelled."""
    entry: str | None = None
    """The id of the ledger entry that is written."""
    record: RecordData


def changed_data(made: RecordChange, record: ContractRecord) -> ContractChangedData:
    """Return a change of a contract in the form in which it is published.

    Args:
        made: The change.
        record: The contract's record after the change.
    """
    return ContractChangedData(
        what=_KIND_OF[type(made.change)],
        at=made.at,
        by=made.by,
        reason=made.reason,
        number=getattr(made.change, "number", None),
        effective_from=getattr(made.change, "effective_from", None),
        through=getattr(made.change, "through", None),
        booking=booking_of(made.change),
        entry=None if (posted := posted_by(made.change)) is None else posted.entry.id,
        record=record_data(record),
    )


def encode_change(made: RecordChange, record: ContractRecord, data: ContractChangedData | None = None) -> Envelope:
    """Return a change of a contract as an envelope (event on the bus) for the topic `contracts`.

    Args:
        made: The change.
        record: The contract's record after the change, which the envelope contains.
        data: The result of `changed_data(made, record)`. None means that it is computed here.
    """
    data = data or changed_data(made, record)
    return Envelope(
        topic=Topic.CONTRACTS,
        id=f"contract/{record.id}/{made.revision}",
        type=f"{TYPE_PREFIX}contract.{data.what}.v1",
        source=SOURCE,
        subject=record.id,
        key=record.id,
        time=made.at,
        data=data.model_dump_json(exclude_none=True).encode(),
    )


def history_text(made: RecordChange, record: ContractRecord, data: ContractChangedData | None = None) -> str:
    """Return a change of a contract as the JSON text that is stored in the contract's history.

    The text has only those parts of the record which this change wrote: a version, window, ledger entry or profile.
    Texts of older releases have all versions, windows and the profile.

    Args:
        made: The change.
        record: The contract's record after the change.
        data: The result of `changed_data(made, record)`. None means that it is computed here.
    """
    data = data or changed_data(made, record)
    whole, revision = data.record, made.revision
    own = whole.model_copy(
        update={
            "versions": tuple(one for one in whole.versions if one.added_in == revision),
            "windows": tuple(one for one in whole.windows if revision in (one.booked_in, one.cancelled_in)),
            "entries": tuple(one for one in whole.entries or () if one.posted_in == revision) or None,
            "profile": None if whole.profile is None or whole.profile.stated_in != revision else whole.profile,
        }
    )
    return data.model_copy(update={"record": own}).model_dump_json(exclude_none=True)


def decode_change(envelope: Envelope) -> ContractChangedData:
    """Return the change of a contract in an envelope's data.

    Raises:
        BadEnvelope: The data are not a change of a contract.
    """
    try:
        return ContractChangedData.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error


def change_of(data: ContractChangedData) -> Change | None:
    """Return a published change of a contract as an object of the domain, such as `VersionAdded`.

    The result is None for a kind of change that this release does not know, or if a required field is missing.
    """
    match KINDS.get(data.what):
        case kind if kind is VersionAdded and data.number is not None and data.effective_from is not None:
            document = next((one.document for one in data.record.versions if one.number == data.number), {})
            return VersionAdded(data.number, data.effective_from, canonical(document))
        case kind if kind in (VersionInForce, VersionWithdrawn) and data.number is not None:
            made: Change = kind(data.number)
            return made
        case kind if kind is ContractFrozen and data.through is not None:
            return ContractFrozen(data.through)
        case kind if kind is WindowCancelled and data.booking is not None:
            return WindowCancelled(data.booking, _written_in(data.record))
        case kind if kind is ProfileChanged and data.record.profile is not None:
            return ProfileChanged(_environment(data.record.profile))
        case kind if kind is WindowBooked:
            booked = (one for one in data.record.windows if one.booked_in == data.record.revision)
            found = next(booked, None)
            return None if found is None else WindowBooked(_window(found), _written_in(data.record))
        case kind if kind is EntryPosted:
            return _written_in(data.record)
        case kind if kind is LedgersClosed and data.through is not None:
            return LedgersClosed(data.through, _all_written_in(data.record))
        case _:
            return None


def booking_of(change: Change) -> str | None:
    """Return the id of the window (extra hours) that a change of a contract books or cancels.

    The result is None for any other change.
    """
    match change:
        case WindowBooked(window):
            return window.id
        case WindowCancelled(booking):
            return booking
        case _:
            return None


def posted_by(change: Change) -> EntryPosted | None:
    """Return the ledger entry that a change of a contract writes, or None if it writes none.

    An entry is written by a change of the kind `EntryPosted`, and sometimes when extra hours are booked (their price)
    or the booking is cancelled.
    """
    match change:
        case EntryPosted():
            return change
        case WindowBooked(_, posted) | WindowCancelled(_, posted):
            return posted
        case _:
            return None


def _written_in(record: RecordData) -> EntryPosted | None:
    """The entry that the record's last change wrote."""
    return next(iter(_all_written_in(record)), None)


def _all_written_in(record: RecordData) -> tuple[EntryPosted, ...]:
    """The entries that the record's last change wrote."""
    written = (one for one in record.entries or () if one.posted_in == record.revision)
    return tuple(EntryPosted(one.allowance, _entry(one)) for one in written)


def canonical(document: Any) -> str:
    """Return a contract's section (a mapping with the keys of a catalogue file) as JSON with sorted keys and no spaces.

    Two versions of a contract are compared by this text.
    """
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def first_day(section: Mapping[str, Any]) -> datetime | None:
    """Return the instant at which the first day of a contract begins, in the contract's zone.

    The result is None if the contract states no first day, or if the values cannot be read. The check of the section
    reports unreadable values.

    Args:
        section: The contract, with the keys of a catalogue file. Its `valid.from` and `zone` are read.
    """
    return _day_begins(section, "from")


def last_instant(section: Mapping[str, Any]) -> datetime | None:
    """Return the instant at which a contract ends: midnight, in its zone, at the start of the day `valid.to`.

    The result is None if the contract states no end, or if the values cannot be read.

    Args:
        section: The contract, with the keys of a catalogue file.
    """
    return _day_begins(section, "to")


def _day_begins(section: Mapping[str, Any], bound: str) -> datetime | None:
    valid, zone = section.get("valid"), section.get("zone")
    day = valid.get(bound) if isinstance(valid, dict) else None
    if not isinstance(day, str) or not isinstance(zone, str):
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return None


def applies_from(section: Mapping[str, Any], now: datetime) -> datetime:
    """Return the instant from which a change of a contract applies if no instant is stated for the change.

    The result is `now`, or the beginning of the contract's first day if that is later (see `first_day`).

    Args:
        section: The changed contract, with the keys of a catalogue file.
    """
    first = first_day(section)
    return now if first is None else max(first, now)


def record_data(record: ContractRecord) -> RecordData:
    """Return a contract's record in the form in which it is stored and published.

    `record_text` turns this form into JSON, from which `read_record` reads the record again.
    """
    return RecordData(
        id=record.id,
        revision=record.revision,
        frozen_through=record.frozen_through,
        versions=tuple(
            VersionData(
                number=one.number,
                effective_from=one.effective_from,
                document=json.loads(one.document),
                by=one.by,
                reason=one.reason,
                recorded_at=one.recorded_at,
                added_in=one.added_in,
                in_force_in=one.in_force_in,
                withdrawn_in=one.withdrawn_in,
            )
            for one in record.versions
        ),
        windows=tuple(
            WindowData(
                id=one.window.id,
                window=one.window.window,
                start=one.window.start,
                end=one.window.end,
                priorities=tuple(sorted(one.window.priorities)),
                products=tuple(sorted(one.window.products)),
                excluded_products=tuple(sorted(one.window.excluded_products)),
                people=one.window.people,
                language=one.window.language,
                surcharge=one.window.surcharge,
                booked_in=one.booked_in,
                cancelled_in=one.cancelled_in,
            )
            for one in record.windows
        ),
        entries=tuple(map(_entry_data, record.entries)) or None,
        judged_in=None if record.judged_in == record.revision else record.judged_in,
        profile=None if record.profile is None else _profile(record.profile),
    )


def _entry_data(posted: PostedEntry) -> EntryData:
    entry = posted.entry
    return EntryData(
        allowance=posted.allowance,
        id=entry.id,
        kind=entry.kind,
        at=entry.at,
        who=entry.who,
        amount=entry.amount,
        start=None if entry.work is None else entry.work.start,
        end=None if entry.work is None else entry.work.end,
        of=entry.of,
        serves_at=entry.serves_at,
        surcharge=entry.surcharge or None,
        reason=entry.reason or None,
        reference=entry.reference or None,
        opening=None if entry.opening is None else opening_data(entry.opening),
        posted_in=posted.posted_in,
    )


def _entry(data: EntryData) -> LedgerEntry:
    return LedgerEntry(
        id=EntryId(data.id),
        kind=data.kind,
        at=data.at,
        who=data.who,
        amount=data.amount,
        work=None if data.start is None or data.end is None else WorkSpan(data.start, data.end),
        of=None if data.of is None else EntryId(data.of),
        serves_at=data.serves_at,
        surcharge=data.surcharge or 0,
        reason=data.reason or "",
        reference=data.reference or "",
        opening=None if data.opening is None else read_opening(data.opening, data.at),
    )


def _profile(entry: ProfileEntry) -> ProfileData:
    products = tuple(
        ProductData(product=one.product, versions=one.versions, facts=dict(one.facts)) for one in entry.environment
    )
    return ProfileData(products=products, at=entry.at, by=entry.by, stated_in=entry.stated_in)


def _environment(data: ProfileData) -> tuple[EnvironmentItem, ...]:
    return tuple(
        EnvironmentItem(product=one.product, versions=one.versions, facts=tuple(sorted(one.facts.items())))
        for one in data.products
    )


def _window(data: WindowData) -> BookedWindow:
    return BookedWindow(
        id=data.id,
        window=data.window,
        start=data.start,
        end=data.end,
        priorities=frozenset(data.priorities),
        products=frozenset(data.products),
        excluded_products=frozenset(data.excluded_products),
        people=data.people,
        language=data.language,
        surcharge=data.surcharge,
    )


def record_text(data: RecordData) -> str:
    """Return a contract's record as the JSON text that services store.

    `read_record` reads it.
    """
    return data.model_dump_json(exclude_none=True)


def read_record(text: str | bytes) -> ContractRecord:
    """Return the contract record that was stored as this JSON text.

    Raises:
        ValueError: The text is not a record.
    """
    data = RecordData.model_validate_json(text)
    return ContractRecord(
        id=ContractId(data.id),
        revision=data.revision,
        frozen_through=data.frozen_through,
        judged_in=data.revision if data.judged_in is None else data.judged_in,
        windows=tuple(
            WindowEntry(window=_window(one), booked_in=one.booked_in, cancelled_in=one.cancelled_in)
            for one in data.windows
        ),
        entries=tuple(
            PostedEntry(allowance=one.allowance, entry=_entry(one), posted_in=one.posted_in)
            for one in data.entries or ()
        ),
        profile=None
        if data.profile is None
        else ProfileEntry(
            environment=_environment(data.profile),
            at=data.profile.at,
            by=data.profile.by,
            stated_in=data.profile.stated_in,
        ),
        versions=tuple(
            ContractVersion(
                number=one.number,
                effective_from=one.effective_from,
                document=canonical(one.document),
                by=one.by,
                reason=one.reason,
                recorded_at=one.recorded_at,
                added_in=one.added_in,
                in_force_in=one.in_force_in,
                withdrawn_in=one.withdrawn_in,
            )
            for one in data.versions
        ),
    )
