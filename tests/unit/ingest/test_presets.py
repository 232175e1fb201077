"""The presets: a payload as the sender writes it -> what becomes of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.shared_data import SHARED, needs_shared
from tests.unit.ingest.made import RECEIVED, events, said
from tests.unit.ingest.mapped import mapped

from sla_catalogue.preset import preset_names
from sla_catalogue.source import Source
from sla_domain.event import EventKind, TimeQuality
from sla_domain.phase import Phase
from sla_ingest.dialect import DIALECTS, Delivery, Outcome

HALO = {
    "id": "0c1d", "timestamp": "2026-11-20T09:00:00.0000000Z", "object_id": 2001, "event": "Ticket Updated",
    "ticket": {"id": 2001, "summary": "VPN down", "client_name": "Acme", "dateoccurred": "2026-11-20T08:00:00.00",
               "last_update": "2026-11-20T09:00:00.00", "status_id": 4, "priority_id": 2, "user_name": "Ann"},
}  # fmt: skip
ITOP = {
    "event": "state", "id": "31", "ref": "R-000031", "title": "Printer", "status": "pending", "priority": "2",
    "org": "Demo", "service": "Printing", "caller": "ann@demo.example", "last_update": "2026-11-20 10:00:00",
    "start_date": "2026-11-20 09:00:00",
}  # fmt: skip
ZNUNY = {
    "Event": {"TicketID": "42", "OldTicketData": {"TicketID": "42", "State": "open", "Priority": "3 normal"}},
    "Ticket": {"TicketID": "42", "TicketNumber": "2026112010000042", "Title": "Mail", "State": "pending reminder",
               "Priority": "3 normal", "CustomerID": "acme", "CustomerUserID": "ann", "Queue": "Misc", "Owner": "bob",
               "ChangeBy": 3, "Created": "2026-11-20 08:00:00", "Changed": "2026-11-20 09:30:00", "Articles": [],
               "Article": {}},
}  # fmt: skip
ZNUNY_ARTICLE = {
    "Event": {"TicketID": "42", "ArticleID": "7"},
    "Ticket": {**ZNUNY["Ticket"], "Article": {
        "ArticleID": "7", "SenderType": "agent", "IsVisibleForCustomer": "1", "CreateTime": "2026-11-20 09:40:00",
        "From": "Bob <bob@desk.example>"}},
}  # fmt: skip
JIRA = {
    "event": "transitioned", "at": "2026-11-20T10:00:00.0+0000", "status_before": "To Do", "actor": "a1",
    "actor_name": "Bob",
    "issue": {"id": "10040", "key": "SUP-41", "url": "https://acme.example/browse/SUP-41", "summary": "VPN",
              "status": "Waiting for customer", "priority": "High", "resolution": "", "reporter": "c1",
              "project": "SUP", "organization": "Acme", "created": "2026-11-20T09:00:00.0+0000"},
}  # fmt: skip
SALESFORCE = {
    "event": "updated", "prior": {"Status": "Working"}, "actor": {"email": "bob@desk.example", "name": "Bob"},
    "case": {"Id": "500Q1", "CaseNumber": "00001026", "Status": "Closed", "Priority": "High", "Subject": "VPN",
             "LastModifiedDate": "2026-11-20 10:00:00Z", "CreatedDate": "2026-11-20 08:00:00Z",
             "AccountName": "Acme", "ContactEmail": "ann@acme.example"},
}  # fmt: skip
HUBSPOT = [
    {"eventId": 1, "subscriptionType": "ticket.creation", "objectId": 55, "occurredAt": 1795168800000},
    {"eventId": 2, "subscriptionType": "ticket.propertyChange", "propertyName": "hs_pipeline_stage",
     "propertyValue": "4", "objectId": 55, "occurredAt": 1795168900000, "sourceId": "userId:9"},
    {"eventId": 3, "subscriptionType": "ticket.propertyChange", "propertyName": "subject", "propertyValue": "x",
     "objectId": 55, "occurredAt": 1795168900000},
    {"eventId": 4, "subscriptionType": "contact.propertyChange", "propertyName": "hubspot_owner_id",
     "propertyValue": "1", "objectId": 9, "occurredAt": 1795168900000},
    {"eventId": 5, "subscriptionType": "object.deletion", "objectTypeId": "0-5", "objectId": 56,
     "occurredAt": 1795168900000},
    {"eventId": 6, "subscriptionType": "object.deletion", "objectTypeId": "0-1", "objectId": 56,
     "occurredAt": 1795168900000},
]  # fmt: skip
HUBSPOT_MERGE = {
    "eventId": 7, "subscriptionType": "ticket.merge", "primaryObjectId": 55, "mergedObjectIds": [54],
    "occurredAt": 1795168900000, "numberOfPropertiesMoved": 2,
}  # fmt: skip
POSTMARK = {
    "MessageID": "73e6", "From": "ann@acme.example", "FromName": "Ann", "FromFull": {"Email": "ann@acme.example"},
    "Subject": "VPN down", "Date": "Fri, 20 Nov 2026 10:00:00 +0100", "TextBody": "It is down.",
    "StrippedTextReply": "", "Headers": [{"Name": "Message-ID", "Value": "<m1@acme.example>"}],
}  # fmt: skip
MAILGUN = {
    "domain": "desk.example", "recipient": "help@desk.example", "sender": "ann@acme.example",
    "from": "Ann <ann@acme.example>", "subject": "VPN", "body-plain": "It is down.\r\n-- \r\nAnn",
    "stripped-text": "It is down.", "timestamp": "1795168800", "token": "c5e1", "signature": "0f",
    "message-headers": '[["Received","by mx"],["Subject","VPN"],["Message-Id","<m1@acme.example>"]]',
}  # fmt: skip
MAILGUN_ANSWER = {
    **MAILGUN, "token": "c5e2",
    "message-headers": '[["Message-Id","<m3@acme.example>"],["references","<m1@acme.example> <m2@desk.example>"]]',
}  # fmt: skip
SES = {
    "Type": "Notification", "MessageId": "22b8", "TopicArn": "arn:aws:sns:eu-west-1:1:mail",
    "Message": '{"notificationType":"Received","mail":{"timestamp":"2026-11-20T09:00:00.000Z",'
    '"source":"ann@acme.example","headers":[{"name":"Subject","value":"VPN"}],"commonHeaders":{"messageId":"<m1@acme.example>","subject":"VPN"}}}',
}  # fmt: skip
SES_ANSWER = {**SES, "Message": SES["Message"].replace('"name":"Subject"', '"name":"REFERENCES"')}
SES_ABSENT = {
    **SES,
    "Message": SES["Message"].replace('"Subject","value":"VPN"', '"Auto-submitted","value":"auto-replied"'),
}
KUMA = {
    "heartbeat": {"monitorID": 7, "status": 0, "time": "2026-11-20 09:00:00.123", "msg": "timeout", "important": True},
    "monitor": {"id": 7, "name": "shop", "url": "https://shop.example"}, "msg": "[shop] [Down] timeout",
}  # fmt: skip
FRESH = {
    "event": "updated", "id": "17", "status": "Pending", "priority": "3", "subject": "VPN", "department": "Sales",
    "requester": "ann@acme.example", "updated_at": "2026-11-20T09:00:00Z", "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip
ZABBIX = {
    "eventid": "10528", "value": "1", "update": "0", "severity": "Average", "hostname": "www", "trigger": "no ping",
    "clock": "1795168800", "recovery_clock": "", "link": "https://z.example/tr_events.php?triggerid=1&eventid=10528",
}  # fmt: skip
N8N = {"event": "opened", "id": "e1", "incident": "4711", "time": "2026-11-20T09:00:00Z", "customer": "Acme"}
ANSWER = {"Name": "References", "Value": "<m1@acme.example> <m2@desk.example>"}

OTOBO = {
    "TicketID": "42", "TicketNumber": "2026112010000042",
    "Ticket": {"Title": "Mail", "State": "pending reminder", "Priority": "3 normal", "Queue": "Misc", "Owner": "bob",
               "CustomerUser": "ann", "Created": "2026-11-20 08:00:00", "Changed": "2026-11-20 09:30:00"},
    "Article": {"SenderType": "agent", "Subject": "Mail", "Body": "On it."},
}  # fmt: skip
UNDATED = {"State": "closed successful", "Priority": "3 normal"}

TABLE: dict[str, list[tuple[Any, str]]] = {
    "freshservice": [
        ({**FRESH, "updated_at": None, "event": "created"}, "opened"),
        (FRESH, "reopened; waiting customer"),
        ({**FRESH, "event": "created"}, "opened"),
        ({**FRESH, "event": "replied", "actor": "ann@acme.example"}, "customer_replied"),
        ({**FRESH, "event": "note"}, "observed"),
        ({**FRESH, "event": "merged"}, "no_entry"),
    ],
    "halo": [
        (HALO, "reopened; waiting customer"),
        ({**HALO, "event": "New Ticket Logged"}, "opened"),
        ({**HALO, "action": {"note": "Done", "who": "Bob", "who_type": 1, "hiddenfromuser": False,
                             "datetime": "2026-11-20T09:00:00"}}, "responded; reopened; waiting customer"),
        ({**HALO, "action": {"note": "psst", "who_type": 1, "hiddenfromuser": True}}, "reopened; waiting customer"),
        ({"event": "Asset Updated"}, "no_entry"),
    ],
    "hubspot": [
        (HUBSPOT, "opened | closed | unrelated | unrelated | cancelled | unrelated"),
        ([{**HUBSPOT_MERGE, "newObjectId": 55}], "merged desk:55"),
        ([{**HUBSPOT_MERGE, "newObjectId": 60}], "merged desk:60"),
        ([{"subscriptionType": "ticket.associationChange", "occurredAt": 1}], "no_entry"),
    ],
    "itop": [
        (ITOP, "reopened; waiting customer"),
        ({**ITOP, "event": "created", "status": "new"}, "opened"),
        ({**ITOP, "event": "public_log", "by": "ann@demo.example"}, "customer_replied"),
        ({**ITOP, "status": "rejected"}, "cancelled"),
    ],
    "jira-automation": [
        (JIRA, "waiting customer"),
        ({**JIRA, "event": "created"}, "opened"),
        ({**JIRA, "event": "commented", "actor": "c1"}, "customer_replied"),
        ({**JIRA, "event": "commented", "comment_internal": "true"}, "observed"),
        ({**JIRA, "issue": {**JIRA["issue"], "status": "Done", "resolution": "Won't Do"}}, "cancelled"),
    ],
    "mailgun": [
        (MAILGUN, "opened"),
        (MAILGUN_ANSWER, "commented"),
        ({**MAILGUN, "message-headers": '[["Auto-Submitted","auto-replied"]]'}, "unrelated"),
        ({"event-data": {"event": "delivered"}}, "no_entry"),
    ],
    "n8n": [
        (N8N, "opened"),
        ({**N8N, "event": "waiting_vendor"}, "waiting vendor"),
        ({**N8N, "event": "x"}, "no_entry"),
    ],
    "otobo": [
        (OTOBO, "observed"),
        ({**OTOBO, "Ticket": {**OTOBO["Ticket"], "Changed": "2026-11-20 08:00:00"}}, "opened"),
        ({**OTOBO, "Ticket": UNDATED}, "observed"),
        ({"ErrorCode": "TicketCreate.AccessDenied"}, "no_entry"),
    ],
    "postmark": [
        (POSTMARK, "opened"),
        ({**POSTMARK, "Headers": [ANSWER]}, "commented"),
        ({**POSTMARK, "Headers": [ANSWER | {"Name": "references"}]}, "commented"),
        ({**POSTMARK, "Headers": [{"Name": "Auto-Submitted", "Value": "auto-replied"}]}, "unrelated"),
        ({**POSTMARK, "Headers": [{"Name": "auto-submitted", "Value": "auto-generated"}]}, "unrelated"),
        ({**POSTMARK, "Headers": [{"Name": "AUTO-SUBMITTED", "Value": "No"}]}, "opened"),
        ({"RecordType": "Bounce"}, "unrelated"),
    ],
    "salesforce": [
        (SALESFORCE, "closed"),
        ({**SALESFORCE, "event": "created"}, "opened"),
        ({**SALESFORCE, "event": "commented", "comment": {"IsPublished": False}}, "observed"),
    ],
    "ses": [
        (SES, "opened"),
        (SES_ANSWER, "commented"),
        (SES_ABSENT, "unrelated"),
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://x"}, "no_entry"),
        ({**SES, "Message": "no json"}, "map_failed"),
    ],
    "uptime-kuma": [
        (KUMA, "reopened; resumed"),
        ({**KUMA, "heartbeat": {**KUMA["heartbeat"], "status": 1}}, "resolved"),
        ({"heartbeat": None, "monitor": None, "msg": "test"}, "unrelated"),
    ],
    "znuny": [
        (ZNUNY, "waiting customer"),
        ({"Event": {"TicketID": "42"}, "Ticket": {**ZNUNY["Ticket"], "Changed": "2026-11-20 08:00:00"}}, "opened"),
        ({"Event": {"TicketID": "42"}, "Ticket": ZNUNY["Ticket"]}, "observed"),
        (ZNUNY_ARTICLE, "responded"),
        ({**ZNUNY_ARTICLE, "Ticket": {**ZNUNY_ARTICLE["Ticket"], "Article": {
            **ZNUNY_ARTICLE["Ticket"]["Article"], "SenderType": "customer", "IsVisibleForCustomer": 1}}},
         "customer_replied"),
        ({**ZNUNY_ARTICLE, "Ticket": {**ZNUNY_ARTICLE["Ticket"], "Article": {
            **ZNUNY_ARTICLE["Ticket"]["Article"], "IsVisibleForCustomer": "0"}}}, "observed"),
        ({**ZNUNY, "Ticket": {**ZNUNY["Ticket"], "State": "open", "Priority": "5 very high"}},
         "priority_changed 5 very high"),
        ({**ZNUNY, "Ticket": {**ZNUNY["Ticket"], "State": "open"}}, "observed"),
    ],
    "zabbix": [
        (ZABBIX, "opened"),
        ({**ZABBIX, "value": "0", "recovery_clock": "1795169000"}, "resolved"),
        ({**ZABBIX, "update": "1", "action": "acknowledged", "user": "bob"}, "assigned"),
        ({**ZABBIX, "update": "1", "action": "unacknowledged", "user": "bob"}, "observed"),
        ({**ZABBIX, "update": "1", "action": "acknowledged, commented, closed", "user": "bob"}, "resolved"),
        ({"text": "hello"}, "no_entry"),
    ],
}  # fmt: skip
CASES = [(name, payload, outcome) for name, rows in TABLE.items() for payload, outcome in rows]


def outcomes(payload: Any, by: Source) -> list[Outcome]:
    """As intake does it: a batch is divided first."""
    dialect = DIALECTS[by.dialect]
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    whole = Delivery(body=body, headers={}, received_at=RECEIVED)
    parts = dialect.parts(whole, by)
    return [dialect.open(one).translate(by).outcome for one in ([whole] if parts is None else parts)]


@pytest.mark.parametrize(("name", "payload", "outcome"), CASES)
def test_what_becomes_of_a_payload(name: str, payload: Any, outcome: str) -> None:
    assert " | ".join(map(said, outcomes(payload, mapped(preset=name)))) == outcome


def test_every_preset_has_a_table() -> None:
    assert set(TABLE) == set(preset_names())


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_first_payload_states_its_time_and_its_incident(name: str) -> None:
    payload = TABLE[name][0][0]
    for outcome in outcomes(payload, mapped(preset=name))[:1]:
        for event in events(outcome):
            assert event.quality is TimeQuality.EXACT
            assert (event.occurred_at.year, event.occurred_at.month, event.occurred_at.day) == (2026, 11, 20)


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("other", [b"{}", b"[]", b"null", b"7", b'"x"', b'{"action":"opened","issue":{"id":1}}'])
def test_another_systems_body_is_parked(name: str, other: bytes) -> None:
    found = outcomes(other, mapped(preset=name))
    assert [said(one) in ("no_entry", "unknown_type", "map_failed", "unrelated", "no_incident") for one in found] == [
        True
    ] * len(found)


def test_hubspot_names_the_ticket_that_ends_in_a_merge() -> None:
    by = mapped(preset="hubspot")
    kept = outcomes([{**HUBSPOT_MERGE, "newObjectId": 55}], by)
    made = outcomes([{**HUBSPOT_MERGE, "newObjectId": 60}], by)
    found = [event.incident for outcome in (*kept, *made) for event in events(outcome)]
    assert found == ["desk:54", "desk:55"]


def test_an_answer_by_mailgun_belongs_to_the_first_message_of_its_thread() -> None:
    by = mapped(preset="mailgun")
    found = [event.incident for body in (MAILGUN, MAILGUN_ANSWER) for event in events(outcomes(body, by)[0])]
    assert found == ["desk:<m1@acme.example>"] * 2


def test_what_znuny_has_merged_is_no_kept_promise() -> None:
    (outcome,) = outcomes({**ZNUNY, "Ticket": {**ZNUNY["Ticket"], "State": "merged"}}, mapped(preset="znuny"))
    assert said(outcome) == "cancelled"


def test_znuny_tells_who_changed_a_ticket_and_who_owns_it() -> None:
    (outcome,) = outcomes(ZNUNY, mapped(preset="znuny"))
    (event,) = events(outcome)
    assert event.snapshot is not None
    assert (event.actor_name, event.snapshot.attributes["assignee"]) == ("3", "bob")


def test_an_article_of_otobo_answers_nobody_as_every_body_has_the_last_one() -> None:
    (outcome,) = outcomes(OTOBO, mapped(preset="otobo"))
    (event,) = events(outcome)
    assert event.snapshot is not None
    assert (event.kind, event.snapshot.phase) == (EventKind.OBSERVED, Phase.WAITING)
    assert event.snapshot.attributes["assignee"] == "bob"


@needs_shared
def test_the_real_payload_of_zabbix() -> None:
    body = (SHARED / "data/webhooks/zabbix/zabbix_alert.json").read_bytes()
    (outcome,) = outcomes(body, mapped(preset="zabbix"))
    (event,) = events(outcome)
    assert (said(outcome), event.incident, event.quality) == ("opened", "desk:10528", TimeQuality.RECEIPT)
    assert event.attributes["priority"] == "Average"
    assert event.snapshot is not None
