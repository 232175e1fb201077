"""`io.slad.contract.<what>.v1`: a change of a contract's record, with the whole record after it. Key: the contract.

Every event carries the record, so that the newest event of a contract is enough to know it: the topic is compacted.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.record import (
    Change,
    ContractFrozen,
    ContractRecord,
    ContractVersion,
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

SOURCE = "/slad/ingest"
KINDS: dict[str, type[Any]] = {
    "version_added": VersionAdded,
    "version_in_force": VersionInForce,
    "version_withdrawn": VersionWithdrawn,
    "frozen": ContractFrozen,
    "window_booked": WindowBooked,
    "window_cancelled": WindowCancelled,
    "profile_changed": ProfileChanged,
}
_KIND_OF = {kind: name for name, kind in KINDS.items()}


class VersionData(BaseModel):
    """A version of a contract's text.

    `document`: the contract's section, with the keys of a catalogue file. `added_in`, `in_force_in`, `withdrawn_in`:
    the revisions of the record that did so; null: none.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    number: int = Field(ge=1)
    effective_from: datetime
    document: dict[str, Any]
    by: str
    reason: str = ""
    recorded_at: datetime
    added_in: int = Field(ge=1)
    in_force_in: int | None = None
    withdrawn_in: int | None = None


class WindowData(BaseModel):
    """A booked window: in `[start, end)` time counts. `booked_in`, `cancelled_in`: the revisions that did so."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    id: str
    window: str
    start: datetime
    end: datetime
    priorities: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    language: str = ""
    surcharge: int = 0
    booked_in: int = Field(ge=1)
    cancelled_in: int | None = None


class ProductData(BaseModel):
    """A product of the customer's environment, the versions in use (empty: not known), and further facts."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    product: str
    versions: tuple[str, ...] = ()
    facts: dict[str, str] = Field(default_factory=dict)


class ProfileData(BaseModel):
    """The customer's environment, as somebody stated it. `stated_in`: the revision that did so."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    products: tuple[ProductData, ...]
    at: datetime
    by: str
    stated_in: int = Field(ge=1)


class RecordData(BaseModel):
    """A contract's record. `revision`: how many changes made it. `frozen_through`: what lies before is final."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    id: str = Field(min_length=1, max_length=120)
    revision: int = Field(ge=1)
    versions: tuple[VersionData, ...] = ()
    frozen_through: datetime | None = None
    windows: tuple[WindowData, ...] = ()
    profile: ProfileData | None = None


class ContractChangedData(BaseModel):
    """A change of a contract: who made it, when and why (`what` is its kind), and the record after it.

    `number`: the version it is about. `effective_from`: from when that version applies. `through`: until when
    everything is frozen. `booking`: the booked window it is about.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    what: str = Field(
        description="version_added|version_in_force|version_withdrawn|frozen|window_booked|window_cancelled"
    )
    at: datetime
    by: str
    reason: str = ""
    number: int | None = None
    effective_from: datetime | None = None
    through: datetime | None = None
    booking: str | None = None
    record: RecordData


def encode_change(made: RecordChange, record: ContractRecord) -> Envelope:
    """Return the change of a contract, with the record after it, as an event for the topic `contracts`."""
    data = ContractChangedData(
        what=_KIND_OF[type(made.change)],
        at=made.at,
        by=made.by,
        reason=made.reason,
        number=getattr(made.change, "number", None),
        effective_from=getattr(made.change, "effective_from", None),
        through=getattr(made.change, "through", None),
        booking=booking_of(made.change),
        record=record_data(record),
    )
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


def decode_change(envelope: Envelope) -> ContractChangedData:
    """Return the change of an envelope, with the record after it. Raises BadEnvelope naming what is wrong."""
    try:
        return ContractChangedData.model_validate_json(envelope.data)
    except ValidationError as error:
        raise BadEnvelope(f"event {envelope.id} of type {envelope.type}: {error}") from error


def change_of(data: ContractChangedData) -> Change | None:
    """Return the change as the domain knows it; None for a kind that this release does not know."""
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
            return WindowCancelled(data.booking)
        case kind if kind is ProfileChanged and data.record.profile is not None:
            return ProfileChanged(_environment(data.record.profile))
        case kind if kind is WindowBooked:
            found = next((one for one in data.record.windows if one.id == data.booking), None)
            return None if found is None else WindowBooked(_window(found))
        case _:
            return None


def booking_of(change: Change) -> str | None:
    """Return the id of the booked window that a change is about; None for a change of another kind."""
    match change:
        case WindowBooked(window):
            return window.id
        case WindowCancelled(booking):
            return booking
        case _:
            return None


def canonical(document: Any) -> str:
    """Return a contract's section as the JSON by which two versions are compared: sorted keys, no spaces."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record_data(record: ContractRecord) -> RecordData:
    """Return the record in the form in which it travels and is stored."""
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
        profile=None if record.profile is None else _profile(record.profile),
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
    """Return the record as the JSON text that services store."""
    return data.model_dump_json(exclude_none=True)


def read_record(text: str | bytes) -> ContractRecord:
    """Return the record of a stored text. Raises ValueError if it is none."""
    data = RecordData.model_validate_json(text)
    return ContractRecord(
        id=ContractId(data.id),
        revision=data.revision,
        frozen_through=data.frozen_through,
        windows=tuple(
            WindowEntry(window=_window(one), booked_in=one.booked_in, cancelled_in=one.cancelled_in)
            for one in data.windows
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
