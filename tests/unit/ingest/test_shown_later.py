"""What a delivery shows of the ticket, beside a word: ended together with it, or later when it is sent again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.story import clock_of, instant
from tests.unit.ingest.desk_bodies import (
    chatwoot,
    code_hosts,
    freshdesk,
    glpi,
    intercom,
    intercom_ticket,
    pagers,
    redmine,
    servicenow,
    zendesk,
)
from tests.unit.ingest.test_same_story import RULES, Told, received

from sla_catalogue.source import Dialect
from sla_domain.clock import ClockState
from sla_domain.fold import fold
from sla_domain.phase import Phase

LATER = "Mon 19:00"


def _zendesk(when: str) -> dict[str, Any]:
    later = instant(LATER).isoformat()
    return zendesk.body("comment_added", when, zendesk.comment(zendesk.BOB), status="SOLVED", updated_at=later)


def _intercom(when: str) -> dict[str, Any]:
    later = intercom.seconds(LATER)
    return intercom.body("conversation.admin.replied", when, state="closed", open=False, updated_at=later)


def _intercom_ticket(when: str) -> dict[str, Any]:
    said = intercom_ticket.part(when, intercom_ticket.BOB)
    later = intercom.seconds(LATER)
    return intercom_ticket.body("admin.replied", when, said, state="resolved", open=False, updated_at=later)


def _redmine(when: str) -> dict[str, Any]:
    said = redmine.journal(notes="We are on it")
    return redmine.body("updated", when, said, status=3, updated_on=redmine.time(LATER))


def _glpi(when: str) -> dict[str, Any]:
    return glpi.followup(when, glpi.BOB, glpi.ticket(LATER, 5))


def _mapped(when: str, kind: str, state: str) -> dict[str, Any]:
    hook = {"id": f"{kind} {when}", "kind": kind, "at": instant(when).isoformat(), "by": "bob", "side": "agent"}
    made = instant("Mon 09:00").isoformat()
    return {"hook": hook, "ticket": {"id": 7, "title": "Down", "state": state, "urgency": "2", "created": made}}


OPENED: dict[str, tuple[Dialect, dict[str, Any], Any]] = {
    "zendesk": (Dialect.ZENDESK, zendesk.body("created"), _zendesk),
    "intercom": (Dialect.INTERCOM, intercom.body("conversation.user.created", by=intercom.ANN), _intercom),
    "intercom's tickets": (Dialect.INTERCOM, intercom_ticket.body("created"), _intercom_ticket),
    "redmine": (Dialect.REDMINE, redmine.body("created"), _redmine),
    "glpi": (Dialect.GLPI, glpi.body("new"), _glpi),
}


@pytest.mark.parametrize("name", OPENED)
def test_a_word_that_is_told_again_after_the_end_does_not_date_the_end(name: str) -> None:
    dialect, opened, said = OPENED[name]
    told: Told = [("Mon 09:00", opened), ("Mon 09:30", said("Mon 09:30"))]
    history = received(dialect, told[:1]) + received(dialect, [(LATER, told[1][1])])
    incident = fold(history, RULES)
    assert incident.phase in (Phase.RESOLVED, Phase.CLOSED)
    assert incident.ended_at is not None
    assert incident.ended_at >= instant(LATER)
    assert clock_of(incident, "first_response").stopped_at == instant("Mon 09:30")
    assert clock_of(incident, "resolution").state is not ClockState.MET, "nobody knows that it was in time"


TOGETHER: dict[str, tuple[Dialect, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "zendesk": (
        Dialect.ZENDESK,
        zendesk.body("created"),
        zendesk.body("comment_added", LATER, zendesk.comment(zendesk.BOB), status="SOLVED"),
        zendesk.body("status_changed", LATER, zendesk.changed("OPEN", "SOLVED"), status="SOLVED"),
    ),
    "freshdesk": (
        Dialect.FRESHDESK,
        freshdesk.body("{ticket_action:created}", performed_by="requester"),
        freshdesk.body("{reply_sent:sent}", LATER, ticket_status="Resolved"),
        freshdesk.body("{status:{from:2,to:4}}", LATER, ticket_status="Resolved"),
    ),
    "intercom": (
        Dialect.INTERCOM,
        intercom.body("conversation.user.created", by=intercom.ANN),
        intercom.body("conversation.admin.replied", LATER, state="closed", open=False),
        intercom.body("conversation.admin.closed", LATER, state="closed", open=False),
    ),
    "a map": (
        Dialect.MAPPED,
        _mapped("Mon 09:00", "made", "open"),
        _mapped(LATER, "words", "done"),
        _mapped(LATER, "state", "done"),
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_an_answer_that_solves_the_ticket_is_judged_whichever_delivery_comes_first(name: str) -> None:
    dialect, opened, said, ended = TOGETHER[name]
    for order in ([said, ended], [ended, said], [said]):
        history = received(dialect, [("Mon 09:00", opened)])
        for body in order:
            history += received(dialect, [(LATER, body)])
        incident = fold(history, RULES)
        assert incident.ended_at == instant(LATER)
        states = {clock.metric: clock.state for clock in incident.clocks}
        assert states == {"first_response": ClockState.MISSED, "resolution": ClockState.MISSED}


MADE: dict[str, tuple[Dialect, dict[str, Any]]] = {
    "zendesk": (
        Dialect.ZENDESK,
        zendesk.body("created", status="SOLVED", updated_at=instant(LATER).isoformat()),
    ),
    "redmine": (Dialect.REDMINE, redmine.body("created", status=3, updated_on=redmine.time(LATER))),
    "intercom": (
        Dialect.INTERCOM,
        intercom.body("conversation.user.created", by=intercom.ANN, state="closed", updated_at=intercom.seconds(LATER)),
    ),
    "glpi": (Dialect.GLPI, {"item": glpi.ticket(LATER, 5), "event": "new"}),
    "servicenow, of a call that was written down later": (
        Dialect.SERVICENOW,
        servicenow.body("insert", LATER, state="6", opened_at=servicenow.written("Mon 09:00")),
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_an_opening_that_is_told_late_is_not_resolved_when_it_was_opened(name: str) -> None:
    dialect, body = MADE[name]
    incident = fold(received(dialect, [(LATER, body)]), RULES)
    assert (incident.opened_at, incident.phase) == (instant("Mon 09:00"), Phase.RESOLVED)
    assert all(clock.state is not ClockState.MET for clock in incident.clocks), "nobody knows that it was in time"
    assert incident.ended_at is not None
    assert incident.ended_at >= instant(LATER)


def _fresh(before: int, after: int, status: str) -> dict[str, Any]:
    return freshdesk.body(f"{{status:{{from:{before},to:{after}}}}}", LATER, ticket_status=status)


def _zen(before: str, after: str) -> dict[str, Any]:
    return zendesk.body("status_changed", LATER, zendesk.changed(before, after), status=after) | {"id": after}


def _labels(*titles: str) -> list[dict[str, str]]:
    return [{"title": title} for title in titles]


_LABELS = {"labels": {"previous": _labels("sev2"), "current": _labels("sev2", "waits")}}
_LABELS_BACK = {"labels": {"previous": _labels("sev2", "waits"), "current": _labels("sev2")}}


def _gitlab(action: str, changes: dict[str, Any], labels: list[str], **issue: Any) -> dict[str, Any]:
    (_, made), *_ = code_hosts.gitlab()
    now = {"action": action, "labels": _labels(*labels), "updated_at": instant(LATER).isoformat(), **issue}
    whole = {**made["object_attributes"], **now}
    return {**made, "user": {"id": 2, "username": "bob"}, "object_attributes": whole, "changes": changes}


def _asked(before: str, after: str) -> dict[str, Any]:
    was = intercom_ticket.ticket(LATER, before)["ticket_state"]
    told = {"part_type": "ticket_state_updated_by_admin", "previous_ticket_state": was}
    part = intercom_ticket.part(LATER, intercom_ticket.BOB, **told)
    return intercom_ticket.body("state.updated", LATER, part, after) | {"id": f"notif {after}"}


def _linear(
    was: str,
    name: str,
    kind: str,
    before: dict[str, Any] | None = None,
    completedAt: str | None = None,  # noqa: N803
) -> dict[str, Any]:
    (_, made), *_ = code_hosts.linear()
    at = instant(LATER).isoformat()
    state = {"id": f"s-{name}", "name": name, "type": kind}
    data = {**made["data"], "updatedAt": at, "state": state, "completedAt": completedAt}
    changed = {"stateId": was, **(before or {"completedAt": None})}
    return {**made, "action": "update", "createdAt": at, "data": data, "updatedFrom": changed}


def _pagerduty(kind: str, status: str) -> dict[str, Any]:
    (_, made), *_ = pagers.pagerduty()
    event = {**made["event"], "id": kind, "event_type": f"incident.{kind}", "occurred_at": instant(LATER).isoformat()}
    return {"event": event | {"data": {**made["event"]["data"], "status": status}}}


AT_ONCE: dict[str, tuple[Dialect, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "freshdesk": (
        Dialect.FRESHDESK,
        freshdesk.body("{ticket_action:created}", performed_by="requester"),
        _fresh(2, 4, "Resolved"),
        _fresh(4, 2, "Open"),
    ),
    "freshdesk, waiting": (
        Dialect.FRESHDESK,
        freshdesk.body("{ticket_action:created}", performed_by="requester"),
        _fresh(2, 3, "Pending"),
        _fresh(3, 2, "Open"),
    ),
    "zendesk": (Dialect.ZENDESK, zendesk.body("created"), _zen("OPEN", "SOLVED"), _zen("SOLVED", "OPEN")),
    "gitlab, a label": (
        Dialect.GITLAB,
        code_hosts.gitlab()[0][1],
        _gitlab("update", _LABELS, ["sev2", "waits"]),
        _gitlab("update", _LABELS_BACK, ["sev2"]),
    ),
    "gitlab, the end": (
        Dialect.GITLAB,
        code_hosts.gitlab()[0][1],
        _gitlab("close", {}, ["sev2"], state="closed", closed_at=instant(LATER).isoformat()),
        _gitlab("reopen", {}, ["sev2"]),
    ),
    "intercom's tickets": (
        Dialect.INTERCOM,
        intercom_ticket.body("created"),
        _asked("submitted", "waiting_on_customer"),
        _asked("waiting_on_customer", "submitted"),
    ),
    "intercom, snoozed": (
        Dialect.INTERCOM,
        intercom.body("conversation.user.created", by=intercom.ANN),
        intercom.body("conversation.admin.snoozed", LATER, state="snoozed"),
        intercom.body("conversation.admin.unsnoozed", LATER),
    ),
    "intercom, the end": (
        Dialect.INTERCOM,
        intercom.body("conversation.user.created", by=intercom.ANN),
        intercom.body("conversation.admin.closed", LATER, state="closed", open=False),
        intercom.body("conversation.admin.opened", LATER),
    ),
    "chatwoot": (
        Dialect.CHATWOOT,
        chatwoot.body("created"),
        chatwoot.body("status_changed", LATER, ("status", "open", "snoozed"), status="snoozed"),
        chatwoot.body("status_changed", LATER, ("status", "snoozed", "open")),
    ),
    "linear": (
        Dialect.LINEAR,
        code_hosts.linear()[0][1],
        _linear("s-Todo", "Done", "completed", completedAt=instant(LATER).isoformat()),
        _linear("s-Done", "Todo", "unstarted", {"completedAt": instant(LATER).isoformat()}),
    ),
    "pagerduty": (
        Dialect.PAGERDUTY,
        pagers.pagerduty()[0][1],
        _pagerduty("resolved", "resolved"),
        _pagerduty("reopened", "triggered"),
    ),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_two_changes_of_one_instant_are_read_as_they_fit_together(name: str) -> None:
    dialect, opened, first, second = AT_ONCE[name]
    for order in ([first, second], [second, first]):
        history = received(dialect, [("Mon 09:00", opened)])
        for seconds, body in enumerate(order):
            history += received(dialect, [(f"{LATER}:0{seconds}", body)])
        assert fold(history, RULES).phase is Phase.OPEN
