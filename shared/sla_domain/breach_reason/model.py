"""A code for the reason of a breach, and a breach as far as reasons go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A code for the reason of a breach. `titles`: language tag -> text.

    `needs_text`: the code alone says too little, so that a text is asked for.
    """

    id: str
    titles: Mapping[str, str]
    needs_text: bool = False

    def title(self, language: str) -> str:
        """Return the title in a language, such as `pl`; in English, else the id, where there is none."""
        return self.titles.get(language) or self.titles.get("en") or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRecord:
    """A breach: the clock that ran past its due instant `breached_at`, under a plan.

    `exempt`: the clock counts in no attainment, so that nobody asks for a reason. `code`: of its reason, "" if it has
    none.
    """

    clock: str
    incident: str
    contract: str
    plan: str
    metric: str
    breached_at: datetime
    exempt: bool = False
    code: str = ""

    @property
    def unexplained(self) -> bool:
        """Return whether the breach has no reason, and counts."""
        return not self.code and not self.exempt
