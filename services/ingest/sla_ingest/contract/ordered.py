"""A change of a contract as somebody orders it, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sla_catalogue.compiler import ContractProblem
from sla_catalogue.tree import Plain
from sla_domain.record import Change, ContractRecord
from sla_platform.audit.act import ActName, Command


@dataclass(frozen=True, slots=True)
class ChangedContract:
    """The result of changing a contract: its record afterwards, and warnings."""

    record: ContractRecord
    """The contract's record after the change. In a dry run, or if there was nothing to change, it is the record before.
    """
    warnings: tuple[ContractProblem, ...] = ()
    """Findings that do not prevent the change."""


@dataclass(frozen=True, slots=True)
class OrderedChange:
    """A change of a contract that somebody has asked for: who and why, and the function that prepares the change."""

    act: ActName
    """The name of the change in the audit log."""
    command: Command
    """Who orders the change, and why."""
    prepare: Callable[[ContractRecord, datetime], Change | None]
    """Called with the record and the present time. Returns the change, or None if there is nothing to change. May raise
    RefusedChange."""
    place: str = ""
    """The key of the body that says how large the change is; "" for the whole body."""


SectionEdit = Callable[[dict[str, Plain]], dict[str, Plain]]
"""Returns a contract's section with a part changed; raises Problem for what cannot be."""
