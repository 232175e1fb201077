"""What people did to an incident becomes a fact once: escalated, rated, asked to lower; and how it opens and ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, instant

from sla_domain.diff import new_facts
from sla_domain.event import Actor, EventKind
from sla_domain.fact import DowngradeProposed, DowngradeSettled, EscalationMade, Fact, FactKind, RatingGiven
from sla_domain.phase import Phase
from sla_domain.phase_state import turn_of
from sla_domain.plan import DowngradeMode, PriorityRules

RULES = rulebook(
    plan(row("resolution", "2h", "always"), rules=PriorityRules(downgrade=DowngradeMode.BY_AGREEMENT, default="P1"))
)
KINDS = (FactKind.ESCALATION_MADE, FactKind.RATING_GIVEN, FactKind.DOWNGRADE_PROPOSED)


def facts(told: Telling, keys: frozenset[str] = frozenset()) -> list[Fact]:
    return [fact for fact in new_facts(told.fold(RULES), {}, keys) if fact.kind in KINDS]


def test_an_escalation_and_a_rating_are_each_told_once() -> None:
    told = Telling().opened("Mon 10:00")
    told.happened(EventKind.ESCALATED, "Mon 10:30", actor=Actor.CUSTOMER, actor_name="Carla", reason="no news")
    told.happened(EventKind.RATED, "Mon 11:00", actor=Actor.CUSTOMER, score=2, reason="slow")
    first, second = facts(told)
    assert first.body == EscalationMade("Carla", "customer", "", "no news")
    assert second.body == RatingGiven(2, "customer", "slow")
    assert (first.at, first.history) == (told.at("Mon 10:30"), False)
    assert facts(told, frozenset({first.key, second.key})) == []
    assert facts(told, frozenset({first.key})) == [second]


def test_a_lowering_that_waits_is_told_and_one_that_was_agreed_meanwhile_is_not() -> None:
    told = Telling().opened("Mon 10:00")
    told.happened(
        EventKind.DOWNGRADE_PROPOSED, "Mon 10:20", actor_name="Nora", attributes={"priority": "P3"}, reason="w"
    )
    (one,) = facts(told)
    assert one.body == DowngradeProposed("P1", "P3", "Nora", "w")
    told.happened(EventKind.DOWNGRADE_AGREED, "Mon 10:30", actor=Actor.CUSTOMER)
    assert facts(told) == []


def test_what_an_earlier_release_did_not_tell_is_history_later() -> None:
    told = Telling().opened("Mon 10:00")
    told.happened(EventKind.ESCALATED, "Mon 10:30", actor=Actor.CUSTOMER)
    told.updated("Wed 12:00")
    assert [fact.history for fact in facts(told, frozenset({"promise"}))] == [True]
    assert [fact.history for fact in facts(told)] == [False], "nothing is known of the incident yet"


HEARD = datetime(2027, 6, 7, 12, tzinfo=UTC)  # 200 days later
CORRECTED = rulebook(plan(row("resolution", "2h", "always"), rules=PriorityRules(correction_notice=True, default="P1")))
HAPPENED = {FactKind.ESCALATION_MADE, FactKind.RATING_GIVEN, FactKind.PRIORITY_CORRECTED}


def long_ago(received_at: datetime | None = None) -> Telling:
    told = Telling()

    def at(when: str) -> datetime:
        return received_at or told.at(when)

    told.opened("Mon 10:00", priority="P3", actor=Actor.CUSTOMER, received_at=at("Mon 10:00"))
    told.happened(EventKind.ESCALATED, "Mon 10:30", actor=Actor.CUSTOMER, received_at=at("Mon 10:30"))
    told.priority("Mon 10:40", "P1", received_at=at("Mon 10:40"))
    told.resolved("Mon 11:00", received_at=at("Mon 11:00"))
    told.happened(EventKind.RATED, "Mon 11:30", actor=Actor.CUSTOMER, score=2, received_at=at("Mon 11:30"))
    return told


def judged(told: Telling, keys: frozenset[str] = frozenset()) -> dict[FactKind, bool]:
    """Whether each of what people did is history."""
    facts = new_facts(told.fold(CORRECTED), {}, keys)
    return {fact.kind: fact.history for fact in facts if fact.kind in HAPPENED}


@pytest.mark.parametrize("keys", [frozenset[str](), frozenset({"promise"})], ids=["first heard of", "known before"])
def test_what_lay_back_when_slad_first_heard_of_it_is_history(keys: frozenset[str]) -> None:
    assert judged(long_ago(HEARD), keys) == dict.fromkeys(HAPPENED, True)


def test_what_is_heard_of_as_it_happens_is_news_and_a_rating_after_the_end_too() -> None:
    assert judged(long_ago()) == dict.fromkeys(HAPPENED, False)


def test_what_an_incident_that_was_over_when_heard_of_had_seen_is_history_on_the_same_day() -> None:
    """Its rating came after the end, and nobody has heard of it: it is news for a day."""
    told = long_ago(instant("Mon 14:00"))
    assert judged(told) == dict.fromkeys(HAPPENED, True) | {FactKind.RATING_GIVEN: False}


def test_a_lowering_that_waits_is_news_however_late_slad_hears_of_it() -> None:
    told = Telling().opened("Mon 10:00", received_at=HEARD)
    told.happened(EventKind.DOWNGRADE_PROPOSED, "Mon 10:20", attributes={"priority": "P3"}, received_at=HEARD)
    (one,) = facts(told)
    assert (one.kind, one.history) == (FactKind.DOWNGRADE_PROPOSED, False)


@pytest.mark.parametrize(
    ("before", "now", "turned"),
    [
        (None, Phase.OPEN, "opened"), (None, Phase.WAITING, "opened"), (None, Phase.CLOSED, ""),
        ("open", Phase.WAITING, ""), ("waiting", Phase.RESOLVED, "resolved"), ("open", Phase.CLOSED, "resolved"),
        ("open", Phase.CANCELLED, ""), ("open", Phase.MERGED, ""), ("resolved", Phase.CLOSED, ""),
        ("closed", Phase.OPEN, "reopened"),
    ],
)  # fmt: skip
def test_an_incident_opens_ends_and_opens_again(before: str | None, now: Phase, turned: str) -> None:
    assert turn_of(before, now) == turned


def test_a_proposal_that_waits_no_more_is_told_once_however_it_ended() -> None:
    told = Telling().opened("Mon 10:00")
    told.happened(EventKind.DOWNGRADE_PROPOSED, "Mon 10:20", attributes={"priority": "P3"})
    (proposed,) = facts(told)
    keys = frozenset({"promise", proposed.key})
    for kind, more in (
        (EventKind.DOWNGRADE_DECLINED, {}),
        (EventKind.DOWNGRADE_AGREED, {}),
        (EventKind.RESOLVED, {}),
        (EventKind.DOWNGRADE_PROPOSED, {"attributes": {"priority": "P4"}}),
    ):
        ended = Telling()
        ended.events = list(told.events)
        incident = ended.happened(kind, "Mon 10:30", actor=Actor.CUSTOMER, **more).fold(RULES)
        (settled,) = [fact for fact in new_facts(incident, {}, keys) if fact.kind is FactKind.DOWNGRADE_SETTLED]
        assert settled.body == DowngradeSettled(proposed.key)
        assert settled.at == told.at("Mon 10:30")
        later = new_facts(incident, {}, keys | {settled.key})
        assert FactKind.DOWNGRADE_SETTLED not in {fact.kind for fact in later}
    still = new_facts(told.fold(RULES), {}, keys)
    assert FactKind.DOWNGRADE_SETTLED not in {fact.kind for fact in still}


def test_a_proposal_that_is_declined_leaves_the_priority_and_is_not_made_again_by_repeating_it() -> None:
    told = Telling().opened("Mon 10:00").priority("Mon 10:20", "P3")
    assert told.fold(RULES).pending_downgrade is not None
    told.happened(EventKind.DOWNGRADE_DECLINED, "Mon 10:30", actor=Actor.CUSTOMER)
    told.updated("Mon 10:40", priority="P3")  # the ticket shows the lower one with every update
    incident = told.fold(RULES)
    assert (incident.priority, incident.pending_downgrade) == ("P1", None)
    told.priority("Mon 10:50", "P3")  # somebody asks anew
    assert told.fold(RULES).pending_downgrade is not None
