"""What a language must say for the sentences of facts and remarks; English is in `sla_domain.sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.event import EventKind
from sla_domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceWords:
    """The sentences of facts and remarks in one language.

    `sentences`: sentence -> text with the same places to fill in. `kinds`: kind of event -> noun.
    `between`: what stands between two sentences. `quoted`: a name in quotation marks. `somebody`: an unknown person.
    `no_metric`: no clock is named.
    """

    between: str
    quoted: str  # name
    somebody: str
    no_metric: str
    sentences: Mapping[Sentence, str]
    kinds: Mapping[EventKind, str]
