"""`same_as` of a source: where a ticket names the tickets of another system that are the same incident."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest import test_github, test_jira
from tests.unit.ingest.made import events, translated
from tests.unit.ingest.test_pagers import duty

from sla_catalogue.assembly.source import build_sources
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings
from sla_catalogue.source import Source, SourceId
from sla_domain.event import IncidentEvent
from sla_domain.same_as import linked_names, names_of_tickets
from sla_ingest.name.known import stated_links

NONE = {"kind": "none"}


def built(dialect: str, **keys: Any) -> tuple[Source, list[str]]:
    """A source with these keys beside a source `other`, and what is wrong with it."""
    sources = {
        "desk": {"dialect": dialect, "authentication": NONE, **keys},
        "other": {"dialect": "cloudevents", "authentication": NONE},
    }
    document = CatalogueDocument.model_validate({"sources": sources, "settings": {"local": "true"}})
    findings = Findings({})
    found = build_sources(Context(document, {"sources": frozenset(sources)}, findings))
    return found[SourceId("desk")], [one.code for one in findings.problems]


def told(payload: Any, dialect: str, same_as: dict[str, Any]) -> list[IncidentEvent]:
    desk, problems = built(dialect, same_as={"source": "other", **same_as})
    assert not problems
    kind = "application/cloudevents+json" if dialect == "cloudevents" else "application/json"
    headers = {"x_github_event": "issues", "x_github_delivery": "d-1", "content_type": kind}
    return events(translated(payload, desk, **headers).outcome)


FIELD = {"customfield_10050": "SUP-77, SUP-78"}
MAP = {"incident": "id", "when": [{"event": "opened"}]}


@pytest.mark.parametrize(
    ("dialect", "payload", "same_as", "names"),
    [
        ("jira", test_jira.delivery("jira:issue_created", issue=test_jira.issue(**FIELD)),
         {"field": "issue.fields.customfield_10050"}, ("other:SUP-77", "other:SUP-78")),
        ("jira", test_jira.delivery("jira:issue_created", issue=test_jira.issue(customfield_10050=None)),
         {"field": "issue.fields.customfield_10050"}, ()),
        ("github", test_github.payload("opened", labels=("sup:77", "bug")),
         {"label": "sup:", "values": {"77": "SUP-77"}}, ("other:SUP-77",)),
        ("pagerduty", duty("incident.triggered", incident_key="SUP-7"),
         {"field": "event.data.incident_key"}, ("other:SUP-7",)),
        ("pagerduty", duty("incident.triggered"), {"constant": "SUP-1"}, ("other:SUP-1",)),
        ("cloudevents", {"specversion": "1.0", "id": "1", "source": "x", "type": "opened", "subject": "A",
                         "data": {"same_as": ["other:B", "other:C"]}}, {}, ("other:B", "other:C")),
        ("cloudevents", {"specversion": "1.0", "id": "1", "source": "x", "type": "opened", "subject": "A",
                         "data": {"same_as": ""}}, {}, ()),
    ],
)  # fmt: skip
def test_where_a_ticket_names_the_other(dialect: str, payload: Any, same_as: Any, names: tuple[str, ...]) -> None:
    last = told(payload, dialect, same_as)[-1]
    assert stated_links(last) == names


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("SUP-77", ("jira:SUP-77",)),
        ("jira:SUP-77", ("jira:SUP-77",)),
        ("https://jira.example/browse/SUP-77?x=1", ("jira:SUP-77",)),
        ("https://github.com/acme/shop/issues/12", ("jira:acme/shop#12",)),
        ("https://acme.pagerduty.com/incidents/Q1X2/", ("jira:Q1X2",)),
        ("A, B;C\nD A", ("jira:A", "jira:B", "jira:C", "jira:D")),
        ("", ()),
        (" , ", ()),
        (" ".join(f"T-{number}" for number in range(20)), tuple(f"jira:T-{number}" for number in range(10))),
    ],
)
def test_what_a_field_may_hold(written: str, names: tuple[str, ...]) -> None:
    assert linked_names(names_of_tickets(written, "jira")) == names


@pytest.mark.parametrize("written", ["x", ":x", "x:", "::", "a" * 400 + ":1"])
def test_what_is_no_ticket_is_left_out(written: str) -> None:
    assert linked_names(written) in ((), ("::",))


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"same_as": {"field": "x", "source": "nobody"}}, "unknown-other-source"),
        ({"same_as": {"field": "x", "source": "desk"}}, "unknown-other-source"),
        ({"attributes": {"same_as": {"field": "x"}}}, "misplaced-same-as"),
    ],
)
def test_what_is_written_wrong(keys: dict[str, Any], code: str) -> None:
    assert built("jira", **keys)[1] == [code]


def test_a_map_names_no_links() -> None:
    for kind in ("linked", "unlinked"):
        assert built("mapped", map={"incident": "id", "when": [{"event": kind}]})[1][0] == "links-are-same-as"
    assert built("mapped", map=MAP, same_as={"field": "other", "source": "other"})[1] == []


def test_a_source_names_only_what_it_may() -> None:
    for other, refused in (("stranger:1", True), ("other:1", False), ("desk:2", False)):
        event = {"specversion": "1.0", "id": "1", "source": "x", "type": "linked", "subject": "A"}
        desk, _ = built("cloudevents", same_as={"source": "other"})
        payload = event | {"data": {"known_as": other}}
        outcome = translated(payload, desk, content_type="application/cloudevents+json").outcome
        assert ("set sources.desk.same_as.source to stranger" in str(outcome)) is refused, other
