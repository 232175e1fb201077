"""Well-formed bodies of every door, from which the odd ones are made; real payloads too where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.shared_data import SHARED
from tests.unit.ingest.test_bad_bodies import PLACES, put
from tests.unit.ingest.test_presets import ZABBIX
from tests.unit.ingest.test_same_story import STORIES

from sla_catalogue.authentication import Authentication
from sla_catalogue.source import Dialect, Source

NOW = "2026-10-26T08:00:00Z"


@dataclass(frozen=True, slots=True)
class Seed:
    """A body and how it is sent: `secret` proves it by `how`, or as GitHub and Jira sign; `key` is a bearer's."""

    path: str
    body: Any
    content_type: str = "application/json"
    secret: str = ""
    key: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    how: Authentication | None = None


def _cloud_event(number: int, kind: str, data: dict[str, Any], round_: int) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"fuzz-{round_}-{number}", "source": "/fuzz",
        "type": f"io.slad.incident.{kind}.v1", "subject": f"F-{round_ * 7 + number % 7}", "time": NOW, "data": data,
    }  # fmt: skip


_DATA: dict[str, dict[str, Any]] = {
    "opened": {"customer": "Page", "priority": "P1", "title": "Down", "product": "shop", "reporter": "ann"},
    "responded": {"actor": "staff"},
    "customer_replied": {"actor": "customer"},
    "priority_changed": {"attributes": {"priority": "P2"}},
    "waiting": {"waiting_on": "customer"},
    "resumed": {},
    "resolved": {},
    "reopened": {},
    "closed": {},
    "merged": {"merged_into": "F-1"},
    "target_agreed": {"agreed": {"metric": "resolution", "due_at": "2026-10-30T08:00:00Z", "agreed_by": "ann"}},
    "rated": {"score": 4},
    "exempted": {"metrics": ["resolution"], "reason": "agreed"},
}


_ACTIONS = ("opened", "closed", "reopened", "labeled", "assigned", "deleted", "transferred", "edited", "typed")


def cloud_events(key: str, round_: int = 0) -> list[Seed]:
    """Of every type. Each round has incidents of its own."""
    structured = "application/cloudevents+json"
    events = [_cloud_event(number, kind, data, round_) for number, (kind, data) in enumerate(_DATA.items())]
    singles = [Seed("/v1/events", event, structured, key=key) for event in events]
    batch = Seed("/v1/events", events, "application/cloudevents-batch+json", key=key)
    binary = Seed(
        "/v1/events", _DATA["opened"], key=key,
        headers=(("ce-specversion", "1.0"), ("ce-id", "b1"), ("ce-source", "/fuzz"), ("ce-subject", "F-9"),
                 ("ce-type", "io.slad.incident.opened.v1"), ("ce-time", NOW)),
    )  # fmt: skip
    return [*singles, batch, binary]


def others(key: str, acker: str, admin: str) -> list[Seed]:
    notice = {
        "id": "fix-1", "title": "Update now", "text": "A hole.", "severity": "critical", "published_at": NOW,
        "products": [{"product": "shop", "versions": ">=1.0,<2.0"}],
    }  # fmt: skip
    override = {
        "from": NOW, "until": "2026-10-27T08:00:00Z", "person": "spare-mail", "instead_of": "turn-mail",
        "reason": "ill",
    }  # fmt: skip
    deadline = {"contract": "acme", "priority": "P1", "at": NOW, "start": NOW, "metric": "resolution"}
    return [
        Seed("/v1/notices", notice, key=key),
        Seed("/v1/deadlines", deadline, key=acker),
        Seed("/v1/oncall/turns/overrides", override, key=admin),
        Seed("/v1/alerts/1/ack", {"by": "ann"}, key=acker),
    ]


