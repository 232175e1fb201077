"""Reading values from a sender's document: what is absent or of another type reads as empty, never as an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sla_catalogue.source import Lookup, Source
from sla_domain.bounds import UNWRITABLE, VALUE, writable
from sla_domain.calendar import LocalTime
from sla_domain.event import TimeQuality
from sla_ingest.dialect.instant import BadInstant, read_instant
from sla_ingest.dialect.port import ClaimedTime, IngestRemark, RemarkNote

Node = Mapping[str, Any]
EMPTY: Node = {}
MAX_VALUE = VALUE
MAX_DESCRIPTION = 1_000
# Under these names senders' objects carry what people read.
_SPOKEN = ("name", "value", "displayName", "title", "login", "key", "id")


def object_at(value: Any, *path: str) -> Node:
    """Return the JSON object at a path within a document; an empty object if there is none.

    `value`: the document. `path`: the keys, from the outermost to that of the object.
    """
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else EMPTY


def array_at(value: Any, *path: str) -> list[Any]:
    """Return the JSON array at a path within a document; an empty list if there is none.

    `value`: the document. `path`: the keys, from the outermost to that of the array.
    """
    *parents, last = path
    found = object_at(value, *parents).get(last)
    return found if isinstance(found, list) else []


def text_at(value: Any, *path: str) -> str:
    """Return the text at a path within a document, cleaned by `clean_text`; "" if there is none.

    `value`: the document. `path`: the keys, from the outermost to that of the text. A whole number or truth value there
    is returned as text.
    """
    *parents, last = path
    return clean_text(object_at(value, *parents).get(last))


def clean_text(value: Any, limit: int = MAX_VALUE) -> str:
    """Return a text in the form in which attributes are stored.

    It is without spaces at its ends, cut to `limit` characters, and each control character becomes U+FFFD. A whole
    number or truth value is returned as text; "" for anything else.
    """
    if isinstance(value, str):
        cut = value[: limit + 200].strip()
        return (cut if cut.isprintable() else UNWRITABLE.sub("\ufffd", cut))[:limit]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:limit] if isinstance(value, int) else ""


def identifier_text(value: Any) -> str:
    """Return an id that a sender gives as text, without spaces at its ends.

    A whole number is converted to text. "" for any other value, and for a text with control characters.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    written = str(value).strip()
    return written if writable(written) else ""


def name_text(value: Any) -> str:
    """Return a value of a delivery as text; "" if there is no text in it.

    An object gives its name: the first of `name`, `value`, `displayName` and similar keys that has a text. A list gives
    its first item that gives a text.
    """
    if isinstance(value, list):
        return next((found for found in map(name_text, value) if found), "")
    if isinstance(value, dict):
        return next((found for found in (clean_text(value.get(name)) for name in _SPOKEN) if found), "")
    if isinstance(value, float):
        return repr(value)
    return clean_text(value)


def text_at_dotted_path(value: Any, dotted: str) -> str:
    """Return the text at a path such as `issue.fields.customfield_10002` or `labels.0.name`; "" if there is none.

    `value`: the document. `dotted`: the path, of keys and list indexes. An object there gives its `name`, `value` or
    another such key. A list gives its first item that gives a text.
    """
    for name in dotted.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ""
    return name_text(value)


def after_prefix(prefix: str, labels: Iterable[str]) -> str:
    """Return the rest of a label that begins with `prefix`; "" if none does.

    If several labels do, the first in sorted order is used. Case does not matter for the prefix; spaces around the
    result are removed.
    """
    wanted = prefix.casefold()
    return next((label[len(prefix) :].strip() for label in sorted(labels) if label.casefold().startswith(wanted)), "")


def look_up_value(lookup: Lookup | None, document: Any, labels: Iterable[str] = ()) -> str:
    """Return the value that a lookup finds in a delivery; "" if it finds none.

    `lookup`: a setting of the catalogue that says where to find a value; None finds none. It gives the text at its path
    in `document`; else the rest of one of `labels` that begins with its prefix; else its constant. Its table then
    translates that text.
    """
    if lookup is None:
        return ""
    found = (lookup.field and text_at_dotted_path(document, lookup.field)) or (
        lookup.label and after_prefix(lookup.label, labels)
    )
    return clean_text(lookup.translate(found or lookup.constant)) if found or lookup.constant else ""


def has_path(value: Any, dotted: str) -> bool:
    """Return whether a document has a value at a path, even if the value is null.

    `value`: the document. `dotted`: the path, such as `issue.fields.priority`.
    """
    *parents, last = dotted.split(".")
    for name in parents:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return last in value if isinstance(value, dict) else isinstance(value, list) and last.isdigit()


def attribute_lookups(
    source: Source, usual_customer: Lookup | None, usual_product: Lookup | None
) -> Mapping[str, Lookup]:
    """Return where the catalogue says that attributes are found in the deliveries of a source.

    The result is attribute -> Lookup. `usual_customer`, `usual_product`: used for `customer` and `product` if the
    catalogue gives no lookup; None: no default.
    """
    usual = {"customer": source.customer or usual_customer, "product": source.product or usual_product}
    return {name: lookup for name, lookup in usual.items() if lookup is not None} | dict(source.attributes)


def overlay_lookups(
    shown: Mapping[str, str], found: Mapping[str, Lookup], document: Any, labels: Iterable[str]
) -> dict[str, str]:
    """Return a delivery's attributes after the catalogue's lookups have been applied.

    `shown`: the attributes that the translator took from the delivery itself. `found`: attribute -> its lookup, a
    setting that says where to find it: in `document` (the delivery) or the ticket's `labels`. If a lookup finds a
    value, that replaces the one in `shown`. If it finds none, but is by label or its path exists in the document, the
    attribute is removed. Otherwise the value in `shown` stays. Empty attributes are left out.
    """
    labels = list(labels)
    values = {name: look_up_value(lookup, document, labels) for name, lookup in found.items()}
    stated = {
        name: value
        for name, value in values.items()
        if value or found[name].label or (found[name].field and has_path(document, found[name].field))
    }
    return {name: value for name, value in {**shown, **stated}.items() if value}


def claimed_time(value: Any, quality: TimeQuality, *, zone: str = "UTC", version: int = 0) -> ClaimedTime:
    """Return the time that a sender states for an event, as a ClaimedTime.

    `value`: text such as `2026-02-03T04:05:06Z`, or a number of seconds, milli-, micro- or nanoseconds since 1970.
    `quality`, `version` (the sender's number of the change, 0 for none): copied to the result. `zone`: the time zone of
    a text without offset. If the clock there showed that time twice or never, a remark is added, and EXACT becomes
    DOUBTFUL. If the value is absent (None, "", 0, the year 1), `at` of the result is None. If it is unreadable or
    outside the years 1970 to 2200, `at` is None, and a remark quotes it.
    """
    try:
        found = read_instant(value, zone)
    except BadInstant as error:
        return ClaimedTime(
            at=None, quality=quality, version=version, remarks=(RemarkNote(IngestRemark.NO_TIME, str(error)),)
        )
    if not isinstance(found, LocalTime):
        return ClaimedTime(at=found, quality=quality, version=version)
    if quality is TimeQuality.EXACT:
        quality = TimeQuality.DOUBTFUL
    return ClaimedTime(
        at=found.at, quality=quality, version=version, remarks=(RemarkNote(IngestRemark.LOCAL_TIME, found.doubt()),)
    )


def stated_attributes(**attributes: str) -> dict[str, str]:
    """Return those of the given attributes that are not empty, as an event changes them.

    The result is name -> value.
    """
    return {name: value for name, value in attributes.items() if value}
