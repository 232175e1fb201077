"""The words of a support plan, a module a language; `words_in` finds them by tag, `accepted_words` by a header."""

from __future__ import annotations

from sla_board.plan.words import en, it, pl, ru, zh_tw
from sla_board.plan.words.words import PlanWords
from sla_domain.explain.language import tag_for
from sla_domain.explain.language.tag import accepted_tag
from sla_domain.language_table import language_table

_WORDS = language_table({one.language: one for one in (en.WORDS, pl.WORDS, it.WORDS, ru.WORDS, zh_tw.WORDS)})


def words_in(language: str) -> PlanWords:
    """Return a support plan's fixed texts in a language; in English for an unknown language.

    Args:
        language: A language tag, such as `pl` or `pl-PL`.
    """
    return _WORDS.get(tag_for(language), en.WORDS)


def accepted_words(header: str) -> PlanWords:
    """Return a support plan's fixed texts in the preferred language of an `Accept-Language` header.

    Languages that slad does not know, and parts that cannot be parsed, are skipped. If no language is left, the texts
    are in English.

    Args:
        header: For example, `pl-PL,pl;q=0.9,en;q=0.5`.
    """
    return _WORDS[accepted_tag(header, _WORDS)]
