"""A value that a ticket had and has no more is gone, by every way in which senders say so; silence says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ingest.desk_bodies import (
    chatwoot,
    code_hosts,
    intercom,
    intercom_ticket,
    pagers,
    redmine,
    servicenow,
    zammad,
)
from tests.unit.ingest.made import events, said, translated
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_jira_sequences import ANN, Issue
from tests.unit.ingest.test_presets import outcomes
from tests.unit.ingest.test_same_story import RULES, SOURCES

from sla_catalogue.source import Dialect, Lookup
from sla_domain.fold import fold
from sla_domain.incident import RemarkKind
from sla_ingest.dialect import Ignored
from sla_ingest.dialect.read import has_path

SHOWN = {
    "fields": {"org": {"name": "Acme"}, "none": None, "empty": "", "list": [{"name": "a"}], "bare": [], "text": "x"}
}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("fields.org.name", True),
        ("fields.none", True),
        ("fields.none.name", True),
        ("fields.empty.name", True),
        ("fields.bare.0.name", True),
        ("fields.list.1.name", True),
        ("fields.list.0.name", True),
        ("fields.list.0.other", False),
        ("fields.org.other", False),
        ("fields.other.name", False),
        ("fields.text.name", False),
        ("other", False),
    ],
)
def test_what_a_document_says_of_a_path(path: str, told: bool) -> None:
    assert has_path(SHOWN, path) is told


def test_an_object_that_is_shown_as_a_whole_says_what_it_has_not() -> None:
    assert has_path(SHOWN, "fields.other.name", ["fields"])
    assert has_path(SHOWN, "fields.org.other", ["fields"])
    assert not has_path(SHOWN, "fields.other", ["fields.org", "field"])
    assert not has_path({}, "fields.other", ["fields"])


def test_a_thin_issue_of_jira_takes_nothing_away() -> None:
    by = replace(SOURCES[Dialect.JIRA], customer=_at("issue.fields.customfield_1.value"))
    issue = Issue()
    issue.fields["customfield_1"] = {"value": "Acme"}
    (one,) = events(translated(issue.created().says("Mon 10:00", ANN).sent[-1][1], by).outcome)
    assert one.snapshot is None or "customer" not in one.snapshot.attributes


def _person(**attributes: Any) -> dict[str, Any]:
    meta = chatwoot.conversation()["meta"]
    return {**meta, "sender": {**chatwoot.ANN, "additional_attributes": {"city": "Rome", **attributes}}}


def _at(*path: str) -> Lookup:
    return Lookup(field=".".join(path))


def _jira(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    issue = Issue()
    issue.fields["customfield_1"] = before
    made = issue.created().sent[0][1]
    issue.fields["customfield_1"] = after
    return made, issue.changes("Mon 10:00", assignee=ANN).sent[1][1]


def _alert(action: str, **details: str) -> dict[str, Any]:
    (_, made), *_ = pagers.opsgenie()
    at = made["alert"]["updatedAt"] + (action != "Create") * 60_000_000_000
    return {**made, "action": action, "alert": {**made["alert"], "updatedAt": at, "details": details}}


def _linear(project: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    (_, made), *_ = code_hosts.linear()
    at = made["data"]["createdAt"].replace("T08:", "T09:")
    changed = {**made, "action": "update", "data": {**made["data"], "updatedAt": at}, "updatedFrom": {"projectId": "p"}}
    return {**made, "data": {**made["data"], "project": project}}, {**changed, "createdAt": at}


def _pagerduty(*values: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    (_, made), *_ = pagers.pagerduty()
    told = []
    for number, value in enumerate(values):
        field = {"id": "PF", "name": "customer", "data_type": "string", "value": value}
        data = {"type": "incident_field_values", "incident": {"id": "PINC"}, "custom_fields": [field]}
        kind = "incident.custom_field_values.updated"
        event = {**made["event"], "id": f"f{number}", "event_type": kind, "data": data}
        told.append({"event": event | {"occurred_at": f"2026-11-16T09:0{number}:00Z"}})
    return told[0], told[1]


ACME = {"name": "Acme"}
TOLD: dict[str, tuple[Dialect, Lookup | None, dict[str, Any], dict[str, Any]]] = {
    "jira, null": (
        Dialect.JIRA,
        _at("issue.fields.customfield_1.value"),
        *_jira({"value": "Acme"}, None),
    ),
    "jira, an empty list": (
        Dialect.JIRA,
        _at("issue.fields.customfield_1.0.name"),
        *_jira([ACME], []),
    ),
    "zammad, an empty object": (
        Dialect.ZAMMAD,
        None,
        zammad.opened(),
        zammad.body("Mon 10:00", organization={}, organization_id=None),
    ),
    "redmine, a field that is left out": (
        Dialect.REDMINE,
        _at("fields.Customer"),
        redmine.body("created"),
        redmine.body("updated", "Mon 10:00", redmine.journal(("3", "Acme", ""), kind="cf"), custom_fields=[]),
    ),
    "chatwoot, an attribute that is left out": (
        Dialect.CHATWOOT,
        None,
        chatwoot.body("created", meta=_person(company_name="Acme")),
        chatwoot.body("updated", "Mon 10:00", ("labels", [], ["x"]), meta=_person()),
    ),
    "intercom, null": (
        Dialect.INTERCOM,
        None,
        intercom.body("conversation.user.created", by=intercom.ANN, company=ACME),
        intercom.body("conversation.read", "Mon 10:00", company=None),
    ),
    "intercom's ticket, an attribute that is left out": (
        Dialect.INTERCOM,
        _at("ticket.ticket_attributes.Site"),
        intercom_ticket.body("created"),
        intercom_ticket.body("rating.provided", "Mon 10:00", ticket_attributes={"_default_title_": "Down"}),
    ),
    "servicenow's bare record, an empty text": (
        Dialect.SERVICENOW,
        _at("record.company.display_value"),
        servicenow.body("insert"),
        servicenow.body(when="Mon 10:00", company="")["record"],
    ),
    "opsgenie, a detail that is left out": (
        Dialect.OPSGENIE,
        _at("alert.details.customer"),
        _alert("Create", customer="Acme", host="a"),
        _alert("RemoveDetails", host="a"),
    ),
    "linear, a key that is left out": (
        Dialect.LINEAR,
        _at("data.project.name"),
        *_linear(ACME),
    ),
    "pagerduty, a field without a value": (
        Dialect.PAGERDUTY,
        _at("event.data.custom_fields.0.value"),
        *_pagerduty("Acme", None),
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_customer_that_was_taken_away_is_gone(name: str) -> None:
    dialect, lookup, before, after = TOLD[name]
    by = replace(SOURCES[dialect], customer=lookup)
    told = []
    for body in (before, after):
        outcome = translated(body, by).outcome
        seen = outcome.observed if isinstance(outcome, Ignored) else None
        told += [seen.event] if seen is not None else events(outcome)
    assert fold(told[:1], RULES).attributes["customer"] in ("Acme", "North")
    incident = fold(told, RULES)
    assert incident.attributes["customer"] == ""
    assert RemarkKind.TAKEN_AWAY in {remark.kind for remark in incident.remarks}


MAP = {
    "incident": "id", "time": "at", "priority": "urgency", "customer": "org", "title": "title",
    "attributes": {"assignee": "owner"},
    "when": [{"when": "made", "event": "opened"}, {"when": "id", "event": "observed"}],
}  # fmt: skip


def test_an_empty_text_takes_away_what_a_map_finds_and_nothing_says_nothing() -> None:
    by = mapped(map=MAP)
    made = {
        "id": "7",
        "at": "2026-11-20T09:00:00Z",
        "made": True,
        "urgency": "P1",
        "org": "acme",
        "title": "Down",
        "owner": "bob",
    }
    (opened,) = events(translated(made, by).outcome)
    (silent,) = events(translated({"id": "7", "at": "2026-11-20T10:00:00Z"}, by).outcome)
    assert silent.snapshot is not None
    assert silent.snapshot.attributes == {}
    (emptied,) = events(
        translated({"id": "7", "at": "2026-11-20T11:00:00Z", "urgency": "", "org": "", "owner": ""}, by).outcome
    )
    incident = fold([opened, silent, emptied], RULES)
    assert {name: incident.attributes[name] for name in ("priority", "customer", "assignee", "title")} == {
        "priority": "", "customer": "", "assignee": "", "title": "Down",
    }  # fmt: skip


def test_an_opening_states_no_empty_values() -> None:
    (opened,) = events(translated({"id": "7", "made": True, "urgency": "", "org": ""}, mapped(map=MAP)).outcome)
    assert opened.attributes == {}


def test_hubspot_takes_a_priority_away() -> None:
    change = {
        "eventId": 1, "subscriptionType": "ticket.propertyChange", "objectId": 5, "occurredAt": 1795168800000,
        "propertyName": "hs_ticket_priority", "propertyValue": "",
    }  # fmt: skip
    assert [said(one) for one in outcomes([change], mapped(preset="hubspot"))] == ["priority_changed -"]
