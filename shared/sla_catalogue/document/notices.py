"""Key `notices` of a plan: which notices of critical fixes it entitles to (clauses H6, H15 and I5, docs/clauses.md)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, refuse
from sla_domain.notice_terms import Cause, Registration, Severity

_FORMER = {"registered": "{registration: opt_in}", "entitled": "{registration: none}"}


class NoticesDocument(Document):
    """Which notices of critical fixes a plan includes, and whether people must register for them.

    The text `none` means that the plan includes no notices. A plan without this document includes all notices for
    everybody of the contract.
    """

    registration: Registration = Registration.NONE
    """With `none`, everybody of the contract is notified, except people with `notices: false`. With `opt_in`, only
    people who have registered and people with `notices: true` are notified."""
    causes: list[Cause] = Field(default_factory=lambda: list(Cause))
    """Causes of the notices that are included. Absent means any."""
    severities: list[Severity] = Field(default_factory=lambda: list(Severity))
    """Severities of the notices that are included. Absent means any."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if isinstance(value, str) and value in _FORMER:
            raise refuse("notices", f"{value!r} is not written any more", f"write notices: {_FORMER[value]}")
        return {"causes": []} if value == "none" else value
