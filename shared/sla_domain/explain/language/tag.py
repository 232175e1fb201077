"""Which of the available languages comes nearest to the one that is asked for, by BCP 47 tags."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_ENGLISH = "en"


def nearest_tag(wanted: str, available: Collection[str]) -> str:
    """Return the available language tag nearest to the tag `wanted`, or "" if none is near.

    The whole tag is tried first, then the tag without its last subtags, then any tag of the same language. Case is
    ignored, `_` is read as `-`, and a suffix after `.` or `@` is dropped: `pl_PL.UTF-8` gives `pl`.
    """
    parts = wanted.partition(".")[0].partition("@")[0].replace("_", "-").lower().split("-")
    known = {tag.lower(): tag for tag in available}
    for length in range(len(parts), 0, -1):
        if found := known.get("-".join(parts[:length])):
            return found
    return next((tag for low, tag in known.items() if low.partition("-")[0] == parts[0]), "")


def first_available(wanted: Iterable[str], available: Collection[str]) -> str:
    """Return the available tag for the first wanted language that has one, or `en` if none has.

    Args:
        wanted: Language tags, the most wanted first. "" is skipped.
    """
    return next((tag for each in wanted if (tag := nearest_tag(each, available))), _ENGLISH)


def accepted_tag(header: str, available: Collection[str]) -> str:
    """Return the available tag that an `Accept-Language` header prefers, or `en` if the header accepts none.

    Parts of the header that cannot be parsed are skipped.

    Args:
        header: Such as `pl-PL,pl;q=0.9,en;q=0.5`.
    """
    liked: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            liked.append((float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return first_available((tag for weight, tag in sorted(liked, key=lambda one: -one[0]) if weight > 0), available)
