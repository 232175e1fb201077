"""The words of reports in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

Said = str | Mapping[str, str]
"""A text; or plural category of CLDR (one, few, many, other) -> text, for a text with a `{count}`."""


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The fixed texts of reports in a language. `said`: key -> text, with placeholders in braces."""

    language: str
    said: Mapping[str, Said]

    @property
    def locale(self) -> Locale:
        """Return the locale of Babel for numbers, dates and plurals."""
        return Locale.parse(self.language, sep="-")

    def text(self, key: str, count: int | None = None) -> str:
        """Return the text for a key. `count`: chooses the plural form, if the text has several.

        A key that is in no table, as one of a later release may be, gives its last part with spaces.
        """
        found = self.said.get(key)
        if found is None:
            return key.rpartition(".")[2].replace("_", " ")
        if isinstance(found, str):
            return found
        category = self.locale.plural_form(count if count is not None else 0)
        return found.get(category) or found["other"]
