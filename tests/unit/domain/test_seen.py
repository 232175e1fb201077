"""What a key of one contract sees: its own periods, nothing later, and no word of another contract's people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling

from sla_domain.breakdown import incident_breakdown
from sla_domain.contract_view import ContractView, contract_view
from sla_domain.diff import new_facts
from sla_domain.event import Actor, AgreedTarget, EventKind, IncidentEvent, WaitingOn
from sla_domain.fact import ContractChanged
from sla_domain.fold import fold
from sla_domain.published import keys_after

BOOK = rulebook(
    plan(row("first_response", "4h", "always"), row("resolution", "90h", "always", priority=("P1", "P2"))),
    contract("house", customers=frozenset()),
    contract("acme"),
    contract("beta"),
)


def view(story: Telling, who: str) -> ContractView | None:
    return contract_view(story.events, story.fold(BOOK).periods, who)


def owners(story: Telling) -> list[tuple[str, bool]]:
    return [(period.contract, period.named) for period in story.fold(BOOK).periods]


def given_away() -> Telling:
    return (
        Telling()
        .opened("Mon 10:00", title="acme's")
        .waits("Mon 10:10", reason="acme waits")
        .resumed("Mon 10:20")
        .happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta", title="beta's")
        .updated("Mon 11:10", reason="beta works")
    )


def test_the_periods_begin_where_contract_or_customer_change() -> None:
    story = given_away()
    assert [(p.contract, p.customer, p.start, p.event) for p in story.fold(BOOK).periods] == [
        ("acme", "acme", story.at("Mon 10:00"), "e0"),
        ("beta", "beta", story.at("Mon 11:00"), "e3"),
    ]


def test_who_had_it_sees_it_as_it_stood_when_it_left() -> None:
    story = given_away()
    found = view(story, "acme")
    assert found is not None
    assert (found.until, sorted(found.own)) == (story.at("Mon 11:00"), ["e0", "e1", "e2"])
    left = found.of(fold(found.events, BOOK))
    assert left.attributes["title"] == "acme's"
    assert {clock.contract for clock in left.clocks} == {"acme"}
    assert found.as_of(story.at("Tue 10:00")) == story.at("Mon 11:00")


def test_who_has_it_sees_its_own_time_and_the_present_attributes() -> None:
    story = given_away()
    found = view(story, "beta")
    assert found is not None
    assert (found.until, sorted(found.own)) == (None, ["e3", "e4"])
    now, whole = found.of(fold(found.events, BOOK)), story.fold(BOOK)
    assert now.attributes == whole.attributes
    assert [(c.id, c.state, c.due_at) for c in now.clocks] == [(c.id, c.state, c.due_at) for c in whole.clocks]
    assert "acme waits" not in str(now.clocks)
    assert "acme waits" in str(whole.clocks)


def test_who_held_it_under_another_contract_is_not_shown() -> None:
    story = (
        Telling()
        .opened("Mon 10:00", assignee="ann", line="1")
        .happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta")
        .happened(EventKind.ASSIGNED, "Mon 11:30", assignee="bob", line="2")
        .happened(EventKind.DESCRIBED, "Mon 12:00", customer="acme")
    )
    held: dict[str, dict[str, float]] = {}
    for who in ("acme", "beta"):
        found = view(story, who)
        assert found is not None
        seen = found.of(fold(found.events, BOOK))
        spans = incident_breakdown(seen, found.as_of(story.at("Mon 15:00"))).by_holder()
        held[who] = {holder.assignee: sums.wall / timedelta(hours=1) for holder, sums in spans.items()}
    assert held == {"acme": {"ann": 1, "bob": 3}, "beta": {"ann": 0.5, "bob": 0.5}}


def test_nobody_else_sees_anything() -> None:
    assert view(given_away(), "house") is None


def test_a_correction_of_the_default_contract_gives_the_time_before_too() -> None:
    story = Telling(customer="").opened("Mon 10:00").updated("Mon 10:05", reason="triage")
    story.happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta")
    theirs, house = view(story, "beta"), view(story, "house")
    assert owners(story) == [("house", False), ("beta", True)]
    assert theirs is not None
    assert theirs.everything
    assert house is not None
    assert (sorted(house.own), house.until) == (["e0", "e1"], story.at("Mon 11:00"))


def test_the_default_contract_in_the_middle_is_nobody_elses() -> None:
    story = Telling().opened("Mon 10:00").happened(EventKind.DESCRIBED, "Mon 11:00", customer="nobody knows")
    story.updated("Mon 11:10").happened(EventKind.DESCRIBED, "Mon 12:00", customer="beta")
    assert owners(story) == [("acme", True), ("house", False), ("beta", True)]
    assert [sorted(found.own) for who in ("acme", "house", "beta") if (found := view(story, who))] == [
        ["e0"], ["e1", "e2"], ["e3"]
    ]  # fmt: skip


def test_a_late_word_moves_the_filter_with_the_fold() -> None:
    story = Telling().opened("Mon 10:00").updated("Mon 12:00", reason="work")
    assert view(story, "acme") is not None
    story.happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta").late()
    before, after = view(story, "acme"), view(story, "beta")
    assert before is not None
    assert sorted(before.own) == ["e0"]
    assert after is not None
    assert sorted(after.own) == ["e1", "e2"]
    # Corrected at the very opening, it never was Acme's.
    story.happened(EventKind.DESCRIBED, "Mon 10:00", customer="beta").late()
    assert view(story, "acme") is None
    whole = view(story, "beta")
    assert whole is not None
    assert len(whole.own) == 4


def test_from_an_event_that_is_not_judged_yet_nobody_sees_on() -> None:
    story = Telling().opened("Mon 10:00").updated("Mon 10:30")
    told = story.fold(BOOK).periods
    story.happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta").updated("Mon 11:10")
    found = contract_view(story.events, told, "acme", complete=False)
    assert found is not None
    assert (sorted(found.own), found.until) == (["e0", "e1"], story.at("Mon 11:00"))
    assert contract_view(story.events, told, "beta", complete=False) is None
    # The other way round: the word is here before the event that made it.
    periods = story.fold(BOOK).periods
    without = [event for event in story.events if event.id != "e2"]
    views = [contract_view(without, periods, who, complete=False) for who in ("acme", "beta")]
    assert [sorted(found.own) for found in views if found] == [["e0", "e1"], ["e3"]]


def test_a_reporter_who_answers_is_the_customer_without_the_name_too() -> None:
    story = Telling().opened("Mon 10:00", reporter="zoe").responded("Mon 10:30", actor=Actor.UNKNOWN, actor_name="zoe")
    story.happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta")
    found = view(story, "beta")
    assert found is not None
    assert "zoe" not in {event.actor_name for event in found.events}
    states = [clock.state for clock in fold(found.events, BOOK).clocks]
    assert states == [clock.state for clock in story.fold(BOOK).clocks]


def test_a_move_is_told_once_with_all_periods_and_again_when_they_change() -> None:
    story, keys = Telling().opened("Mon 10:00"), frozenset[str]()

    def told() -> list[list[str]]:
        nonlocal keys
        facts = [fact for fact in new_facts(story.fold(BOOK), {}, keys) if fact.clock is None]
        keys = keys_after(keys, facts)
        return [[p.contract for p in f.body.periods] for f in facts if isinstance(f.body, ContractChanged)]

    assert told() == []
    story.happened(EventKind.DESCRIBED, "Mon 11:00", customer="beta")
    assert (told(), told()) == ([["acme", "beta"]], [])
    story.happened(EventKind.DESCRIBED, "Mon 10:00", customer="beta").late()
    assert (told(), told()) == ([["acme", "beta"]], [])  # the first of them has no length now
    story.events[:] = [event for event in story.events if event.id == "e0"]
    assert (told(), told()) == ([["acme"]], [])


_KINDS = st.sampled_from(
    [
        EventKind.UPDATED,
        EventKind.RESPONDED,
        EventKind.WAITING,
        EventKind.RESUMED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.DESCRIBED,
        EventKind.CUSTOMER_REPLIED,
        EventKind.TARGET_AGREED,
        EventKind.CANCELLED,
        EventKind.EXEMPTED,
    ]
)
_STEPS = st.lists(
    st.tuples(_KINDS, st.integers(0, 400), st.sampled_from([None, None, "acme", "beta", "", "nobody"])), max_size=12
)


def _lived(steps: list[tuple[EventKind, int, str | None]]) -> list[IncidentEvent]:
    """Every event bears words of its own, wherever a person could write some."""
    story = Telling().opened("Mon 10:00", actor_name="by e0.", reason="why e0.")
    for number, (kind, minute, customer) in enumerate(steps, 1):
        when = f"Mon {10 + minute // 60:02}:{minute % 60:02}"
        said = {"customer": customer} if customer is not None else {}
        fields = {
            "actor": Actor.STAFF,
            "actor_name": f"by e{number}.",
            "reason": f"why e{number}.",
            "warnings": (f"odd e{number}.",),
        }
        story.happened(kind, when, **fields, **said)
        if kind is EventKind.TARGET_AGREED:
            due = AgreedTarget(
                metric="resolution", due_at=story.at("Fri 10:00"), agreed_by=f"by e{number}.", reason=f"why e{number}."
            )
            story.events[-1] = replace(story.events[-1], agreed=due)
        if kind is EventKind.WAITING:
            story.events[-1] = replace(story.events[-1], waiting_on=WaitingOn.CUSTOMER)
    return story.events


@given(_STEPS)
def test_no_word_of_another_contract_and_the_same_clocks(steps: list[tuple[EventKind, int, str | None]]) -> None:
    events = _lived(steps)
    whole = fold(events, BOOK)
    for who in ("house", "acme", "beta"):
        found = contract_view(events, whole.periods, who)
        if found is None:
            assert all(period.contract != who or not _lasts(whole.periods, period) for period in whole.periods)
            continue
        shown = found.of(fold(found.events, BOOK))
        said = str((shown.clocks, shown.remarks, found.shown(found.events)))
        for event in events:
            assert event.id in found.own or f" {event.id}." not in said
        if found.until is None:
            mine = {clock.id for clock in shown.clocks}
            assert [(c.id, c.state, c.due_at, c.generation) for c in shown.clocks] == [
                (c.id, c.state, c.due_at, c.generation) for c in whole.clocks if c.id in mine
            ]  # fmt: skip


def _lasts(periods: tuple[object, ...], period: object) -> bool:
    starts = [one.start for one in periods]  # type: ignore[attr-defined]
    return starts.count(period.start) == 1  # type: ignore[attr-defined]
