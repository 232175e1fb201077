"""The words of reports in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

Said = str | Mapping[str, str]
"""A text; or plural category of CLDR (one, few, many, other) -> text, for a text with a `{count}`."""


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The fixed texts of reports in one language."""

    language: str
    said: Mapping[str, Said]
    """Key -> text with placeholders in braces."""

    @property
    def locale(self) -> Locale:
        """Return the Babel locale by which numbers, dates and plurals are formatted."""
        return Locale.parse(self.language, sep="-")

    def text(self, key: str, count: int | None = None) -> str:
        """Return the text for a key.

        For an unknown key, such as one of a later release, the result is the part after the last dot, with spaces.

        Args:
            count: Chooses the plural form if the text has several.
        """
        found = self.said.get(key)
        if found is None:
            return key.rpartition(".")[2].replace("_", " ")
        if isinstance(found, str):
            return found
        category = self.locale.plural_form(count if count is not None else 0)
        return found.get(category) or found["other"]
