"""What a language must say for the sentences of facts and remarks; English is in `sla_domain.sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.event import EventKind
from sla_domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceWords:
    """The sentences that slad writes in facts (published events) and remarks (odd facts), in one language."""

    between: str
    """The text between two sentences."""
    quoted: str
    """A name in quotation marks, with the place `{name}`."""
    somebody: str
    """The words for an unknown person."""
    no_metric: str
    """The words used where no clock is named."""
    sentences: Mapping[Sentence, str]
    """Sentence -> text with the same places to fill in."""
    kinds: Mapping[EventKind, str]
    """Kind of event -> noun."""
