"""The languages of explanations: those of the plans' sources (docs/clauses.md, Conventions): en, pl, it, ru, zh-TW."""

from __future__ import annotations

from collections.abc import Mapping

from sla_domain.explain.language import en, it, pl, ru, zh_tw
from sla_domain.explain.language.tag import nearest_tag
from sla_domain.explain.language.words import Words
from sla_domain.language_table import language_table

LANGUAGES: Mapping[str, Words] = language_table(
    {"en": en.WORDS, "pl": pl.WORDS, "it": it.WORDS, "ru": ru.WORDS, "zh-TW": zh_tw.WORDS}
)


def tag_for(language: str) -> str:
    """Return the tag of the supported language nearest to `language`, or `en` if none is near.

    For example, `pl-PL` gives `pl`, and both `zh` and `zh_Hant` give `zh-TW`.
    """
    return nearest_tag(language, LANGUAGES) or "en"


def words_for(language: str) -> Words:
    """Return the texts of the supported language nearest to `language`, or the English ones if none is near."""
    return LANGUAGES[tag_for(language)]
