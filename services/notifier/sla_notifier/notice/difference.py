"""What a revision of a notice changed, as its readers see it. Pure."""

from __future__ import annotations

from sla_platform.wire import NoticeData

_SHOWN = ("title", "severity", "cause", "products", "text", "link")


def changed_fields(before: NoticeData, after: NoticeData) -> tuple[str, ...]:
    """Return the names of the fields in which two revisions of a notice of a critical fix differ.

    Only fields that readers see are compared: title, severity, cause, products, text and link. The names are in this
    order.
    """
    return tuple(name for name in _SHOWN if getattr(before, name) != getattr(after, name))
