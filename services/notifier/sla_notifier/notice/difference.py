"""What a revision of a notice changed, as its readers see it. Pure."""

from __future__ import annotations

from sla_platform.wire import NoticeData

_SHOWN = ("title", "severity", "cause", "products", "text", "link")


def changed_fields(before: NoticeData, after: NoticeData) -> tuple[str, ...]:
    """Return the names of the fields that readers see and that differ between two revisions, in a fixed order.

    Reasons, authors and instants do not count.
    """
    return tuple(name for name in _SHOWN if getattr(before, name) != getattr(after, name))
