"""Section `keys`: who may call the API."""

from __future__ import annotations

from sla_catalogue.document.field import Day, Document, Names, SecretValue


class KeyDocument(Document):
    """An API key, by its SHA-256 or in plain text, and what it may do.

    `sha256`: the hash in hexadecimal.
    `key`: the key itself, for a catalogue on one machine.
    `scopes`: such as `ingest` or `read`.
    `contract`: the only contract that the key may see; absent: all.
    `expires`: the first day on which the key is no longer valid; absent: never.
    """

    sha256: str | None = None
    key: SecretValue | None = None
    scopes: Names
    contract: str | None = None
    expires: Day | None = None
