"""Every key of a source decides something of a delivery of its dialect, or `slad check` refuses it there.

The key holds every word there is: a table with an entry for each, a list that names everybody. If no delivery of the
dialect is read otherwise then, nothing reads the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.unit.catalogue.made import SOUND, problems
from tests.unit.ingest.desk_bodies import servicenow, zendesk_trigger
from tests.unit.ingest.made import translated
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_github import payload as github
from tests.unit.ingest.test_same_story import SOURCES, STORIES

from sla_catalogue.document.source import SourceDocument
from sla_catalogue.source import NOBODY, Dialect, Lookup, Source, TicketPhase
from sla_catalogue.source_map import SourceMap

ANY = "*"  # a label that a table of everything has, however it is looked up
OFFSET = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:?\d\d)")
VENDOR, CANCELLED = TicketPhase.WAITING_VENDOR, TicketPhase.CANCELLED


class _Every(frozenset[str]):
    """Has every word; of groups, it shares those that somebody is in."""

    def __contains__(self, word: object) -> bool:
        return bool(word)

    def __and__(self, others: Any) -> frozenset[str]:
        return frozenset(others)


class _Table(dict[str, Any]):
    """Says the same of every word."""

    def __init__(self, meaning: Any) -> None:
        super().__init__({ANY: meaning})

    def __contains__(self, word: object) -> bool:
        return True

    def get(self, word: str, default: Any = None) -> Any:
        return self[ANY]


def _by(side: str, way: str) -> Callable[[Source], Source]:
    return lambda one: replace(one, **{side: replace(NOBODY, **{way: _Every()})})


# key -> how it is written, and what it makes of a source of which nobody is named and nobody else is staff
KEYS: dict[str, tuple[str, Callable[[Source], Source]]] = {
    "zone": ("zone: Asia/Tokyo", lambda one: replace(one, zone="Asia/Tokyo")),
    "statuses": ("statuses: {x: waiting_vendor}", lambda one: replace(one, statuses=_Table(VENDOR))),
    "labels": ("labels: {x: waiting_vendor}", lambda one: replace(one, labels=_Table(VENDOR))),
    "priorities": ("priorities: {x: P1}", lambda one: replace(one, priorities=_Table("P9"))),
    "priority_labels": ("priority_labels: {x: P1}", lambda one: replace(one, priority_labels=_Table("P9"))),
    "resolutions": ("resolutions: {x: cancelled}", lambda one: replace(one, resolutions=_Table(CANCELLED))),
    "customer": ("customer: {field: x}", lambda one: replace(one, customer=Lookup(constant="other"))),
    "product": ("product: {field: x}", lambda one: replace(one, product=Lookup(constant="other"))),
    "attributes": ("attributes: {a: {field: x}}", lambda one: replace(one, attributes={"a": Lookup(constant="1")})),
    "bots": ("bots: [x]", lambda one: replace(one, bots=_Every())),
    "staff.people": ("staff: {people: [x]}", lambda one: replace(one, staff=_Every())),
    "staff.groups": ("staff: {groups: [x]}", _by("staff_by", "groups")),
    "staff.domains": ("staff: {domains: [x.example]}", _by("staff_by", "domains")),
    "staff.associations": ("staff: {associations: [NONE]}", _by("staff_by", "associations")),
    "staff.only": ("staff: {only: true, people: [x]}", lambda one: replace(one, only_staff=False)),
    "customers.people": ("customers: {people: [x]}", lambda one: replace(one, customers=_Every())),
    "customers.groups": ("customers: {groups: [x]}", _by("customers_by", "groups")),
    "customers.domains": ("customers: {domains: [x.example]}", _by("customers_by", "domains")),
    "customers.associations": ("customers: {associations: [NONE]}", _by("customers_by", "associations")),
}  # fmt: skip
ELSEWHERE = {"dialect", "preset", "map", "authentication", "same_as"}
"""Keys that are not of one dialect, or have tests of their own for each dialect."""
WRITTEN = {Dialect.MAPPED: "map: {incident: id, time: at}, "}


def test_every_key_of_a_source_is_tried() -> None:
    assert {key.partition(".")[0] for key in KEYS} | ELSEWHERE == set(SourceDocument.model_fields)


def _changed(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: change(name, _changed(one, change, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change, key) for one in value]
    return change(key, value)


def _local(_: str, value: Any) -> Any:
    """A time without its offset, as an old server writes it."""
    found = OFFSET.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else value


def _person(key: str, value: Any) -> Any:
    """An account with all that a sender can say of one: a mail address, groups."""
    if isinstance(value, str) and value.lower() in ("ann", "bob"):
        return f"{value.lower()}@desk.example"
    if not isinstance(value, dict) or not {"name", "displayName", "username"} & value.keys():
        return value
    return {**value, "email": "p@desk.example", "emailAddress": "p@desk.example", "groups": ["g"], "roles": ["r"]}


def _labelled(key: str, value: Any) -> Any:
    """A ticket with labels where labels can stand."""
    if key in ("labels", "tags") and isinstance(value, list):
        return [*value, ANY] if key == "tags" else [*value, {"id": "l", "name": ANY, "title": ANY}]
    return value


def _told(dialect: Dialect) -> Iterator[Any]:
    story = [body for _, body in STORIES[dialect]()]
    yield from story
    for change in (_local, _person, _labelled):
        yield from (_changed(body, change) for body in story)
    if dialect is Dialect.ZENDESK:
        yield from (body for _, body in zendesk_trigger.story())
    if dialect is Dialect.GITHUB:
        yield github("opened", issue={"type": {"name": "Bug"}})
    if dialect is Dialect.GITLAB:
        yield {**story[0], "object_attributes": story[0]["object_attributes"] | {"severity": "high", "labels": []}}
    if dialect is Dialect.SERVICENOW:
        yield servicenow.body("update", "Mon 10:00", servicenow.BOB, {"state": "2"}, state="6", close_code="Own")
    if dialect is Dialect.JIRA:
        for body in story:
            issue = body["issue"]
            yield {**body, "issue": {**issue, "fields": issue["fields"] | {"labels": [ANY]}}}
            yield _changed({**body, "timestamp": None}, _local)
    if dialect in (Dialect.CLOUDEVENTS, Dialect.STANDARD_WEBHOOKS):
        for body in story:
            said = {name: value for name, value in body["data"].items() if name != "actor"}
            yield {**body, "data": said | {"actor_name": "bob@desk.example"}}
    if dialect is Dialect.MAPPED:
        yield from ({**body, "labels": [ANY], "ended": "won't do", "groups": ["g"]} for body in story)


@cache
def _base(dialect: Dialect) -> Source:
    known = replace(SOURCES[dialect], staff=frozenset(), only_staff=True)
    if known.map is None:
        return known
    more = {"labels": "labels", "resolution": "ended", "actor_groups": "groups"}
    return replace(known, map=replace(known.map, **{name: _expression(path) for name, path in more.items()}))


def _expression(path: str) -> Any:
    found = mapped(map={"incident": "id", "title": path}).map
    assert isinstance(found, SourceMap)
    return found.title


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("dialect", Dialect)
def test_a_key_is_read_or_refused(tmp_path: Path, dialect: Dialect, key: str) -> None:
    written, change = KEYS[key]
    keys = f"dialect: {dialect.value}, {WRITTEN.get(dialect, '')}{written}"
    text = f"{SOUND}sources: {{hub: {{{keys}, authentication: {{secret: a-secret-of-the-hub}}}}}}\n"
    codes = {one.code for one in problems(tmp_path, text)}
    assert codes <= {"unread-key", "never-told"}, codes
    headers = {"content-type": "application/cloudevents+json"} if dialect is Dialect.CLOUDEVENTS else {}
    base = _base(dialect)
    with_it = change(base)
    differs = any(translated(body, base, **headers) != translated(body, with_it, **headers) for body in _told(dialect))
    assert codes or differs, f"{dialect.value} reads {key} nowhere, and the check says nothing"
