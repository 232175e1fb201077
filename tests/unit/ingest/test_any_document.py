"""Laws of every dialect: no exception, the same answer twice, nothing that a table or a mail header cannot hold."""

from __future__ import annotations

import unicodedata
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.translated import translate
from tests.unit.ingest import test_alerts, test_github, test_gitlab, test_jira, test_linear, test_mapped, test_pagers
from tests.unit.ingest.hostile import VALUES, as_bytes, damaged
from tests.unit.ingest.made import RECEIVED, source, translated
from tests.unit.ingest.test_standard_webhooks import message

from sla_catalogue.source import Dialect
from sla_domain import bounds
from sla_ingest.dialect import DIALECTS, Accepted, DoesNotFit, Refused, Translation
from sla_ingest.dialect.port import Delivery

GITHUB = [given_ for given_, _ in (*test_github.ACTIONS.values(), *test_github.COMMENTS.values())]
JIRA = [given_ for given_, _ in (*test_jira.CHANGES.values(), *test_jira.KINDS.values(), *test_jira.COMMENTS.values())]
EVENTS: list[Any] = [
    {
        "specversion": "1.0",
        "id": "1",
        "source": "desk",
        "type": kind,
        "subject": "INC1",
        "time": "2026-11-20T10:00:00Z",
        "data": {
            "customer": "Acme",
            "waiting_on": "customer",
            "priority": "P1",
            "score": 3,
            "merged_into": "INC2",
            "metrics": ["resolution"],
            "agreed": {"metric": "resolution", "due_at": "2026-12-01T00:00:00Z", "agreed_by": "Ann"},
        },
    }
    for kind in ("opened", "waiting", "target_agreed", "merged", "rated", "exempted", "mock.test")
]


DOCUMENTS: dict[Dialect, list[Any]] = {
    Dialect.ALERTMANAGER: [
        test_alerts.notification(test_alerts.alert(status), truncatedAlerts=1) for status in ("firing", "resolved")
    ],
    Dialect.GRAFANA: [test_alerts.notification(test_alerts.alert(), orgId=1), {"ruleId": 1, "state": "ok"}],
    Dialect.PAGERDUTY: [
        test_pagers.duty(f"incident.{kind}") for kind in ("triggered", "escalated", "priority_updated", "resolved")
    ],
    Dialect.OPSGENIE: [
        test_pagers.genie(action, addedTags=["on hold"]) for action in ("Create", "AddTags", "AssignOwnership", "Close")
    ],
    Dialect.GITLAB: [*test_gitlab.STORY, test_gitlab.issue("close", moved_to_id=302)],
    Dialect.LINEAR: [*test_linear.STORY, test_linear.issue("update", before={"labelIds": [], "priority": 1})],
    Dialect.STANDARD_WEBHOOKS: [message(priority="high"), message("worked", who="Ann", minutes=3)],
}


def check(found: Translation, again: Translation) -> None:
    assert found == again
    assert 0 < len(found.delivery) <= 160
    if isinstance(found.outcome, Refused):
        assert found.outcome.status in (400, 422)
    if not isinstance(found.outcome, Accepted):
        return
    assert found.outcome.events
    for number, one in enumerate(found.outcome.events):
        event = one.event
        assert event.id.endswith(f"/{number}")
        assert len(event.id) <= 140
        assert len(event.incident) <= 300
        assert bounds.within_reach(event.occurred_at)
        assert event.agreed is None or bounds.within_reach(event.agreed.due_at)
        assert bounds.writable(event.incident)
        assert len(event.attributes.get("customer", "")) <= bounds.CUSTOMER
        assert len(event.attributes.get("priority", "")) <= bounds.PRIORITY
        assert event.received_at == RECEIVED
        for name, value in event.attributes.items():
            assert isinstance(name, str)
            assert isinstance(value, str)
            assert len(value) <= 1_000
        for text in (event.incident, event.actor_name, event.reason, *event.attributes, *event.attributes.values()):
            assert not any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t\r" for sign in text)


@given(document=damaged(GITHUB) | VALUES, event=st.sampled_from(["issues", "issue_comment", "", "push"]))
def test_any_github_document(document: Any, event: str) -> None:
    check(*(translated(as_bytes(document), test_github.GITHUB, x_github_event=event) for _ in range(2)))


@given(document=damaged(JIRA) | VALUES)
def test_any_jira_document(document: Any) -> None:
    check(*(translated(as_bytes(document), test_jira.JIRA) for _ in range(2)))


@pytest.mark.parametrize("dialect", list(DOCUMENTS))
@given(data=st.data())
def test_any_document_of_the_other_systems(dialect: Dialect, data: st.DataObject) -> None:
    body = as_bytes(data.draw(damaged(DOCUMENTS[dialect]) | VALUES))
    delivery = Delivery(body=body, headers={}, received_at=RECEIVED)
    for one in _parts(dialect, delivery):
        check(*(translate(one, source(dialect)) for _ in range(2)))


def _parts(dialect: Dialect, delivery: Delivery) -> list[Delivery]:
    """As intake takes them; a batch that cannot be read is refused as a whole."""
    try:
        return DIALECTS[dialect].parts(delivery, source(dialect)) or [DIALECTS[dialect].by_body(delivery)]
    except DoesNotFit:
        return []


@given(document=damaged([test_mapped.BODY]) | VALUES)
def test_any_mapped_document(document: Any) -> None:
    check(*(translated(as_bytes(document), test_mapped.desk()) for _ in range(2)))


@given(document=damaged(EVENTS) | VALUES)
def test_any_structured_event(document: Any) -> None:
    desk = source(Dialect.CLOUDEVENTS)
    check(*(translated(as_bytes(document), desk, content_type="application/cloudevents+json") for _ in range(2)))


@given(
    body=st.binary(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(
            ["ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-specversion", "ce-x", "content-type"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=40)
        | st.sampled_from(["1.0", "opened", "%FF", "application/json", "2026-11-20T10:00:00Z"]),
    ),
)
def test_any_binary_event(body: bytes, headers: dict[str, str]) -> None:
    desk = source(Dialect.CLOUDEVENTS)
    delivery = Delivery(body=body, headers=headers, received_at=RECEIVED)
    check(translate(delivery, desk), translate(delivery, desk))


@given(document=st.sampled_from([*GITHUB, *JIRA, *EVENTS]), cut=st.integers(0, 4_000), put=st.binary(max_size=3))
def test_bytes_in_the_wrong_place(document: Any, cut: int, put: bytes) -> None:
    body = orjson.dumps(document)
    broken = body[:cut] + put + body[cut + len(put) :]
    for dialect in (Dialect.GITHUB, Dialect.JIRA, Dialect.CLOUDEVENTS):
        found = [translated(broken, source(dialect), content_type="application/cloudevents+json") for _ in range(2)]
        check(*found)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_dialect_of_the_catalogue_has_an_answer(dialect: Dialect) -> None:
    by = test_mapped.desk() if dialect is Dialect.MAPPED else source(dialect)
    check(translated({}, by), translated({}, by))
