"""`same_as` of a source: where a ticket names the tickets of another system that are the same incident."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ingest import test_github, test_jira
from tests.unit.ingest.made import events, translated
from tests.unit.ingest.test_pagers import duty
from tests.unit.ingest.test_same_story import SOURCES, STORIES

from sla_catalogue.assembly.source import build_sources
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings
from sla_catalogue.source import Dialect, Lookup, Source, SourceId
from sla_domain.event import IncidentEvent
from sla_domain.same_as import linked_names, names_of_tickets
from sla_ingest.dialect import Ignored, Refused
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
        ({"dialect": "mapped", "map": MAP | {"attributes": {"same_as": "x"}}}, "misplaced-same-as"),
    ],
)
def test_what_is_written_wrong(keys: dict[str, Any], code: str) -> None:
    assert built(**{"dialect": "jira", **keys})[1] == [code]


def test_a_map_names_no_links() -> None:
    for kind in ("linked", "unlinked"):
        assert built("mapped", map={"incident": "id", "when": [{"event": kind}]})[1][0] == "links-are-same-as"
    assert built("mapped", map=MAP, same_as={"field": "other", "source": "other"})[1] == []


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"same_as": ["stranger:1"]}, "/data/same_as"),
        ({"attributes": {"same_as": "stranger:1"}}, "/data/attributes/same_as"),
        ({"snapshot": {"at": "2026-11-20T09:00:00Z", "attributes": {"same_as": "stranger:1"}}},
         "/data/snapshot/attributes/same_as"),
    ],
)  # fmt: skip
def test_nobody_elses_ticket_is_named_by_any_way(data: dict[str, Any], pointer: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "x", "type": "opened", "subject": "A", "data": data}
    desk, _ = built("cloudevents", same_as={"source": "other"})
    outcome = translated(event, desk, content_type="application/cloudevents+json").outcome
    assert isinstance(outcome, Refused)
    assert outcome.pointer == pointer


# Where a field of people's own stands in the bodies of a system, if not at the top, and what its absence says there.
PLACES: Mapping[Dialect, tuple[str, str, tuple[str, ...] | None]] = {
    Dialect.CLOUDEVENTS: ("data.twin", "data.twin", None),
    Dialect.STANDARD_WEBHOOKS: ("data.twin", "data.twin", None),
    Dialect.ALERTMANAGER: ("alerts.0.annotations.twin", "alert.annotations.twin", ()),
    Dialect.GRAFANA: ("alerts.0.annotations.twin", "alert.annotations.twin", ()),
}
SILENT = frozenset({Dialect.LINEAR})
"""Systems whose comments show nothing of the ticket's fields."""
ABSENT = object()


def with_value(body: Any, path: str, value: Any) -> Any:
    """The body with a value at a path, or without the key."""
    body = deepcopy(body)
    *parents, last = path.split(".")
    there = body
    for name in parents:
        there = there[int(name)] if name.isdigit() else there.setdefault(name, {})
    there.pop(last, None)
    return body if value is ABSENT or there.__setitem__(last, value) is None else None


def all_links(dialect: Dialect, desk: Source, value: Any) -> set[tuple[str, ...] | None]:
    """What the deliveries of a dialect's story say of links, each of which has the value in the field."""
    place = PLACES.get(dialect, ("twin",))[0]
    kind = "application/cloudevents+json" if dialect is Dialect.CLOUDEVENTS else "application/json"
    found: set[tuple[str, ...] | None] = set()
    for _, body in STORIES[dialect]():
        outcome = translated(with_value(body, place, value), desk, content_type=kind).outcome
        if isinstance(outcome, Ignored):
            last = None if outcome.observed is None else outcome.observed.event
        else:
            last = events(outcome)[-1]
        found.add(None if last is None else stated_links(last))
    return found - {None} if dialect in SILENT and value is not ABSENT else found


@pytest.mark.parametrize("dialect", Dialect)
def test_a_field_that_is_cleared_takes_the_link_back_in_every_delivery(dialect: Dialect) -> None:
    _, field, absent = PLACES.get(dialect, ("twin", "twin", None))
    lookup = Lookup(field=field, tickets_of="other")
    desk = replace(SOURCES[dialect], attributes={"same_as": lookup})
    assert all_links(dialect, desk, "SUP-77") == {("other:SUP-77",)}
    assert all_links(dialect, desk, "") == {()}
    assert all_links(dialect, desk, None) == {()}
    assert all_links(dialect, desk, ABSENT) == {absent}


@pytest.mark.parametrize("kind", ["opened", "described", "responded", "waiting", "resolved", "observed"])
def test_a_map_without_a_state_reads_the_other_ticket_from_every_event(kind: str) -> None:
    entry = {"event": kind} | ({"waiting_on": "customer"} if kind == "waiting" else {})
    keys = {"map": {"incident": "id", "when": [entry]}, "same_as": {"field": "twin", "source": "other"}}
    desk, problems = built("mapped", **keys)
    assert not problems
    said = [stated_links(events(translated({"id": "7", **more}, desk).outcome)[-1])
            for more in ({"twin": "SUP-77"}, {"twin": ""}, {"twin": None}, {})]  # fmt: skip
    assert said == [("other:SUP-77",), (), (), None]


def test_a_label_of_a_map_that_is_taken_away_takes_the_link_back() -> None:
    keys = {"map": MAP | {"labels": "tags"}, "same_as": {"label": "sup:", "source": "other"}}
    desk, _ = built("mapped", **keys)
    said = [stated_links(events(translated({"id": "7", **more}, desk).outcome)[-1])
            for more in ({"tags": ["sup:SUP-77"]}, {"tags": []}, {})]  # fmt: skip
    assert said == [("other:SUP-77",), (), None]


def test_a_source_names_only_what_it_may() -> None:
    for other, refused in (("stranger:1", True), ("other:1", False), ("desk:2", False)):
        event = {"specversion": "1.0", "id": "1", "source": "x", "type": "linked", "subject": "A"}
        desk, _ = built("cloudevents", same_as={"source": "other"})
        payload = event | {"data": {"known_as": other}}
        outcome = translated(payload, desk, content_type="application/cloudevents+json").outcome
        assert ("set sources.desk.same_as.source to stranger" in str(outcome)) is refused, other
