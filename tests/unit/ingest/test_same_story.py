"""One story told by every dialect ends in the same fold: opened, assigned, waiting, answered, raised, ended, reopened.

A dialect joins by one function that returns what its system sends: (when, body) in order. The other side of the story,
how each is set up in the catalogue, stands in `SOURCES`. What a system cannot say is data as well: `CANNOT`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import instant
from tests.translated import translate
from tests.unit.ingest.desk_bodies import (
    chatwoot,
    code_hosts,
    freshdesk,
    glpi,
    intercom,
    pagers,
    redmine,
    servicenow,
    unknown,
    zammad,
    zendesk,
)
from tests.unit.ingest.made import source
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_jira_sequences import ANN, BOB, DONE, FIXED, WAITS, WORKS, Issue

from sla_catalogue.source import Dialect, Lookup, Source, TicketPhase
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident, RemarkKind
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Delivery
from sla_ingest.settle import with_accepted_time, with_reporter_recognised

RULES = rulebook(
    plan(row("first_response", "1h"), row("next_response", "1h"), row("resolution", "8h")),
    contract(customers=("acme",)),
)
WARSAW = ZoneInfo("Europe/Warsaw")
ACME = Lookup(constant="acme")
Told = list[tuple[str, dict[str, Any]]]
"""When each delivery is sent, and its body."""

SOURCES: Mapping[Dialect, Source] = {
    Dialect.CLOUDEVENTS: source(Dialect.CLOUDEVENTS, customer=ACME),
    Dialect.GITHUB: source(
        Dialect.GITHUB, customer=ACME, priority_labels={"sev1": "P1", "sev2": "P2"},
        labels={"waits": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.JIRA: source(
        Dialect.JIRA, customer=ACME, staff=frozenset({"bob"}), priorities={"high": "P2", "highest": "P1"},
        statuses={"10104": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.CHATWOOT: source(
        Dialect.CHATWOOT, customer=ACME, priorities={"high": "P2", "urgent": "P1"},
        statuses={"snoozed": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.FRESHDESK: source(Dialect.FRESHDESK, customer=ACME, priorities={"high": "P2", "urgent": "P1"}),
    Dialect.GLPI: source(
        Dialect.GLPI, customer=ACME, priorities={"high": "P2", "5": "P1"}, staff=frozenset({"bob"}),
        statuses={"4": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.INTERCOM: source(
        Dialect.INTERCOM, customer=ACME, priorities={"not_priority": "P2", "priority": "P1"},
        statuses={"snoozed": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.MAPPED: mapped(
        map=unknown.MAP, statuses=unknown.STATUSES, customer="acme", priorities={"2": "P2", "1": "P1"}
    ),
    Dialect.REDMINE: source(
        Dialect.REDMINE, customer=ACME, priorities={"high": "P2", "urgent": "P1"}, staff=frozenset({"2"}),
        statuses={"feedback": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.SERVICENOW: source(Dialect.SERVICENOW, customer=ACME, priorities={"2": "P2", "1": "P1"}),
    Dialect.ZAMMAD: source(
        Dialect.ZAMMAD, customer=ACME, priorities={"2 normal": "P2", "3 high": "P1"},
        statuses={"pending reminder": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.ZENDESK: source(Dialect.ZENDESK, customer=ACME, priorities={"high": "P2", "urgent": "P1"}),
    Dialect.GITLAB: source(
        Dialect.GITLAB, customer=ACME, priority_labels={"sev1": "P1", "sev2": "P2"}, staff=frozenset({"bob"}),
        labels={"waits": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.LINEAR: source(
        Dialect.LINEAR, customer=ACME, priorities={"high": "P2", "urgent": "P1"}, staff=frozenset({"u-2"}),
        statuses={"asks": TicketPhase.WAITING_CUSTOMER},
    ),
    Dialect.PAGERDUTY: source(Dialect.PAGERDUTY, customer=ACME, priorities={"high": "P2", "urgent": "P1"}),
    Dialect.OPSGENIE: source(
        Dialect.OPSGENIE, customer=ACME,
        statuses={"askcustomer": TicketPhase.WAITING_CUSTOMER, "goon": TicketPhase.IN_PROGRESS},
    ),
    Dialect.ALERTMANAGER: source(Dialect.ALERTMANAGER, customer=ACME, priorities={"high": "P2"}),
    Dialect.GRAFANA: source(Dialect.GRAFANA, customer=ACME, priorities={"high": "P2"}),
    Dialect.STANDARD_WEBHOOKS: source(Dialect.STANDARD_WEBHOOKS, customer=ACME),
}  # fmt: skip
_AN_ALERT = frozenset(
    {"assigned", "waiting", "customer_replied", "resumed", "responded", "priority_changed", "reopened", "closed", "end"}
)
CANNOT: Mapping[Dialect, frozenset[str]] = {
    Dialect.GITHUB: frozenset({"closed"}),
    Dialect.CHATWOOT: frozenset({"closed"}),
    Dialect.INTERCOM: frozenset({"closed"}),
    Dialect.GITLAB: frozenset({"closed"}),
    Dialect.LINEAR: frozenset({"closed"}),
    Dialect.ZAMMAD: frozenset({"closed"}),
    Dialect.PAGERDUTY: frozenset({"closed", "waiting", "customer_replied", "resumed"}),
    Dialect.OPSGENIE: frozenset({"closed", "customer_replied", "reopened", "end"}),
    Dialect.ALERTMANAGER: _AN_ALERT,
    Dialect.GRAFANA: _AN_ALERT,
}
"""What a system has no word for. One that knows no end but one resolves twice; one that cannot reopen has no second end
("end")."""
SHOWS_ONLY = frozenset({Dialect.GLPI, Dialect.ZAMMAD})
"""Systems that show the ticket and never say what was changed: what differs is made up for, with a remark."""


def cloudevents() -> Told:
    def event(when: str, kind: str, **data: Any) -> tuple[str, dict[str, Any]]:
        return when, {
            "specversion": "1.0", "id": f"{kind} {when}", "source": "desk", "type": f"io.slad.incident.{kind}.v1",
            "subject": "7", "time": instant(when).isoformat(), "data": data,
        }  # fmt: skip

    return [
        event("Mon 09:00", "opened", priority="P2"),
        event("Mon 09:05", "assigned", assignee="Bob"),
        event("Mon 09:10", "waiting", waiting_on="customer"),
        event("Mon 09:20", "customer_replied", actor="customer"),
        event("Mon 09:21", "resumed"),
        event("Mon 09:30", "responded", actor="staff"),
        event("Mon 09:40", "priority_changed", priority="P1"),
        event("Mon 10:00", "resolved"),
        event("Mon 10:30", "reopened"),
        event("Mon 11:00", "closed"),
    ]


def jira() -> Told:
    highest, closed = {"id": "1", "name": "Highest"}, {"id": "6", "name": "Closed", "statusCategory": {"key": "done"}}
    issue = (
        Issue().created().changes("Mon 09:05", assignee=BOB).changes("Mon 09:10", status=WAITS)
        .says("Mon 09:20", ANN).changes("Mon 09:21", status=WORKS).says("Mon 09:30", BOB)
        .changes("Mon 09:40", priority=highest).changes("Mon 10:00", status=DONE, resolution=FIXED)
        .changes("Mon 10:30", status=WORKS, resolution=None).changes("Mon 11:00", status=closed, resolution=FIXED)
    )  # fmt: skip
    return [(f"Mon {at.astimezone(WARSAW):%H:%M}", body) for at, body in issue.sent]


def github() -> Told:
    ann, bob = {"login": "ann", "type": "User"}, {"login": "bob", "type": "User"}
    issue: dict[str, Any] = {
        "id": 77, "title": "Down", "state": "open", "user": ann, "labels": [{"name": "sev2"}], "assignee": None,
        "created_at": instant("Mon 09:00").isoformat(), "closed_at": None,
    }  # fmt: skip
    told: Told = []

    def event(
        when: str, action: str, by: dict[str, str] = bob, about: dict[str, Any] | None = None, **now: Any
    ) -> None:
        issue.update(now, updated_at=instant(when).isoformat())
        told.append(
            (
                when,
                {"action": action, "issue": dict(issue), "repository": {"name": "shop"}, "sender": by} | (about or {}),
            )
        )

    def comment(when: str, by: dict[str, str], association: str) -> None:
        said = {"id": when, "user": by, "author_association": association, "created_at": instant(when).isoformat()}
        event(when, "created", by, {"comment": said})

    waits, sev1, sev2 = {"name": "waits"}, {"name": "sev1"}, {"name": "sev2"}
    event("Mon 09:00", "opened", ann)
    event("Mon 09:05", "assigned", assignee=bob)
    event("Mon 09:10", "labeled", about={"label": waits}, labels=[sev2, waits])
    comment("Mon 09:20", ann, "NONE")
    event("Mon 09:21", "unlabeled", about={"label": waits}, labels=[sev2])
    comment("Mon 09:30", bob, "MEMBER")
    event("Mon 09:40", "labeled", about={"label": sev1}, labels=[sev1, sev2])
    done = {"state": "closed", "state_reason": "completed"}
    event("Mon 10:00", "closed", closed_at=instant("Mon 10:00").isoformat(), **done)
    event("Mon 10:30", "reopened", state="open", state_reason="reopened", closed_at=None)
    event("Mon 11:00", "closed", closed_at=instant("Mon 11:00").isoformat(), **done)
    return told


def standard_webhooks() -> Told:
    return [
        (when, {"type": event["type"], "timestamp": event["time"], "data": {**event["data"], "incident": "7"}})
        for when, event in cloudevents()
    ]


STORIES: Mapping[Dialect, Callable[[], Told]] = {
    Dialect.CLOUDEVENTS: cloudevents,
    Dialect.GITHUB: github,
    Dialect.JIRA: jira,
    Dialect.CHATWOOT: chatwoot.story,
    Dialect.FRESHDESK: freshdesk.story,
    Dialect.GLPI: glpi.story,
    Dialect.INTERCOM: intercom.story,
    Dialect.MAPPED: unknown.story,
    Dialect.REDMINE: redmine.story,
    Dialect.SERVICENOW: servicenow.story,
    Dialect.ZAMMAD: zammad.story,
    Dialect.ZENDESK: zendesk.story,
    Dialect.GITLAB: code_hosts.gitlab,
    Dialect.LINEAR: code_hosts.linear,
    Dialect.PAGERDUTY: pagers.pagerduty,
    Dialect.OPSGENIE: pagers.opsgenie,
    Dialect.ALERTMANAGER: pagers.alertmanager,
    Dialect.GRAFANA: pagers.grafana,
    Dialect.STANDARD_WEBHOOKS: standard_webhooks,
}


def received(dialect: Dialect, told: Told) -> list[IncidentEvent]:
    """The events as ingest stores them, a few seconds after each was sent."""
    history: list[IncidentEvent] = []
    headers = {"content-type": "application/cloudevents+json"} if dialect is Dialect.CLOUDEVENTS else {}
    for when, body in told:
        delivery = Delivery(body=orjson.dumps(body), headers=headers, received_at=instant(when) + timedelta(seconds=5))
        found = translate(delivery, SOURCES[dialect]).outcome
        if isinstance(found, Accepted):
            for one in found.events:
                history.append(with_reporter_recognised(with_accepted_time(one, timedelta(minutes=5)), history).event)
        elif (seen := getattr(found, "observed", None)) is not None:
            history.append(with_accepted_time(seen, timedelta(minutes=5)).event)
    return history


def state_of(incident: Incident) -> dict[str, Any]:
    return {
        "opened": incident.opened_at,
        "ended": incident.ended_at,
        "priority": incident.attributes.get("priority"),
        "customer": incident.attributes.get("customer"),
        "assigned": bool(incident.attributes.get("assignee")),
        "waits": [(wait.start, wait.end) for wait in incident.waits],
        "clocks": [(clock.metric, clock.cycle, clock.state, clock.stopped_at) for clock in incident.clocks],
    }


def expected_of(dialect: Dialect) -> Incident:
    """The story in slad's own words, without what the system has no word for."""
    cannot = CANNOT.get(dialect, frozenset())
    told = [(when, event) for when, event in cloudevents() if event["id"].split(" ")[0] not in cannot - {"closed"}]
    return fold(received(Dialect.CLOUDEVENTS, told[:-1] if "end" in cannot else told), RULES)


