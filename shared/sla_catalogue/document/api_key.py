"""Section `keys`: who may call the API."""

from __future__ import annotations

from sla_catalogue.document.field import Day, Document, Names, SecretValue


class KeyDocument(Document):
    """An API key, by its SHA-256 or in plain text, and what it may do."""

    sha256: str | None = None
    """The hash in hexadecimal."""
    key: SecretValue | None = None
    """The key itself, for a catalogue on one machine."""
    scopes: Names
    """What the key may do, such as `ingest` or `read`."""
    contract: str | None = None
    """The only contract that the key may see. Absent means all."""
    expires: Day | None = None
    """The first day on which the key is no longer valid. Absent means that the key stays valid."""
