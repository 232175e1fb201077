"""An issue on GitHub that lives, and the deliveries of its life: each carries the whole issue as it then stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from tests.translated import translate

from sla_catalogue.source import Authentication, AuthenticationKind, Dialect, Lookup, Source, SourceId, TicketPhase
from sla_domain.event import IncidentEvent
from sla_ingest.dialect import Accepted, Delivery, Ignored

CREATED = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
DESK = Source(
    id=SourceId("desk"),
    dialect=Dialect.GITHUB,
    authentication=Authentication(kind=AuthenticationKind.NONE),
    priority_labels={"sev1": "P1", "sev2": "P2"},
    labels={"waiting": TicketPhase.WAITING_CUSTOMER, "upstream": TicketPhase.WAITING_VENDOR},
    customer=Lookup(label="customer:"),
    product=Lookup(label="product:"),
    bots=frozenset({"robot"}),
)
STAFF = {"login": "ann", "type": "User"}
REPORTER = {"login": "rita", "type": "User"}
ROBOT = {"login": "robot", "type": "Bot"}


@dataclass
class Issue:
    """`at` is GitHub's clock, in whole seconds; every method is one act and returns its delivery."""

    at: datetime = CREATED
    created: datetime = CREATED
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    reason: str | None = None
    closed_at: datetime | None = None
    assignee: str | None = None
    title: str = "It is down"
    body: str | None = "All of it."

    def later(self, **span: float) -> Issue:
        self.at += timedelta(**span)
        return self

    def opened(self) -> bytes:
        return self._issues("opened")

    def labeled(self, name: str) -> bytes:
        self.labels = [*self.labels, name]
        return self._issues("labeled", label={"name": name})

    def unlabeled(self, name: str) -> bytes:
        self.labels = [label for label in self.labels if label != name]
        return self._issues("unlabeled", label={"name": name})

    def closed(self, reason: str = "completed") -> bytes:
        self.state, self.reason, self.closed_at = "closed", reason, self.at
        return self._issues("closed")

    def reopened(self, who: Any = STAFF) -> bytes:
        self.state, self.reason, self.closed_at = "open", "reopened", None
        return self._issues("reopened", sender=who)

    def assigned(self, who: str | None) -> bytes:
        whose = who or self.assignee
        self.assignee = who
        return self._issues("assigned" if who else "unassigned", assignee={"login": whose} if whose else None)

    def retitled(self, title: str) -> bytes:
        was, self.title = self.title, title
        return self._issues("edited", changes={"title": {"from": was}})

    def quiet(self, action: str = "pinned") -> bytes:
        return self._issues(action)

    def comment(self, who: Any = STAFF, action: str = "created") -> bytes:
        association = "MEMBER" if who is STAFF else "NONE"
        comment = {"id": 1, "user": who, "author_association": association, "created_at": _text(self.at)}
        return self._delivery({"action": action, "comment": comment, "sender": who})

    def _issues(self, action: str, **values: Any) -> bytes:
        return self._delivery({"action": action, "sender": STAFF} | values)

    def _delivery(self, values: dict[str, Any]) -> bytes:
        issue = {
            "id": 77,
            "title": self.title,
            "body": self.body,
            "state": self.state,
            "state_reason": self.reason,
            "html_url": "https://github.example/acme/shop/issues/7",
            "user": REPORTER,
            "labels": [{"name": label} for label in self.labels],
            "assignee": {"login": self.assignee} if self.assignee else None,
            "created_at": _text(self.created),
            "updated_at": _text(self.at),
            "closed_at": _text(self.closed_at) if self.closed_at else None,
        }
        repository = {"name": "shop", "full_name": "acme/shop", "owner": {"login": "acme"}}
        return orjson.dumps({"issue": issue, "repository": repository} | values)


def read(body: bytes, received_at: datetime, source: Source = DESK, *, quiet: bool = True) -> list[IncidentEvent]:
    """The events of a delivery; with `quiet`, the look at the issue of one in which nothing happened too."""
    outcome = translate(Delivery(body=body, headers={}, received_at=received_at), source).outcome
    if isinstance(outcome, Accepted):
        return [one.event for one in outcome.events]
    assert isinstance(outcome, Ignored), outcome
    assert outcome.observed is not None, outcome
    return [outcome.observed.event] if quiet else []


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
