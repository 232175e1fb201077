"""Dialects: one pure translation a ticketing system, from its deliveries to canonical incident events.

A new system is one file with `translate(delivery, source)` and a line in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sla_catalogue.source import Dialect, Source
from sla_ingest.dialect import cloudevents, github, jira
from sla_ingest.dialect.port import (
    Accepted,
    CodedReason,
    Delivery,
    DoesNotFit,
    Ignored,
    IngestRemark,
    Outcome,
    Parked,
    ParkedBecause,
    Refused,
    RemarkNote,
    TranslatedEvent,
    Translation,
)

__all__ = [
    "MEDIA_TYPES",
    "Accepted",
    "CodedReason",
    "Delivery",
    "DoesNotFit",
    "Ignored",
    "IngestRemark",
    "Outcome",
    "Parked",
    "ParkedBecause",
    "Refused",
    "RemarkNote",
    "TranslatedEvent",
    "Translation",
    "translate",
]

Translate = Callable[[Delivery, Source], Translation]

_SPOKEN: Mapping[Dialect, Translate] = MappingProxyType(
    {
        Dialect.CLOUDEVENTS: cloudevents.translate,
        Dialect.GITHUB: github.translate,
        Dialect.JIRA: jira.translate,
    }
)
# What a sender of the dialect may put into Content-Type; CloudEvents has rules of its own.
MEDIA_TYPES: Mapping[Dialect, frozenset[str]] = MappingProxyType(
    {Dialect.GITHUB: github.MEDIA_TYPES, Dialect.JIRA: jira.MEDIA_TYPES}
)


def translate(delivery: Delivery, source: Source) -> Translation:
    """What a delivery of this source means. Never raises for what a sender wrote."""
    return _SPOKEN[source.dialect](delivery, source)