def webhooks(github_secret: str, jira_secret: str, round_: int = 0) -> list[Seed]:
    """Small bodies of both dialects."""
    user = {"login": "ann", "type": "User"}
    issue = {
        "id": 1 + round_, "number": 7 + round_, "title": "Down", "state": "open", "user": user,
        "created_at": NOW, "updated_at": NOW,
        "labels": [{"name": "sev1"}], "html_url": "https://github.example/acme/shop/issues/7", "body": "text",
    }  # fmt: skip
    repository = {"id": 5, "name": "shop", "full_name": "acme/shop"}
    comment = {"id": 3, "user": user, "created_at": NOW, "author_association": "MEMBER", "body": "hello"}
    github = [
        {"action": action, "issue": issue, "repository": repository, "sender": user}
        for action in (
            "opened",
            "closed",
            "reopened",
            "labeled",
            "assigned",
            "deleted",
            "transferred",
            "edited",
            "typed",
        )
    ] + [{"action": "created", "issue": issue, "comment": comment, "repository": repository, "sender": user}]
    fields = {
        "summary": "Down", "status": {"name": "To Do", "id": "1"}, "priority": {"name": "High"},
        "created": "2026-10-26T08:00:00.000+0000", "updated": "2026-10-26T08:00:00.000+0000",
        "project": {"key": "TES"}, "reporter": {"accountId": "r", "displayName": "R"},
    }  # fmt: skip
    changelog = {"id": "9", "items": [{"field": "status", "fieldId": "status", "from": "1", "fromString": "To Do",
                                       "to": "2", "toString": "Done"}]}  # fmt: skip
    issue_of_jira = {"id": f"{1 + round_}", "key": f"TES-{1 + round_}", "fields": fields}
    jira = [
        {"timestamp": 1793001600000, "webhookEvent": event, "issue": issue_of_jira,
         "user": {"accountId": "u"}, "changelog": changelog, "comment": {"id": "2", "author": {"accountId": "u"}}}
        for event in ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created")
    ]  # fmt: skip
    return [
        *(Seed("/v1/webhooks/github-repo", body, secret=github_secret) for body in github),
        *(Seed("/v1/webhooks/jira-cloud", body, secret=jira_secret) for body in jira),
    ]


def dialects(sources: Mapping[str, Source], round_: int = 0) -> list[Seed]:
    """The story of each dialect to its source, a batch, a preset's body, and every real payload to whom it is for.

    Args:
        sources: The sources of the catalogue by id, with their secrets.
        round_: Of each round the tickets are others.
    """
    to = {f"fuzz-{dialect.value}": dialect for dialect in STORIES if f"fuzz-{dialect.value}" in sources}
    bodies = [(name, body) for name, dialect in to.items() for body in _story(dialect, round_)]
    bodies += [("fuzz-batch", {"told": _story(Dialect.MAPPED, round_)}), ("fuzz-batch", {"told": []})]
    bodies += [("fuzz-preset", {**ZABBIX, "eventid": f"{round_}", **more}) for more in _OF_ZABBIX]
    for folder, body in _real_payloads():
        bodies += [(name, body) for name in {_TO.get(folder.partition("-")[0], ""), "fuzz-mapped"} if name in sources]
    return [_seed(sources[name], body) for name, body in bodies]


def _seed(source: Source, body: Any) -> Seed:
    how = source.authentication
    return Seed(f"/v1/webhooks/{source.id}", body, secret=how.secrets[0].reveal(), how=how)


_OF_ZABBIX: tuple[dict[str, Any], ...] = (
    {},
    {"update": "1", "action": "acknowledged", "user": "bob"},
    {"value": "0", "recovery_clock": "1795169000"},
)
_TO = {
    "github": "github-repo", "jira": "jira-cloud", "zabbix": "fuzz-preset", "front": "fuzz-batch",
    **{name: f"fuzz-{name}" for name in ("alertmanager", "freshdesk", "gitlab", "grafana", "intercom", "linear",
                                         "opsgenie", "pagerduty")},
}  # fmt: skip
"""The first word of a folder of real payloads -> the source that they are for. CloudEvents have a door of their own."""


def _story(dialect: Dialect, round_: int) -> list[Any]:
    path = PLACES[dialect]["id"]
    return [_renamed(body, path, round_) for _, body in STORIES[dialect]()]


def _renamed(body: Any, path: tuple[str | int, ...], round_: int) -> Any:
    try:
        here = body
        for step in path:
            here = here[step]
    except (KeyError, IndexError):  # a comment names its ticket elsewhere
        return body
    if isinstance(here, dict):  # the labels of an alert name it
        return put(body, path, {**here, "round": f"{round_}"})
    return put(body, path, here + round_ if isinstance(here, int) else f"{here}{round_ or ''}")


def _real_payloads() -> list[tuple[str, Any]]:
    """Folder and body."""
    found = []
    for file in sorted((SHARED / "data" / "webhooks").rglob("*.json")):
        try:
            found.append((file.parent.name, json.loads(file.read_bytes())))
        except ValueError:
            continue
    return found
