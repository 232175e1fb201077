"""A remark that says how things are now goes when they are so no more; one on a single event stays."""

from __future__ import annotations

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling

from sla_domain.contract import RoleHolder
from sla_domain.event import Actor, EventKind
from sla_domain.incident import RemarkKind
from sla_domain.plan import DowngradeMode, PriorityRules, Role
from sla_domain.rulebook import Rulebook

ROWS = (
    row("resolution", "unspecified", priority="P1"),
    row("resolution", "8h", priority=("P2", "P3")),
    row("resolution", "8h", "night", priority="P4"),
)
RULES = rulebook(
    plan(
        *ROWS,
        channels=frozenset({"portal", "phone"}),
        urgent_channels=frozenset({"phone"}),
        roles=(Role(id="contact", sole=True, clause="B8"),),
        rules=PriorityRules(without_description="P3", downgrade=DowngradeMode.BY_AGREEMENT, default="P2"),
    ),
    contract(id_="house", people={}),
    contract(id_="acme", products=frozenset({"shop"}), roles=(RoleHolder(role="contact", person="anna"),)),
)


def opened(priority: str = "P2", **stated: str) -> Telling:
    return Telling().opened("Mon 09:00", priority, product="shop", **stated)


CURES = {
    "a description": (
        RemarkKind.MISSING_DESCRIPTION,
        opened("P2", description=""),
        lambda told: told.happened(EventKind.DESCRIBED, "Mon 10:00", description="all of it"),
    ),
    "another priority than the one without a description": (
        RemarkKind.MISSING_DESCRIPTION,
        opened("P2", description=""),
        lambda told: told.priority("Mon 10:00", "P1"),
    ),
    "a priority that the plan knows": (
        RemarkKind.UNKNOWN_PRIORITY,
        opened("odd"),
        lambda told: told.priority("Mon 10:00", "P2"),
    ),
    "no priority any more": (
        RemarkKind.UNKNOWN_PRIORITY,
        opened("odd"),
        lambda told: told.priority("Mon 10:00", ""),
    ),
    "a customer": (
        RemarkKind.DEFAULT_CONTRACT,
        opened(customer=""),
        lambda told: told.happened(EventKind.RECLASSIFIED, "Mon 10:00", customer="acme"),
    ),
    "a contract with people": (
        RemarkKind.NOBODY_TO_TELL,
        opened(customer=""),
        lambda told: told.happened(EventKind.RECLASSIFIED, "Mon 10:00", customer="acme"),
    ),
    "a product in scope": (
        RemarkKind.OUT_OF_SCOPE,
        Telling().opened("Mon 09:00", "P2", product="till"),
        lambda told: told.happened(EventKind.RECLASSIFIED, "Mon 10:00", product="shop"),
    ),
    "a channel of the plan": (
        RemarkKind.CHANNEL_NOT_ENTITLED,
        opened(channel="pigeon"),
        lambda told: told.happened(EventKind.DESCRIBED, "Mon 10:00", channel="portal"),
    ),
    "the contact for whom somebody wrote": (
        RemarkKind.NOT_THE_CONTACT,
        opened(reporter="Ben"),
        lambda told: told.happened(EventKind.RECLASSIFIED, "Mon 10:00", reporter="ANNA"),
    ),
    "a customer without a contact": (
        RemarkKind.NOT_THE_CONTACT,
        opened(reporter="Ben"),
        lambda told: told.happened(EventKind.RECLASSIFIED, "Mon 10:00", customer="house"),
    ),
    "a priority that may come by any channel": (
        RemarkKind.URGENT_CHANNEL,
        opened("P1", channel="portal"),
        lambda told: told.priority("Mon 10:00", "P2", Actor.CUSTOMER),
    ),
    "a target with a number": (
        RemarkKind.UNSPECIFIED_TARGET,
        opened("P1"),
        lambda told: told.priority("Mon 10:00", "P2", Actor.CUSTOMER),
    ),
    "a row whose coverage there is": (
        RemarkKind.NO_COVERAGE,
        opened("P4"),
        lambda told: told.priority("Mon 10:00", "P2"),
    ),
    "an agreement": (
        RemarkKind.DOWNGRADE_PENDING,
        opened().priority("Mon 09:30", "P3"),
        lambda told: told.happened(EventKind.DOWNGRADE_AGREED, "Mon 10:00", actor=Actor.CUSTOMER),
    ),
    "a proposal taken back": (
        RemarkKind.DOWNGRADE_PENDING,
        opened().priority("Mon 09:30", "P3"),
        lambda told: told.priority("Mon 10:00", "P2"),
    ),
    "an end": (
        RemarkKind.DOWNGRADE_PENDING,
        opened().priority("Mon 09:30", "P3"),
        lambda told: told.resolved("Mon 10:00"),
    ),
    "an opening": (
        RemarkKind.NO_OPENING,
        Telling().updated("Mon 10:00", customer="acme"),
        lambda told: told.opened("Mon 09:00").late("5 h"),
    ),
    "another priority after one was taken away": (
        RemarkKind.TAKEN_AWAY,
        opened().priority("Mon 09:30", ""),
        lambda told: told.priority("Mon 10:00", "P3"),
    ),
    "another holder": (
        RemarkKind.TAKEN_AWAY,
        opened(assignee="ann").happened(EventKind.ASSIGNED, "Mon 09:30", assignee=""),
        lambda told: told.happened(EventKind.ASSIGNED, "Mon 10:00", assignee="bob"),
    ),
}


