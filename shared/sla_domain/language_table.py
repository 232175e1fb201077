"""The languages that slad speaks, and the one way in which a table of texts is made for all of them.

Which tables there are: docs/languages.md, which is compared with the calls of `language_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

LanguageTag = Literal["en", "pl", "it", "ru", "zh-TW"]
"""The tag (BCP 47) of a language that slad has texts in."""
LANGUAGE_TAGS: tuple[str, ...] = get_args(LanguageTag)
"""All of them, English first."""
LANGUAGES_LISTED = f"{', '.join(LANGUAGE_TAGS[:-1])} or {LANGUAGE_TAGS[-1]}"
"""All of them, as a help text names them."""

_Texts = TypeVar("_Texts")


def language_table(texts: Mapping[str, _Texts], *, translations: bool = False) -> Mapping[str, _Texts]:
    """Return a table of texts, language tag -> texts, that cannot be changed.

    Args:
        texts: The texts of every language that slad supports.
        translations: Whether `texts` must be without English, because the English texts are kept elsewhere.

    Raises:
        ValueError: `texts` lacks a language, or has one that slad does not support.
    """
    wanted = LANGUAGE_TAGS[1:] if translations else LANGUAGE_TAGS
    if set(texts) != set(wanted):
        raise ValueError(f"a table of texts has {', '.join(texts)}; slad speaks {', '.join(wanted)}")
    return MappingProxyType({tag: texts[tag] for tag in wanted})
