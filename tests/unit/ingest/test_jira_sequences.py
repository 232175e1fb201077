"""Stories of one Jira issue, delivery by delivery, down to its phase and clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import clock_of, instant
from tests.shared_data import SHARED, needs_shared
from tests.translated import translate
from tests.unit.ingest.made import source
from tests.unit.ingest.test_jira import SELF

from sla_catalogue.source import Dialect, Lookup, Source, TicketPhase
from sla_domain.clock import ClockState
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident, RemarkKind
from sla_domain.phase import Phase as Standing
from sla_ingest.dialect import Accepted, Delivery
from sla_ingest.settle import with_accepted_time, with_reporter_recognised

RULES = rulebook(
    plan(row("first_response", "1h"), row("next_response", "1h"), row("resolution", "8h")),
    contract(customers=("acme",)),
)
DESK = source(
    Dialect.JIRA,
    customer=Lookup(constant="acme"),
    staff=frozenset({"bob"}),
    statuses={"10104": TicketPhase.WAITING_CUSTOMER},
    resolutions={"10001": TicketPhase.CANCELLED},
    priorities={"high": "P1"},
)
ANN, BOB, EVE = ({"accountId": name, "displayName": name.title()} for name in ("ann", "bob", "eve"))
OPEN = {"id": "1", "name": "Offen", "statusCategory": {"key": "new"}}
WAITS = {"id": "10104", "name": "Warten auf Kunden", "statusCategory": {"key": "indeterminate"}}
WORKS = {"id": "3", "name": "In Arbeit", "statusCategory": {"key": "indeterminate"}}
DONE = {"id": "10105", "name": "已完成", "statusCategory": {"key": "done"}}
FIXED, DECLINED = {"id": "10000", "name": "Done"}, {"id": "10001", "name": "Wird nicht erledigt"}


class Issue:
    """An issue that remembers how it stands, and the deliveries that Jira sends of what is done to it."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {
            "summary": "Down", "description": "All of it", "created": "2026-11-16T09:00:00.000+0100", "labels": [],
            "priority": {"id": "2", "name": "High"}, "status": OPEN, "resolution": None, "resolutiondate": None,
            "reporter": ANN, "assignee": None, "project": {"key": "SUP"},
        }  # fmt: skip
        self.sent: list[tuple[datetime, dict[str, Any]]] = []

    def created(self) -> Issue:
        return self._sends("Mon 09:00", {"webhookEvent": "jira:issue_created", "user": ANN})

    def changes(self, when: str, by: dict[str, str] = BOB, **fields: Any) -> Issue:
        items = []
        for name, value in fields.items():
            before = self.fields[name]
            named = {"from": _id(before), "fromString": _name(before), "to": _id(value), "toString": _name(value)}
            items.append({"field": name, "fieldId": name, **named})
        self.fields = self.fields | fields
        if "resolution" in fields:
            self.fields["resolutiondate"] = _text(when) if fields["resolution"] else None
        log = {"id": str(100 + len(self.sent)), "items": items}
        return self._sends(when, {"webhookEvent": "jira:issue_updated", "user": by, "changelog": log})

    def says(self, when: str, who: dict[str, str], *, thin: bool = True) -> Issue:
        comment = {"id": str(len(self.sent)), "author": who, "created": _text(when), "updated": _text(when)}
        return self._sends(when, {"webhookEvent": "comment_created", "comment": comment}, thin=thin)

    def looked_at(self, when: str) -> Issue:
        return self._sends(when, {"webhookEvent": "comment_deleted", "comment": {"id": "1"}})

    def without(self, *numbers: int) -> Issue:
        """Some deliveries are lost."""
        self.sent = [one for number, one in enumerate(self.sent) if number not in numbers]
        return self

    def _sends(self, when: str, what: dict[str, Any], *, thin: bool = False) -> Issue:
        at = instant(when)
        carried = ("summary", "status", "priority", "assignee", "project") if thin else tuple(self.fields)
        fields = {name: self.fields[name] for name in carried} | ({} if thin else {"updated": _text(when)})
        issue = {"id": "10040", "key": "SUP-41", "self": SELF, "fields": fields}
        self.sent.append((at, {"timestamp": int(at.timestamp() * 1000), "issue": issue, **what}))
        return self


def _id(value: Any) -> str | None:
    return None if value is None else value.get("id") or value.get("accountId")


def _name(value: Any) -> str | None:
    return None if value is None else value.get("name") or value.get("displayName")


def _text(when: str) -> str:
    return instant(when).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def received(deliveries: Sequence[tuple[datetime, bytes]], by: Source = DESK) -> list[IncidentEvent]:
    """The events of some deliveries as ingest stores them, a minute after each was sent."""
    history: list[IncidentEvent] = []
    for at, body in deliveries:
        found = translate(Delivery(body=body, headers={}, received_at=at + timedelta(minutes=1)), by).outcome
        if isinstance(found, Accepted):
            ready = [
                with_reporter_recognised(with_accepted_time(one, timedelta(minutes=5)), history) for one in found.events
            ]
            history += [one.event for one in ready]
        elif (observed := getattr(found, "observed", None)) is not None:
            history.append(with_accepted_time(observed, timedelta(minutes=5)).event)
    return history


