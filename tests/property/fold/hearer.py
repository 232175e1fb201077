"""Whoever reads the facts of an incident and nothing else: what stands, and every sentence that was not so.

It knows breaches by metric and due instant, as people do, or by clock and due instant where two cycles may by chance be
due at one instant. It shares no code with the telling: what it compares with is the fold's own marks at the moment of
each fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sla_domain.incident import Incident
from sla_platform.wire.fact_body import details_of

Breach = tuple[str, datetime]
"""Its metric (or clock) and the due instant that was passed."""


@dataclass
class Hearer:
    """`standing`: told breaches by clock and key. `wrong`: what should not have been said."""

    by_clock: bool = False
    standing: dict[tuple[str, str], Breach] = field(default_factory=dict)
    warned: set[tuple[str, str, datetime]] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def hear(self, fact: Any, key: str, incident: Incident | None) -> None:
        """One fact (its data as on the wire); `incident` as it was folded when the fact was told."""
        clock, kind, details = str(fact.clock), fact.kind.value, details_of(fact.body)
        if f"{clock}/{key}" in self.ids:
            self.wrong.append(f"{clock}/{key} twice")
        self.ids.add(f"{clock}/{key}")
        self._taken_back(clock, details, self.breaches(incident))
        if kind == "clock.amended" and "breached_at" in details:
            self._move(clock, *(datetime.fromisoformat(details[name]) for name in ("old_breached_at", "breached_at")))
        if kind == "clock.breached":
            breach = (clock if self.by_clock else fact.metric, fact.at)
            if breach in self.standing.values():
                self.wrong.append(f"{breach} told again")
            self.standing[clock, key] = breach
        if kind == "clock.warned":
            said = (clock, fact.body.threshold, fact.at)
            if said in self.warned:
                self.wrong.append(f"{fact.body.threshold} of {fact.at} warned of again")
            self.warned.add(said)

    def ends(self, incident: Incident | None, at: datetime) -> None:
        """Everything up to `at` has been told: what stands is what is so."""
        there, stands = self.breaches(incident, at), set(self.standing.values())
        self.wrong += [f"{each} stands and is not so" for each in stands - there]
        self.wrong += [f"{each} was never told" for each in there - stands]

    def breaches(self, incident: Incident | None, until: datetime | None = None) -> frozenset[Breach]:
        """What the fold has; those ahead too unless `until` says where the end is."""
        return frozenset(
            (str(clock.id) if self.by_clock else clock.metric, mark.at)
            for clock in (incident.clocks if incident is not None else ())
            for mark in clock.marks
            if mark.kind == "breach" and (until is None or mark.at <= until)
        )

    def _taken_back(self, clock: str, details: Any, there: frozenset[Breach]) -> None:
        keys, dues = details.get("takes_back", "").split(), details.get("takes_back_due", "").split()
        if len(keys) != len(dues):
            self.wrong.append("another number of instants than of keys")
        for key in keys:
            breach = self.standing.pop((clock, key), None)
            if breach is None:
                self.wrong.append(f"{key} taken back and never told")
            elif breach in there:
                self.wrong.append(f"{breach} taken back although it is broken")

    def _move(self, clock: str, was: datetime, now: datetime) -> None:
        moved = [place for place, (_, at) in self.standing.items() if place[0] == clock and at == was]
        if not moved:
            self.wrong.append(f"a breach of {was} moved that was never told")
        for place in moved:
            self.standing[place] = (self.standing[place][0], now)
