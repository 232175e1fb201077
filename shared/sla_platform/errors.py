"""Errors at the edges, sorted by what to do about them.

PlatformError
├── Retryable          try the same again later: nothing was changed
│   ├── StoreBusy      the database did not take the work in time
│   └── BusUnavailable the broker cannot be reached
├── Permanent          trying again will fail again: quarantine it
│   ├── BadEnvelope    an event on the bus cannot be understood
│   └── BadSettings    a setting is missing or makes no sense
└── Fenced             another owner has taken over: stop, change nothing
"""

from __future__ import annotations


class PlatformError(Exception):
    """Something outside slad's own logic failed: database, broker, settings."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Retryable(PlatformError):
    """The same work may succeed later; nothing was changed."""


class StoreBusy(Retryable):
    """The database did not take the work in time; try again shortly."""


class BusUnavailable(Retryable):
    """The broker cannot be reached; events wait in the log until it can."""


class Permanent(PlatformError):
    """The same work will fail again; the event or row that it is about is quarantined."""


class BadEnvelope(Permanent):
    """An event on the bus cannot be understood; it is quarantined with its raw bytes."""


class BadSettings(Permanent):
    """A setting is missing or makes no sense; `slad config` prints what was read."""


class Fenced(PlatformError):
    """Another instance owns this work now; this one stops without changing anything."""