def received_of(issue: Issue, by: Source = DESK) -> list[IncidentEvent]:
    return received([(at, orjson.dumps(body)) for at, body in issue.sent], by)


def folded(issue: Issue, by: Source = DESK) -> Incident:
    return fold(received_of(issue, by), RULES)


def states(incident: Incident) -> dict[str, ClockState]:
    return {clock.metric: clock.state for clock in incident.clocks}


def test_a_ticket_in_another_language_is_answered_waits_goes_on_and_ends() -> None:
    issue = Issue().created().says("Mon 09:20", BOB).changes("Mon 09:30", status=WAITS)
    assert (folded(issue).phase, clock_of(folded(issue), "resolution").state) == (Standing.WAITING, ClockState.PAUSED)
    issue.says("Mon 10:00", ANN).changes("Mon 10:05", status=WORKS)
    assert folded(issue).phase is Standing.OPEN
    done = folded(issue.changes("Mon 11:00", status=DONE, resolution=FIXED))
    assert (done.phase, done.ended_at) == (Standing.RESOLVED, instant("Mon 11:00"))
    assert states(done) == dict.fromkeys(("first_response", "next_response", "resolution"), ClockState.MET)
    assert clock_of(done, "resolution").consumed == timedelta(hours=1, minutes=30)


def test_work_that_is_declined_in_german_is_no_promise_kept() -> None:
    issue = Issue().created().says("Mon 09:20", BOB).changes("Mon 10:00", status=DONE, resolution=DECLINED)
    assert (folded(issue).phase, states(folded(issue))["resolution"]) == (Standing.CANCELLED, ClockState.CANCELLED)


@pytest.mark.parametrize("closing", [DONE, {"id": "6", "name": "Geschlossen", "statusCategory": {"key": "done"}}])
def test_done_that_turns_out_a_duplicate_is_no_promise_kept_and_the_other_way_round(closing: dict[str, Any]) -> None:
    issue = Issue().created().changes("Mon 10:00", status=closing, resolution=FIXED)
    assert states(folded(issue))["resolution"] is ClockState.MET
    declined = folded(issue.changes("Mon 11:00", resolution={"id": "10002", "name": "Duplicate"}))
    assert (declined.phase, states(declined)["resolution"]) == (Standing.CANCELLED, ClockState.CANCELLED)
    again = folded(issue.changes("Mon 12:00", resolution=FIXED))
    assert not again.phase.live
    assert (again.phase is not Standing.CANCELLED, states(again)["resolution"]) == (True, ClockState.MET)


def test_a_passer_by_ends_no_wait_and_gives_no_answer() -> None:
    issue = Issue().created().says("Mon 09:10", EVE)
    assert states(folded(issue))["first_response"] is ClockState.RUNNING
    issue.says("Mon 09:20", BOB).changes("Mon 09:30", status=WAITS).says("Mon 09:40", EVE)
    incident = folded(issue)
    assert (incident.phase, "next_response" in states(incident)) == (Standing.WAITING, False)
    unknown = [remark.text for remark in incident.remarks if remark.kind is RemarkKind.SPEAKER_UNKNOWN]
    assert len(unknown) == 2
    assert all("Eve" in text and "sources.desk.staff" in text for text in unknown)


@pytest.mark.parametrize("thin", [True, False])
def test_a_changed_reporter_swaps_customer_and_stranger(thin: bool) -> None:
    issue = Issue().created().says("Mon 09:20", BOB).changes("Mon 09:30", reporter=EVE)
    issue.changes("Mon 09:40", status=WAITS).says("Mon 09:50", ANN, thin=thin)
    assert folded(issue).phase is Standing.WAITING
    answered = folded(issue.says("Mon 10:00", EVE, thin=thin))
    assert (answered.phase, states(answered)["next_response"]) == (Standing.OPEN, ClockState.RUNNING)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    ("who", "phase"), [(EVE, Standing.OPEN), (ANN, Standing.WAITING), (BOB, Standing.WAITING)], ids=str
)
def test_whose_a_thin_comment_is_does_not_depend_on_when_the_change_of_the_reporter_arrives(
    who: dict[str, str], phase: Standing, place: int
) -> None:
    """Eve is the reporter since 09:30; the delivery that says so comes at any place, also as the last one."""
    issue = Issue().created().says("Mon 09:20", BOB).changes("Mon 09:25", status=WAITS)
    issue.changes("Mon 09:30", reporter=EVE).says("Mon 09:50", who)
    in_order = folded(issue)
    moved = issue.sent.pop(3)
    issue.sent.insert(place, moved)
    incident = folded(issue)
    assert (in_order.phase, incident.phase) == (phase, phase)
    assert states(incident) == states(in_order)
    unknown = [
        [one.text for one in each.remarks if one.kind is RemarkKind.SPEAKER_UNKNOWN] for each in (incident, in_order)
    ]
    assert len(unknown[0]) == len(unknown[1]) == (who is ANN)


