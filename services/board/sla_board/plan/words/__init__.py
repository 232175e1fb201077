"""The words of a support plan, a module a language; `words_in` finds them."""

from __future__ import annotations

from sla_board.plan.words import en, it, pl, ru, zh_tw
from sla_board.plan.words.words import PlanWords
from sla_domain.explain.language import tag_for

_WORDS = {one.language: one for one in (en.WORDS, pl.WORDS, it.WORDS, ru.WORDS, zh_tw.WORDS)}


def words_in(language: str) -> PlanWords:
    """Return the words of a language, by its tag or a variant of it; English for a language slad does not speak."""
    return _WORDS.get(tag_for(language), en.WORDS)
