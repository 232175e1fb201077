"""Reading values from a sender's document: an absent value, or one of another type, is read as empty."""

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
    """Return the JSON object at a path in a document; an empty object if there is none.

    Args:
        value: The document.
        path: The keys, the outermost first.
    """
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else EMPTY


def array_at(value: Any, *path: str) -> list[Any]:
    """Return the JSON array at a path in a document; an empty list if there is none.

    Args:
        value: The document.
        path: The keys, the outermost first.
    """
    *parents, last = path
    found = object_at(value, *parents).get(last)
    return found if isinstance(found, list) else []


def text_at(value: Any, *path: str) -> str:
    """Return the text at a path in a document, cleaned by `clean_text`; "" if there is none.

    A whole number or a truth value is returned as text.

    Args:
        value: The document.
        path: The keys, the outermost first.
    """
    *parents, last = path
    return clean_text(object_at(value, *parents).get(last))


def clean_text(value: Any, limit: int = MAX_VALUE) -> str:
    """Return a text in the form in which attributes are stored.

    Spaces at its ends are removed, it is cut to `limit` characters, and each control character becomes U+FFFD. A whole
    number or a truth value is returned as text. The result is "" for anything else.
    """
    if isinstance(value, str):
        cut = value[: limit + 200].strip()
        return (cut if cut.isprintable() else UNWRITABLE.sub("\ufffd", cut))[:limit]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:limit] if isinstance(value, int) else ""


def identifier_text(value: Any) -> str:
    """Return a sender's id as text, without spaces at its ends.

    A whole number is converted to text. The result is "" for any other value, and for a text with control characters.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    written = str(value).strip()
    return written if writable(written) else ""


def name_text(value: Any) -> str:
    """Return a value of a delivery as text; "" if it has no text.

    For an object the result is its name: the first of `name`, `value`, `displayName` and similar keys that has a text.
    For a list it is the text of the first item that has one.
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

    For an object the result is its `name`, `value` or a similar key. For a list it is the text of the first item that
    has a text.

    Args:
        value: The document.
        dotted: The path, of keys and list indexes separated by dots.
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
    """Return the rest of a label that begins with `prefix`; "" if there is no such label.

    If there are several, the first in sorted order is used. The prefix is compared in any case. Spaces around the
    result are removed.
    """
    wanted = prefix.casefold()
    return next((label[len(prefix) :].strip() for label in sorted(labels) if label.casefold().startswith(wanted)), "")


def look_up_value(lookup: Lookup | None, document: Any, labels: Iterable[str] = ()) -> str:
    """Return the value that a lookup finds in a delivery; "" if it finds none.

    The first of these is used: the text at the lookup's path in `document`, the rest of a label that begins with the
    lookup's prefix, the lookup's constant. The lookup's table then translates the text.

    Args:
        lookup: A setting of the catalogue that says where to find a value. None finds no value.
    """
    if lookup is None:
        return ""
    found = (lookup.field and text_at_dotted_path(document, lookup.field)) or (
        lookup.label and after_prefix(lookup.label, labels)
    )
    return clean_text(lookup.translate(found or lookup.constant)) if found or lookup.constant else ""


def has_path(value: Any, dotted: str, whole: Iterable[str] = ()) -> bool:
    """Return whether a document says what the value at a path is, or says that there is no value.

    The document says that there is no value if null, an empty text or an empty list is at the path or at a container
    above it, or if a list is too short for the path. A missing key says nothing, except in an object that is listed in
    `whole`.

    Args:
        value: The document.
        dotted: The path, such as `issue.fields.priority`.
        whole: Paths of objects that the sender always sends with all their keys. A key that is missing from one of
            them, or from an object inside, means that there is no value.
    """
    walked: list[str] = []
    shown = tuple(whole)
    for name in dotted.split("."):
        if isinstance(value, list) and name.isdigit():
            if int(name) >= len(value):
                return True
            value = value[int(name)]
        elif not isinstance(value, dict):
            return False
        elif name in value:
            value = value[name]
        else:
            return _within(".".join(walked), shown)
        walked.append(name)
        if value is None or value in ("", []):
            return True
    return True


