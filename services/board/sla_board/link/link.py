"""A link to a contract's support plan, as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class LinkState(StrEnum):
    """The state of a link to a support plan.

    `OPEN`: it opens the plan. `EXPIRED`: its time is over. `REVOKED`: somebody revoked it, before or after it expired.
    """

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLink:
    """A link with which anybody reads the support plan of `contract`, without an API key, until `expires_at`.

    `id`: names the link, but does not open it. `language`: of the page that it opens. `reason`: why it was made.
    `made_by`, `revoked_by`: as in the audit log, such as `key:ops`. `revoked_at`: when it was revoked, from when on it
    opens nothing; None, and `revoked_by` "", if it was not revoked.
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
        """Return the state of the link at `now`.

        If somebody revoked it, it is REVOKED. If not, it is OPEN before `expires_at`, and EXPIRED from then on.
        """
        if self.revoked_at is not None:
            return LinkState.REVOKED
        return LinkState.OPEN if now < self.expires_at else LinkState.EXPIRED

    def audited(self) -> dict[str, Any]:
        """Return those fields of the link of which the audit log records a checksum.

        They are contract, language, `expires_at` and `revoked_at`. The token (the secret part of the link's address)
        and its hash are not among them.
        """
        return {
            "contract": self.contract,
            "language": self.language,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }
