"""The words of reports, a module a language: key -> text, or plural category -> text."""

from __future__ import annotations

from collections.abc import Mapping

from sla_board.report.words import en, it, pl, ru, zh_tw
from sla_board.report.words.words import ReportWords
from sla_domain.explain.language import tag_for
from sla_domain.language_table import language_table

WORDS: Mapping[str, ReportWords] = language_table(
    {one.language: one for one in (en.WORDS, pl.WORDS, it.WORDS, ru.WORDS, zh_tw.WORDS)}
)
"""Language tag -> its words."""


def words_in(language: str) -> ReportWords:
    """Return the words of reports in a language. English for an unsupported language.

    Args:
        language: Language tag, such as `pl` or `pl-PL`.
    """
    return WORDS[tag_for(language)]