def _within(path: str, whole: Iterable[str]) -> bool:
    return any(path == shown or path.startswith(f"{shown}.") for shown in whole)


def attribute_lookups(
    source: Source, usual_customer: Lookup | None, usual_product: Lookup | None
) -> Mapping[str, Lookup]:
    """Return where to find attributes in the deliveries of a source, by the settings of the catalogue.

    The result maps an attribute to its Lookup.

    Args:
        usual_customer: The lookup for `customer` if the catalogue has no such lookup. None means no default.
        usual_product: The lookup for `product` if the catalogue has no such lookup. None means no default.
    """
    usual = {"customer": source.customer or usual_customer, "product": source.product or usual_product}
    return {name: lookup for name, lookup in usual.items() if lookup is not None} | dict(source.attributes)


def stated_lookups(
    lookups: Mapping[str, Lookup], document: Any, labels: Iterable[str] | None = None, whole: Iterable[str] = ()
) -> dict[str, str]:
    """Return the attributes that a delivery shows, found by the catalogue's lookups, as name -> value.

    An attribute is included in three cases: its lookup finds a value; its lookup is by label, and the labels are known;
    or the delivery says that there is no value (`has_path`). Without a value, the value is "".

    Args:
        lookups: Maps an attribute to its lookup, a setting that says where to find the value.
        document: The delivery.
        labels: The ticket's labels. None means that the delivery does not show them.
        whole: Paths of objects that the delivery shows with all their keys (see `has_path`).
    """
    there = list(labels or ())
    values = {name: look_up_value(lookup, document, there) for name, lookup in lookups.items()}
    return {
        name: value
        for name, value in values.items()
        if value
        or (lookups[name].label and labels is not None)
        or (lookups[name].field and has_path(document, lookups[name].field, whole))
    }


def overlay_lookups(
    shown: Mapping[str, str],
    found: Mapping[str, Lookup],
    document: Any,
    labels: Iterable[str],
    whole: Iterable[str] = (),
) -> dict[str, str]:
    """Return a delivery's attributes after the catalogue's lookups were applied.

    Attributes that are empty in `shown` are left out. If a lookup finds a value, it replaces the value in `shown`. If a
    lookup finds none, the attribute becomes "" in two cases: the lookup is by label, or the document says that there is
    none. Otherwise the value in `shown` is kept.

    Args:
        shown: The attributes that the translator found itself.
        found: Maps an attribute to its lookup, a setting of the catalogue that says where to find the value.
        document: The delivery.
        labels: The ticket's labels.
        whole: Paths of objects that the delivery shows with all their keys (see `has_path`).
    """
    return stated_attributes(**shown) | stated_lookups(found, document, labels, whole)


def claimed_time(value: Any, quality: TimeQuality, *, zone: str = "UTC", version: int = 0) -> ClaimedTime:
    """Return the time that a sender gives for an event, as a ClaimedTime.

    If the value is absent (None, "", 0, the year 1), the result's `at` is None. If the value is unreadable or outside
    the years 1970 to 2200, `at` is None, and a remark quotes the value.

    Args:
        value: A text such as `2026-02-03T04:05:06Z`, or a number of seconds, milliseconds, microseconds or nanoseconds
            since 1970.
        quality: How reliable the time is; copied to the result.
        zone: The time zone of a text without an offset. If the clock in `zone` showed the time twice or never, a remark
            is added, and EXACT becomes DOUBTFUL.
        version: The sender's number of the change; 0 for none. Copied to the result.
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


def change_number(written: str) -> int:
    """Return a sender's number of a change (a version of the ticket) as an integer.

    The result is 0 if `written` is no whole number that fits the database column.
    """
    return int(written) if written.isascii() and written.isdigit() and len(written) < 18 else 0


def stated_attributes(**attributes: str) -> dict[str, str]:
    """Return the given attributes that are not empty, by name."""
    return {name: value for name, value in attributes.items() if value}
