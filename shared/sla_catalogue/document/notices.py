"""Key `notices` of a plan: which notices of critical fixes it entitles to (clauses H6, H15 and I5, docs/clauses.md)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, refuse
from sla_domain.notice_terms import Cause, Registration, Severity

_FORMER = {"registered": "{registration: opt_in}", "entitled": "{registration: none}"}


class NoticesDocument(Document):
    """Which notices of critical fixes a plan entitles to, and whether people must register for them.

    `registration`: `none`: everybody of the contract is notified, except people with `notices: false`; `opt_in`: only
    who has registered, and people with `notices: true`. `causes`, `severities`: a notice must have one of these;
    without the key, any. `clause`: the clause that states it, such as `H5`. Written as the text `none`: the plan
    entitles to no notices. A plan without this document entitles everybody of the contract to all notices.
    """

    registration: Registration = Registration.NONE
    causes: list[Cause] = Field(default_factory=lambda: list(Cause))
    severities: list[Severity] = Field(default_factory=lambda: list(Severity))
    clause: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if isinstance(value, str) and value in _FORMER:
            raise refuse("notices", f"{value!r} is not written any more", f"write notices: {_FORMER[value]}")
        return {"causes": []} if value == "none" else value
