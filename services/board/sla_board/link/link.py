"""A link to a contract's support plan, as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class LinkState(StrEnum):
    """Whether a link opens the plan: `OPEN`. `EXPIRED`: its time is over. `REVOKED`: somebody took it back."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLink:
    """A link by which whoever has it reads the support plan of `contract`, and nothing else, until `expires_at`.

    `language`: of the page it opens. `made_by`, `revoked_by`: as in the audit log, such as `key:ops`. `reason`: why it
    was made. `revoked_at`: from when on it is refused, None while nobody has revoked it.
    """

    id: str
    contract: str
    language: str
    reason: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""

    def state(self, now: datetime) -> LinkState:
        """Return whether the link opens the plan at `now`. A link that was revoked stays so."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        return LinkState.OPEN if now < self.expires_at else LinkState.EXPIRED

    def audited(self) -> dict[str, Any]:
        """Return what the audit log digests of the link; never its token or the hash of it."""
        return {
            "contract": self.contract,
            "language": self.language,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }
