"""The reason of a breach, as it is stored. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla_domain.bounds import WHO, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidReason:
    """A reason that somebody stated for a breach."""

    clock: str
    """Id of the clock that ran past its due instant."""
    incident: str
    contract: str
    """Id of the clock's contract."""
    code: str
    """One of the codes that the clock's plan offers."""
    text: str
    """The author's own words. "" for none."""
    by: str
    """Name of the author and id of the API key."""
    at: datetime

    @property
    def id(self) -> str:
        """Return the id that the audit log uses: the id of the clock."""
        return self.clock

    def says(self, code: str, text: str) -> bool:
        """Return whether the reason has this code and this text, so that it need not be stored again."""
        return (self.code, self.text) == (code, text)

    def audited(self) -> dict[str, Any]:
        """Return the fields whose checksum the audit log records."""
        return {"clock": self.clock, "code": self.code, "text": self.text, "by": self.by, "at": self.at}


def name_and_key(named: str, key: str) -> str:
    """Return the author of a reason as stored text, such as `Anna Weber (key ops)`.

    A long name is shortened. If only the name or only the key is given, it is returned alone. If neither is given, the
    result is `somebody`.

    Args:
        named: The name in the request. "" for none.
        key: Id of the API key. "" for none.
    """
    by = f" (key {key})" if named and key else ""
    return shorten(named or key or "somebody", WHO - len(by)) + by


def reason_in_force(stated: Sequence[SaidReason], contract: str) -> SaidReason | None:
    """Return the last reason that was stated for a breach under a contract, or None if there is none.

    Args:
        stated: The reasons for one breach, the oldest first. Those stated under other contracts are ignored.
        contract: Id of the contract.
    """
    return next((one for one in reversed(stated) if one.contract == contract), None)
