"""Key `notices` of a plan: which notices of critical fixes it entitles to (clauses H6, H15 and I5, docs/clauses.md)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, refuse
from sla_domain.notice_terms import Cause, Registration, Severity

_FORMER = {"registered": "{registration: opt_in}", "entitled": "{registration: none}"}


class NoticesDocument(Document):
    """Which notices of critical fixes a plan includes, and whether people must register for them.

    `registration`: `none`: everybody of the contract is notified, except people with `notices: false`. `opt_in`: only
    people who have registered, and people with `notices: true`.
    `causes`, `severities`: a notice must have one of these; absent: any.
    `clause`: the contract clause, such as `H5`.
    The text `none` means that the plan includes no notices. A plan without this document includes all notices for
    everybody of the contract.
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
