"""Section `keys`: who may call the API."""

from __future__ import annotations

from sla_catalogue.document.field import Day, Document, Names, SecretValue


class KeyDocument(Document):
    """An API key: the SHA-256 of the key (or, locally, the key itself) and what it may do.

    `scopes`: such as `ingest` or `read`. `contract`: the only contract it sees. `expires`: the first day on which it is
    no longer valid.
    """

    sha256: str | None = None
    key: SecretValue | None = None
    scopes: Names
    contract: str | None = None
    expires: Day | None = None