def kinds(told: Telling, rules: Rulebook = RULES) -> set[RemarkKind]:
    return {remark.kind for remark in told.fold(rules).remarks}


@pytest.mark.parametrize("cure", CURES)
def test_a_remark_ends_with_its_reason(cure: str) -> None:
    kind, told, cured = CURES[cure]
    told.events = list(told.events)
    assert kind in kinds(told)
    after = Telling()
    after.events = list(told.events)
    assert kind not in kinds(cured(after))


def test_a_remark_names_the_priority_that_is_in_force_now() -> None:
    told = opened("odd").priority("Mon 09:10", "P2").priority("Mon 09:20", "odd")
    told.happened(EventKind.DOWNGRADE_AGREED, "Mon 10:00", priority="P3", actor=Actor.CUSTOMER)
    (remark,) = [r for r in told.fold(RULES).remarks if r.kind is RemarkKind.UNKNOWN_PRIORITY]
    assert remark.text == "priority 'odd' is not one of the plan's: P3 is in force"


def test_what_an_event_did_stays_said() -> None:
    told = opened().resolved("Mon 10:00").opened("Mon 11:00", "P2", product="shop").closed("Mon 12:00")
    assert RemarkKind.OPENED_AGAIN in kinds(told)


def test_a_default_gives_way_to_the_default_of_the_contract_that_is_known_later() -> None:
    rules = rulebook(
        [
            plan(row("resolution", "8h"), rules=PriorityRules(default="P4")),
            plan(row("resolution", "8h"), id_="gold", rules=PriorityRules(default="P2")),
        ],
        contract(id_="house"),
        contract(id_="acme", plan="gold"),
    )
    told = Telling().opened("Mon 09:00", "", customer="")
    assert told.fold(rules).priority == "P4"
    told.happened(EventKind.RECLASSIFIED, "Mon 10:00", customer="acme")
    assert told.fold(rules).priority == "P2"


def test_a_pending_downgrade_ends_with_the_incident_and_is_pending_again_when_it_is_reopened() -> None:
    told = opened().priority("Mon 09:30", "P3").resolved("Mon 10:00")
    assert told.fold(RULES).pending_downgrade is None
    assert told.reopened("Mon 11:00").fold(RULES).pending_downgrade is not None
