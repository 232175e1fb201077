"""An incident is judged by the version of a recorded contract that is in force at each of its instants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, instant

from sla_domain.clock import ClockState
from sla_domain.contract import Contract, ContractId
from sla_domain.fold import Folding, fold, timeline
from sla_domain.normal import normal
from sla_domain.rulebook import ContractBoundary, Rulebook

FOUR = plan(row("resolution", "4h", warn=[75]), id_="four")
TWO = plan(row("resolution", "2h"), id_="two")
HOUSE = contract("house", plan="four")


class Recorded:
    """Versions of one contract, as (from when, plan, known at)."""

    def __init__(self, *versions: tuple[str, str, str]) -> None:
        self.versions = [
            replace(contract("acme", plan=plan_), version=number, effective_from=instant(since))
            for number, (since, plan_, _) in enumerate(versions, 1)
        ]
        self.known = [instant(known) for _, _, known in versions]

    def __contains__(self, contract: object) -> bool:
        return contract == "acme"

    def ids(self) -> Collection[ContractId]:
        return [ContractId("acme")]

    def contracts_of(self, customer: str) -> tuple[ContractId, ...]:
        return (ContractId("acme"),) if normal(customer) == "acme" else ()

    def at(self, contract: ContractId, instant: datetime) -> Contract | None:
        return next((one for one in reversed(self.versions) if one.effective_from <= instant), None)  # type: ignore[operator]

    def newest(self, contract: ContractId) -> Contract | None:
        return self.versions[-1]

    def boundaries(self, contract: ContractId) -> tuple[ContractBoundary, ...]:
        return tuple(
            ContractBoundary(one.effective_from, contract, one.version, known)  # type: ignore[arg-type]
            for one, known in zip(self.versions, self.known, strict=True)
        )

    def with_products(self, products: Iterable[str]) -> tuple[ContractId, ...]:
        return ()

    def products(self) -> Mapping[str, str]:
        return {}

    def revisions(self, contracts: Iterable[ContractId]) -> Mapping[str, int]:
        return {one: len(self.versions) for one in contracts if one == "acme"}

    def pin(self, contracts: Iterable[ContractId]) -> str:
        found = self.revisions(contracts)
        return f"{found['acme']:012d}" if found else ""


def book(*versions: tuple[str, str, str]) -> Rulebook:
    made = rulebook([FOUR, TWO], HOUSE)
    return replace(made, recorded=Recorded(*versions))


def test_an_open_clock_gets_the_target_of_the_version_that_takes_effect() -> None:
    rules = book(("Mon 08:00", "four", "Mon 08:00"), ("Tue 10:00", "two", "Tue 10:00"))
    incident = fold(Telling().opened("Tue 09:00").events, rules)
    (clock,) = incident.clocks
    assert (clock.due_at, clock.original_due_at) == (instant("Tue 11:00"), instant("Tue 13:00"))
    assert clock.generation == 1
    assert clock.target_event == "contract/acme/version/2"


def test_what_ended_before_keeps_its_verdict() -> None:
    rules = book(("Mon 08:00", "four", "Mon 08:00"), ("Tue 10:00", "two", "Tue 10:00"))
    told = Telling().opened("Mon 09:00").resolved("Mon 12:00")
    (clock,) = fold(told.events, rules).clocks
    assert clock.state is ClockState.MET
    assert clock.due_at == instant("Mon 13:00")


def test_a_late_event_before_the_change_is_judged_by_the_version_of_its_instant() -> None:
    rules = book(("Mon 08:00", "four", "Mon 08:00"), ("Tue 10:00", "two", "Tue 10:00"))
    told = Telling().opened("Tue 09:00")
    folding = Folding(timeline(told.events), rules)
    assert folding.incident().clocks[0].due_at == instant("Tue 11:00")
    told.resolved("Tue 09:50")
    later = told.events[-1:]
    assert folding.unfit(later) is None  # the instants of contracts do not hinder what comes late
    folding.read_next(later)
    assert folding.incident() == fold(told.events, rules)
    assert folding.incident().clocks[0].state is ClockState.MET


def test_an_incident_opened_before_the_first_version_is_the_default_contracts_until_then() -> None:
    rules = book(("Tue 10:00", "two", "Tue 10:00"))
    incident = fold(Telling().opened("Tue 09:00").events, rules)
    assert [period.contract for period in incident.periods] == ["house", "acme"]
    assert incident.clocks[0].due_at == instant("Tue 11:00")


def test_a_change_dated_back_is_known_only_since_it_was_written() -> None:
    rules = book(("Mon 08:00", "four", "Mon 08:00"), ("Tue 10:00", "two", "Wed 09:00"))
    (clock,) = fold(Telling().opened("Tue 09:00").events, rules).clocks
    breach = next(mark for mark in clock.marks if mark.kind == "breach")
    assert breach.at == instant("Tue 11:00")
    assert breach.known_since == instant("Wed 09:00")


def test_the_version_of_an_incident_names_the_revisions_that_decided() -> None:
    rules = replace(book(("Mon 08:00", "four", "Mon 08:00")), version="0123456789ab")
    assert rules.version_for([ContractId("acme")], ["Acme"]) == "0123456789abx000000000001"
    assert rules.version_for([ContractId("house")], ["nobody"]) == "0123456789ab"
