"""A link to a contract's support plan, as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class LinkState(StrEnum):
    """Whether a link to a support plan is open, expired or revoked."""

    OPEN = "open"
    """The link opens the plan."""
    EXPIRED = "expired"
    """The time of the link is over."""
    REVOKED = "revoked"
    """Somebody revoked the link, before or after its time was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLink:
    """A link with which anybody can read the support plan of `contract`, without an API key."""

    id: str
    """The id that names the link. It does not open the link."""
    contract: str
    language: str
    """The language of the page."""
    reason: str
    """Why the link was created."""
    made_at: datetime
    made_by: str
    """Who created the link, as in the audit log, such as `key:ops`."""
    expires_at: datetime
    """The link opens the plan until this instant."""
    revoked_at: datetime | None = None
    """When the link was revoked. From this instant on it opens nothing. None if it was not revoked."""
    revoked_by: str = ""
    """Who revoked the link, as in the audit log. "" if it was not revoked."""

    def state(self, now: datetime) -> LinkState:
        """Return the state of the link at `now`.

        A revoked link is REVOKED. Any other link is OPEN before `expires_at`, and EXPIRED from then on.
        """
        if self.revoked_at is not None:
            return LinkState.REVOKED
        return LinkState.OPEN if now < self.expires_at else LinkState.EXPIRED

    def audited(self) -> dict[str, Any]:
        """Return the fields of the link from which the audit log computes a checksum.

        They are contract, language, `expires_at` and `revoked_at`. The token (the secret part of the link's address)
        and its hash are left out.
        """
        return {
            "contract": self.contract,
            "language": self.language,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }
