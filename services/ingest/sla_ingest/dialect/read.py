"""Picking values out of a stranger's document: what is absent or of another type reads as empty, never as an error."""

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


def node(value: Any, *path: str) -> Node:
    """Return the object at a path; empty when there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else EMPTY


def items(value: Any, *path: str) -> list[Any]:
    """Return the array at a path; empty when there is none."""
    *parents, last = path
    found = node(value, *parents).get(last)
    return found if isinstance(found, list) else []


def text(value: Any, *path: str) -> str:
    """Return the text, whole number or truth value at a path as cleaned text (`clean`); "" for anything else."""
    *parents, last = path
    return clean(node(value, *parents).get(last))


def clean(value: Any, limit: int = MAX_VALUE) -> str:
    """Return a text, whole number or truth value as an attribute holds it, "" for anything else.

    Control characters become U+FFFD, the ends are trimmed, and the length is at most `limit` characters.
    """
    if isinstance(value, str):
        cut = value[: limit + 200].strip()
        return (cut if cut.isprintable() else UNWRITABLE.sub("\ufffd", cut))[:limit]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:limit] if isinstance(value, int) else ""


def identifier(value: Any) -> str:
    """Return an id that is a text or a whole number; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    written = str(value).strip()
    return written if writable(written) else ""


def spoken(value: Any) -> str:
    """Return the text of a value that may be an object (`{"name": …}`) or a list, of which the first counts."""
    if isinstance(value, list):
        return next((found for found in map(spoken, value) if found), "")
    if isinstance(value, dict):
        return next((found for found in (clean(value.get(name)) for name in _SPOKEN) if found), "")
    if isinstance(value, float):
        return repr(value)
    return clean(value)


def at_path(value: Any, dotted: str) -> str:
    """Return what a dotted path of the catalogue finds: `issue.fields.customfield_10002`, `labels.0.name`."""
    for name in dotted.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ""
    return spoken(value)


def after_prefix(prefix: str, labels: Iterable[str]) -> str:
    """Return the rest of the alphabetically first label with a prefix; "" when no label has it."""
    wanted = prefix.casefold()
    return next((label[len(prefix) :].strip() for label in sorted(labels) if label.casefold().startswith(wanted)), "")


def looked_up(lookup: Lookup | None, document: Any, labels: Iterable[str] = ()) -> str:
    """Return what a lookup of the catalogue finds in a delivery, translated by the lookup's own table."""
    if lookup is None:
        return ""
    found = (lookup.field and at_path(document, lookup.field)) or (lookup.label and after_prefix(lookup.label, labels))
    return clean(lookup.translated(found or lookup.constant)) if found or lookup.constant else ""


def has_path(value: Any, dotted: str) -> bool:
    """Return whether a document states anything at a dotted path, null included."""
    *parents, last = dotted.split(".")
    for name in parents:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return last in value if isinstance(value, dict) else isinstance(value, list) and last.isdigit()


def lookups(source: Source, usual_customer: Lookup | None, usual_product: Lookup | None) -> Mapping[str, Lookup]:
    """Return every attribute that the catalogue looks up; the dialect's usual places stand in for customer and
    product.
    """
    usual = {"customer": source.customer or usual_customer, "product": source.product or usual_product}
    return {name: lookup for name, lookup in usual.items() if lookup is not None} | dict(source.attributes)


def overlaid(
    shown: Mapping[str, str], found: Mapping[str, Lookup], document: Any, labels: Iterable[str]
) -> dict[str, str]:
    """Return the attributes that a sender shows, with those that the catalogue looks up in their place.

    A lookup of a name that the dialect has too, such as `type` or `priority`, replaces it wherever the delivery states
    something at the place of the lookup; a label's place is stated with all labels. Empty ones are left out.
    """
    labels = list(labels)
    looked = {name: looked_up(lookup, document, labels) for name, lookup in found.items()}
    said = {
        name: value
        for name, value in looked.items()
        if value or found[name].label or (found[name].field and has_path(document, found[name].field))
    }
    return {name: value for name, value in {**shown, **said}.items() if value}


def stamp(value: Any, quality: TimeQuality, *, zone: str = "UTC", version: int = 0) -> ClaimedTime:
    """Return the claimed time of a value; an absent or unreadable one is empty, with a remark that quotes it."""
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


def stated(**attributes: str) -> dict[str, str]:
    """Return the attributes that are not empty: an absent attribute is one that the event does not state."""
    return {name: value for name, value in attributes.items() if value}
