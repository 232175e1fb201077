"""The sentences that facts and remarks carry in English (`sla_domain.sentence`), in the reader's language."""

from __future__ import annotations

from sla_domain.explain.sentences.read import SENTENCE_LANGUAGES, reason_words, sentence_words
from sla_domain.explain.sentences.words import SentenceWords

__all__ = ["SENTENCE_LANGUAGES", "SentenceWords", "reason_words", "sentence_words"]
