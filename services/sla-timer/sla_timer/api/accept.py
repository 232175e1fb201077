"""Whether a caller prefers plain text or JSON (RFC 9110, 12.5.1)."""

from __future__ import annotations


def preferred_format(accept: str) -> str:
    """Return which format the caller of an HTTP route prefers: "text" or "json".

    The result is "text" only if the header prefers text/plain to application/json.

    Args:
        accept: The Accept header of the request.
    """
    weights = dict(map(_range, accept.split(",")))
    plain = weights.get("text/plain", 0.0)
    return "text" if plain > weights.get("application/json", 0.0) else "json"


def _range(written: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in written.split(";"))
    weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0
