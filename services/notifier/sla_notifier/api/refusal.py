"""What the notifier's routes refuse, for the description of the API."""

from __future__ import annotations

from typing import Any

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "no key, or an unknown one"},
    403: {"description": "the key lacks the scope"},
}
"""Of every route that asks for a key."""
REFUSALS_OF_ONE: dict[int | str, dict[str, Any]] = {**REFUSALS, 404: {"description": "not known here"}}
"""Of a route about one object."""
