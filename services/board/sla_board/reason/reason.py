"""The reason of a breach, as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla_domain.bounds import WHO, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidReason:
    """What somebody said was the reason of a breach.

    `clock`: the id of the clock that ran past its due instant. `contract`: the clock's. `code`: one of those that its
    plan offers; `text`: in the author's words, "" for none. `by`: the author's name, as given, and the key it came by.
    """

    clock: str
    incident: str
    contract: str
    code: str
    text: str
    by: str
    at: datetime

    @property
    def id(self) -> str:
        """Return the id under which the audit log names it: that of the clock."""
        return self.clock

    def says(self, code: str, text: str) -> bool:
        """Return whether it has this code and text already."""
        return (self.code, self.text) == (code, text)

    def audited(self) -> dict[str, Any]:
        """Return those fields of which the audit log records a checksum."""
        return {"clock": self.clock, "code": self.code, "text": self.text, "by": self.by, "at": self.at}


def name_and_key(named: str, key: str) -> str:
    """Return who said a reason, as it is kept, such as `Anna Weber (key ops)`.

    `named`: the name in the request; `key`: the id of the API key. If one of them is "", the result is the other; if
    both are, `somebody`. A name that is too long is shortened, the key is not.
    """
    by = f" (key {key})" if named and key else ""
    return shorten(named or key or "somebody", WHO - len(by)) + by
