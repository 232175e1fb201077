"""A code for the reason of a breach, and a breach as far as reasons go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A code for the reason of a breach, such as `no_capacity`."""

    id: str
    titles: Mapping[str, str]
    """Language tag -> text."""
    needs_text: bool = False
    """Whether a person who chooses the code must also write a text."""

    def title(self, language: str) -> str:
        """Return the title in a language, such as `pl`. A missing title is given in English, or else as the id."""
        return self.titles.get(language) or self.titles.get("en") or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRecord:
    """A breach: a clock that ran past its due instant `breached_at`."""

    clock: str
    incident: str
    contract: str
    plan: str
    metric: str
    breached_at: datetime
    exempt: bool = False
    """Whether the clock is left out of the attainment. Such a breach needs no reason."""
    code: str = ""
    """The code of the reason. "" if no reason is given."""

    @property
    def unexplained(self) -> bool:
        """Return whether the breach has no reason and its clock is not exempt."""
        return not self.code and not self.exempt
