"""Rows of a table become the events of a life."""

from __future__ import annotations

from tests.unit.replay.made import MAPPING, life, row, told

from sla_domain.event import Actor, EventKind, WaitingOn


def test_a_life_from_its_first_row_to_its_last() -> None:
    found = life(
        row("New", "10:05"),
        row("Work", "10:30", 1),
        row("Asked", "11:00", 2),
        row("Vendor", "12:00", 3),
        row("Work", "13:00", 4),
        row("Done", "14:00", 5),
        row("Over", "15:00", 6, kept="yes"),
    )
    assert told(found) == [
        ("opened", "09:00"),
        ("responded", "09:30"),
        ("waiting", "10:00"),
        ("waiting", "11:00"),
        ("responded", "12:00"),
        ("resumed", "12:00"),
        ("resolved", "13:00"),
        ("closed", "14:00"),
    ]
    waits = [event.waiting_on for event in found.events if event.kind is EventKind.WAITING]
    assert waits == [WaitingOn.CUSTOMER, WaitingOn.VENDOR]
    assert {event.actor for event in found.events if event.kind is EventKind.RESPONDED} == {Actor.STAFF}
    assert found.claims == {"resolution": True}
    assert found.incident == "desk:A1"


def test_work_after_the_end_reopens() -> None:
    assert told(life(row("Done", "11:00"), row("Work", "12:00", 1), row("Done", "13:00", 2))) == [
        ("opened", "09:00"), ("resolved", "10:00"), ("responded", "11:00"), ("reopened", "11:00"),
        ("resolved", "12:00"),
    ]  # fmt: skip


def test_an_incident_that_waits_after_its_end_is_reopened_and_waits() -> None:
    kinds = [kind for kind, _ in told(life(row("Over", "11:00"), row("Asked", "12:00", 1)))]
    assert kinds == ["opened", "closed", "reopened", "waiting"]


def test_the_opening_states_what_the_first_row_says_and_later_rows_what_changed() -> None:
    found = life(
        row("New", "10:05", prio="Low", owner="ann"),
        row("New", "10:10", 1, prio="Low", owner="ann"),
        row("New", "10:20", 2, prio="High", owner="bob"),
        row("New", "10:30", 3, prio="High", owner="eve"),
        row("New", "10:40", 4, prio="High", owner="eve", product="till"),
        row("New", "10:50", 5, prio="?", owner="?"),
    )
    assert [(event.kind.value, dict(event.attributes)) for event in found.events] == [
        ("opened", {"priority": "P2", "assignee": "ann", "product": "shop"}),
        ("priority_changed", {"priority": "P1", "assignee": "bob"}),
        ("assigned", {"assignee": "eve"}),
        ("reclassified", {"product": "till"}),
        ("reclassified", {"product": "shop"}),  # back to the constant: the column fell silent
    ]


def test_rows_are_read_in_the_order_of_their_instants_and_versions() -> None:
    rows = [row("New", "10:05"), row("Asked", "11:00", 1), row("Work", "11:00", 2), row("Done", "12:00", 3)]
    assert told(life(*rows)) == told(life(*reversed(rows)))


def test_the_same_rows_give_the_same_ids_and_more_rows_change_none_of_them() -> None:
    rows = [row("New", "10:05"), row("Work", "10:30", 1), row("Done", "12:00", 2)]
    before = {event.id for event in life(*rows[:2]).events}
    assert before == {event.id for event in life(*rows[:2]).events}
    assert before < {event.id for event in life(*rows).events}


def test_two_changes_that_version_and_time_do_not_tell_apart_are_both_kept() -> None:
    text = MAPPING.replace("version: revision\n", "")
    rows = [row("New", "10:05"), row("New", "10:20", prio="High"), row("New", "10:20", prio="Low")]
    found = life(*rows, text=text)
    assert [event.attributes["priority"] for event in found.events[1:]] == ["P1", "P2"]
    assert len({event.id for event in found.events}) == 3


def test_a_row_without_a_readable_instant_is_left_out_and_reported() -> None:
    found = life(row("New", "10:05"), row("Asked", "31-02-2026 11:00", 1), row("Done", "?", 2), row("Done", "12:00", 3))
    assert told(found) == [("opened", "09:00"), ("resolved", "11:00")]
    assert [(reject.line, reject.reason.partition(" ")[0]) for reject in found.rejects] == [
        (3, "'31-02-2026"),
        (4, "'01-03-2026"),
    ]
    assert "Asked" in found.rejects[0].text


def test_a_status_that_the_mapping_does_not_know_changes_nothing_and_is_counted() -> None:
    found = life(row("New", "10:05"), row("Mystery", "11:00", 1), row("Done", "12:00", 2))
    assert [kind for kind, _ in told(found)] == ["opened", "resolved"]
    assert found.remarks == ("status 'Mystery'",)


def test_a_column_may_know_better_when_a_phase_began() -> None:
    text = MAPPING.replace("states:\n", "states:\n  instants: {resolved: opened}\n")
    found = life(
        row("New", "10:05"), row("Done", "12:00", 1), row("Work", "13:00", 2), row("Done", "14:00", 3), text=text
    )
    assert [at for kind, at in told(found) if kind == "resolved"] == ["09:00"]


def test_one_row_an_incident_with_a_column_for_each_instant() -> None:
    text = MAPPING[: MAPPING.index("states:")].replace("at: changed\nversion: revision\n", "") + (
        "events:\n  - {event: opened, at: opened}\n  - {event: resolved, at: [kept, changed], where: {state: Done}}\n"
    )
    assert told(life(row("Done", "12:00"), text=text)) == [("opened", "09:00"), ("resolved", "11:00")]
    assert told(life(row("New", "12:00"), text=text)) == [("opened", "09:00")]


def test_conditions_pick_rows() -> None:
    rules = """
  - {event: escalated, rises: revision, where: {owner: boss}}
  - {event: customer_replied, actor: customer, leaves: {state: Asked}}
  - {event: updated, actor: staff, changes: owner}
"""
    text = MAPPING.replace("  - {event: responded, actor: staff, becomes: {state: Work}}\n", rules.lstrip("\n"))
    found = life(
        row("New", "10:05", owner="ann"),
        row("Asked", "11:00", 1, owner="ann"),
        row("Work", "12:00", 2, owner="boss"),
        text=text,
    )
    assert [pair for pair in told(found) if pair[0] in ("escalated", "customer_replied", "updated")] == [
        ("customer_replied", "11:00"), ("updated", "11:00"), ("escalated", "11:00"),
    ]  # fmt: skip


def test_a_claim_counts_only_where_the_last_row_is_in_scope() -> None:
    narrowed = MAPPING.replace('missed: "no"}', 'missed: "no", where: {state: Over}, known: [opened]}')
    done, over = row("Done", "12:00", 1, kept="no"), row("Over", "12:00", 1, kept="no")
    assert life(row("New", "10:05"), done, text=narrowed).claims == {}
    assert life(row("New", "10:05"), over, text=narrowed).claims == {"resolution": False}
    assert life(row("New", "10:05"), row("Over", "12:00", 1, kept="perhaps"), text=narrowed).claims == {}
