"""Secrets and keys that are public, because they are in slad's own example, documents and demonstrations."""

from __future__ import annotations

from collections.abc import Iterator

from sla_catalogue.api_key import digest_of_key
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.secret import Secret

KNOWN_SECRETS = frozenset(
    {
        "demo-ingest-key",
        "demo-read-key",
        "demo-admin-key",
        "demo-github-secret",
        "demo-jira-secret",
        "whsec_bG9jYWwtZGVtby1zZWNyZXQtb25seS1mb3ItdGhpcw==",
    }
)
_DIGESTS = frozenset(map(digest_of_key, KNOWN_SECRETS))


def known_secret_places(catalogue: Catalogue) -> list[str]:
    """Return the places at which a catalogue uses a secret or key from slad's published examples.

    Everybody can read these examples, so such a secret protects nothing. The places are sorted texts, such as
    `sources.demo`.
    """
    places = {place for place, secret in _secrets(catalogue) if secret.available and secret.value in KNOWN_SECRETS}
    return sorted(places | {f"keys.{key.id}" for key in catalogue.keys.values() if key.sha256 in _DIGESTS})


def _secrets(catalogue: Catalogue) -> Iterator[tuple[str, Secret]]:
    for source in catalogue.sources.values():
        for secret in source.authentication.secrets:
            yield f"sources.{source.id}", secret
    for channel in catalogue.channels.values():
        for secret in channel.every_secret():
            yield f"channels.{channel.id}", secret
    smtp = catalogue.settings.smtp
    if smtp is not None and smtp.password is not None:
        yield "settings.smtp", smtp.password