def test_every_dialect_tells_the_story() -> None:
    assert set(STORIES) == set(SOURCES) == set(Dialect)


@pytest.mark.parametrize("dialect", Dialect)
def test_the_same_story_ends_in_the_same_fold(dialect: Dialect) -> None:
    expected = expected_of(dialect)
    found = fold(received(dialect, STORIES[dialect]()), RULES)
    assert state_of(found) == state_of(expected)
    assert found.phase is (Phase.RESOLVED if "closed" in CANNOT.get(dialect, ()) else Phase.CLOSED)
    reconciled = [remark for remark in found.remarks if remark.kind is RemarkKind.RECONCILED]
    assert bool(reconciled) is (dialect in SHOWS_ONLY)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_story_that_is_delivered_backwards_ends_in_the_same_fold(dialect: Dialect) -> None:
    told = STORIES[dialect]()
    events = received(dialect, told)
    assert state_of(fold(list(reversed(events)), RULES)) == state_of(fold(events, RULES))


@pytest.mark.parametrize("dialect", Dialect)
def test_a_ticket_whose_opening_was_lost_is_opened_by_the_next_delivery(dialect: Dialect) -> None:
    incident = fold(received(dialect, STORIES[dialect]()[1:]), RULES)
    assert incident.phase is (Phase.RESOLVED if "closed" in CANNOT.get(dialect, ()) else Phase.CLOSED)
    assert incident.ended_at == expected_of(dialect).ended_at
