"""Key `tell` of plans, entitlements and contracts: which roles are notified of what, beside the escalation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sla_catalogue.document.condition import ConditionDocument
from sla_catalogue.document.field import Document, Names
from sla_domain.escalation import TellKind
from sla_domain.tell import Happening


class TellDocument(Document):
    """A rule on which people are notified when something happens to an incident or objective."""

    on: Happening
    """What people are told of, such as `opened`."""
    to: Annotated[Names, Field(min_length=1)]
    """Names of roles, those of the customer's side too, or ids of people."""
    kind: TellKind = TellKind.NOTICE
    """`notice` to inform people, `page` to ask for an acknowledgement. Only a breach can be paged."""
    priority: Names = Field(default_factory=list)
    """The priorities for which the rule applies. Empty for all."""
    metric: Names = Field(default_factory=list)
    """The metrics for which the rule applies. Empty for all."""
    when: dict[str, ConditionDocument] = Field(default_factory=dict)
    """What else the fact must say: `product`, `customer`, `threshold`, `score`, `actor` or `escalated_to`."""
    coverage: str | None = None
    """Name of the hours in which the rule applies. Absent means at any hour."""
    outside: bool = False
    """Whether the rule applies outside these hours instead."""
    clause: str = ""
    """The contract clause, such as `H5`."""