def test_a_thin_comment_keeps_the_name_beside_the_account() -> None:
    issue = Issue().created().says("Mon 09:50", EVE).says("Mon 09:55", ANN)
    said = [(one.kind.value, one.actor_name, one.actor_id) for one in received_of(issue)[1:]]
    assert said == [("commented", "Eve", "eve"), ("customer_replied", "Ann", "ann")]


def test_a_word_before_its_issue_is_recognised_as_the_reporter_s_when_the_issue_comes() -> None:
    issue = Issue().created().says("Mon 09:20", BOB).changes("Mon 09:30", status=WAITS).says("Mon 09:40", ANN)
    first, *rest = issue.sent
    issue.sent = [rest[-1], first, *rest[:-1]]
    incident = folded(issue)
    assert (incident.phase, RemarkKind.SPEAKER_UNKNOWN in {one.kind for one in incident.remarks}) == (
        Standing.OPEN, False,
    )  # fmt: skip


def test_a_priority_that_is_taken_away_is_the_plan_s_default() -> None:
    issue = Issue().created().changes("Mon 09:30", priority=None)
    assert folded(issue).attributes["priority"] == ""


def test_an_issue_whose_opening_was_missed_opens_as_it_stands() -> None:
    issue = Issue().created().changes("Mon 10:00", status=DONE, resolution=FIXED).looked_at("Mon 15:00").without(0, 1)
    seen = folded(issue)
    assert (seen.opened_at, seen.ended_at) == (instant("Mon 09:00"), instant("Mon 10:00"))
    assert (seen.attributes["customer"], seen.attributes["priority"]) == ("acme", "P1")
    assert states(seen)["resolution"] is ClockState.MET


def test_a_word_of_thanks_on_an_issue_that_has_ended_is_waited_for_by_nobody() -> None:
    """Cloud's thin issue does not say when it was created and ended: a later look does."""
    issue = Issue().created().changes("Mon 10:00", status=DONE, resolution=FIXED).says("Mon 15:00", ANN).without(0, 1)
    thanks = folded(issue)
    assert not thanks.phase.live
    assert ClockState.RUNNING not in states(thanks).values()
    assert folded(issue.looked_at("Mon 16:00")).opened_at == instant("Mon 09:00")


def test_a_lost_end_and_a_lost_reopening_are_made_up_for_by_the_next_look() -> None:
    issue = Issue().created().changes("Mon 10:00", status=DONE, resolution=FIXED).looked_at("Mon 15:00").without(1)
    ended = folded(issue)
    assert (ended.phase, ended.ended_at) == (Standing.RESOLVED, instant("Mon 10:00"))
    issue.changes("Mon 15:30", status=WORKS, resolution=None).looked_at("Mon 16:00").without(2)
    assert folded(issue).phase is Standing.OPEN


def test_a_moved_issue_goes_on_under_its_new_key() -> None:
    issue = Issue().created().says("Mon 09:20", BOB)
    issue.fields |= {"project": {"key": "OPS"}}
    issue.looked_at("Mon 09:40")
    issue.sent[-1][1]["issue"]["key"] = "OPS-7"
    incident = folded(issue)
    assert states(incident)["first_response"] is ClockState.MET
    assert {name: incident.attributes[name] for name in ("key", "url", "product")} == {
        "key": "OPS-7", "url": "https://acme.atlassian.net/browse/OPS-7", "product": "OPS",
    }  # fmt: skip


@needs_shared
def test_the_real_deliveries_of_one_issue_make_one_story() -> None:
    """Created, taken up, resolved and reopened, as a real site sent them; only the missing status items are Jira's."""
    names = (
        "issue-created-no-relevant-fields", "issue-updated-started-working", "issue-updated-resolved-one-changelog",
        "issue-updated-reopened-one-changelog",
    )  # fmt: skip
    bodies = [(SHARED / "data" / "webhooks" / "jira" / f"webhook-{name}.json").read_bytes() for name in names]
    sent = [(datetime.fromisoformat("2026-11-16T09:00+00:00"), body) for body in bodies]
    phases = [fold(received(sent[:count]), RULES).phase for count in range(1, len(sent) + 1)]
    assert phases == [Standing.OPEN, Standing.OPEN, Standing.RESOLVED, Standing.OPEN]


@pytest.mark.parametrize(
    "status",
    [
        {"id": "10002", "name": "In Review", "statusCategory": {"key": "indeterminate"}},
        {"id": "10209", "name": "Xyz", "statusCategory": {"key": "undefined"}},
    ],
)
def test_a_status_that_moves_nothing_was_said_by_its_delivery(status: dict[str, Any]) -> None:
    working = {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}}
    incident = folded(Issue().created().changes("Mon 10:00", status=working).changes("Mon 10:30", status=status))
    assert incident.attributes["status"] == status["name"]
    assert not [remark for remark in incident.remarks if remark.kind is RemarkKind.RECONCILED]
