"""Every dated acceptance line of clauses.md: contract, priority, opened and due in the contract's own time, metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    clause: str
    contract: str
    priority: str
    opened: str
    metric: str
    due: str  # with the offset the customer sees

    @property
    def name(self) -> str:
        return f"{self.contract}-{self.priority}-{self.opened}"


CASES = (
    Case("H1 H2", "hpe-flexcare-pl", "L1", "2026-11-10T16:30", "first_response", "2026-11-12T08:30:00+01:00"),
    Case("H1 H2", "hpe-flexcare-pl", "L2", "2026-11-10T16:30", "first_response", "2026-11-12T11:30:00+01:00"),
    Case("H1 H2", "hpe-flexcare-pl", "L2", "2026-10-23T15:00", "first_response", "2026-10-26T10:00:00+01:00"),
    Case("H1 H2", "hpe-flexcare-tw", "L1", "2026-10-08T16:30", "first_response", "2026-10-12T08:30:00+08:00"),
    Case("H1 H2", "hpe-flexcare-tw", "L2", "2026-09-24T15:00", "first_response", "2026-09-29T10:00:00+08:00"),
    Case("B1 B2", "bpmonline-basic", "P1", "2026-11-20T17:30", "first_response", "2026-11-23T12:30:00+03:00"),
    Case("B1 B2", "bpmonline-basic", "P3", "2026-11-20T17:30", "first_response", "2026-11-23T16:30:00+03:00"),
    Case("B1 B2", "bpmonline-business", "P1", "2026-11-20T17:30", "first_response", "2026-11-21T09:30:00+03:00"),
    Case("B1 B2", "bpmonline-business", "P2", "2026-11-21T16:00", "first_response", "2026-11-22T11:00:00+03:00"),
    Case("B1 B2", "bpmonline-premium", "P1", "2026-11-21T23:45", "first_response", "2026-11-22T00:15:00+03:00"),
    Case("E1 E3", "express-8x5", "P1", "2026-11-03T18:00", "resolution", "2026-11-05T14:00:00+03:00"),
    Case("E1 E3", "express-8x5", "P3", "2026-11-03T18:00", "resolution", "2026-11-06T16:00:00+03:00"),
    Case("E1 E3", "express-8x5", "P4", "2026-12-30T12:00", "resolution", "2027-01-14T16:00:00+03:00"),
    Case("E1 E3", "express-24x7", "P1", "2026-11-03T18:00", "resolution", "2026-11-03T23:00:00+03:00"),
    Case("E1 E3", "express-24x7", "P4", "2026-11-03T18:00", "resolution", "2026-11-11T13:00:00+03:00"),
)
