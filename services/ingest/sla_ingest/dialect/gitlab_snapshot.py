"""The issue in a GitLab delivery: its labels, people and state, the same for every kind of delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import ENDED, PHASE, Snapshot, TimeQuality
from sla_domain.phase import Phase
from sla_ingest.dialect.label import phase_by_label, priority_by_label
from sla_ingest.dialect.phase import standing_of
from sla_ingest.dialect.port import ClaimedTime, Delivery
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    stated_lookups,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of

_USUAL_CUSTOMER = Lookup(field="project.namespace")
_USUAL_PRODUCT = Lookup(field="project.name")
_BOT = re.compile(r"(project|group)_\d+_bot(_\w+)?|ghost|alert-bot|gitlab-security-bot", re.ASCII | re.IGNORECASE)
# The Service Desk's account: the notes that it writes are the mails of customers.
_SERVICE_DESK = "support-bot"


@dataclass(frozen=True, slots=True)
class GitlabDelivery:
    """A GitLab delivery with its parsed JSON body."""

    delivery: Delivery
    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    issue: Node
    """The issue or other work item, empty if a note carries none."""

    @property
    def labels(self) -> frozenset[str]:
        """Return the titles of the issue's labels."""
        return label_titles(array_at(self.issue, "labels") or array_at(self.payload, "labels"))

    @property
    def labelled(self) -> bool:
        """Return whether the delivery shows which labels the issue has."""
        return "labels" in self.issue or "labels" in self.payload

    @property
    def author(self) -> str:
        """Return the id of the account that created the issue, a number as text."""
        return identifier_text(self.issue.get("author_id"))

    @property
    def reporter(self) -> str:
        """Return the user name of the issue's author, or "" if the delivery does not have it.

        GitLab names only the user who acted. So the name is known if that user is the author, or has just opened the
        issue.
        """
        user = object_at(self.payload, "user")
        opening = text_at(self.issue, "action") == "open"
        own = self.author and identifier_text(user.get("id")) == self.author
        return text_at(user, "username") if own or opening else ""

    @property
    def assignee(self) -> str:
        """Return the user names of the issue's assignees, separated by ", "; "" if there are none."""
        named = [text_at(one, "username") for one in array_at(self.payload, "assignees")]
        return ", ".join(filter(None, named)) or text_at(self.payload, "assignee", "username")

    @property
    def updated(self) -> ClaimedTime:
        """Return when the issue was last updated."""
        return claimed_time(self.issue.get("updated_at"), TimeQuality.OBJECT_UPDATED)

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the Lookup of each attribute, by the attribute's name.

        A Lookup says where this source's deliveries have the attribute's value, for example at a path in the JSON body.
        By default, `customer` is the project's namespace, and `product` is the project's name. The catalogue may say
        otherwise.
        """
        return attribute_lookups(self.source, _USUAL_CUSTOMER, _USUAL_PRODUCT)

    def speaker(self, *, acting: bool) -> Speaker:
        """Return whether the delivery's user is customer, staff, bot or unknown.

        Args:
            acting: Whether the user changed the issue. GitLab lets only members of the project change other people's
                issues.
        """
        user = object_at(self.payload, "user")
        name, number = text_at(user, "username"), identifier_text(user.get("id"))
        mail = text_at(user, "email")
        assigned = number and number in {identifier_text(one) for one in array_at(self.issue, "assignee_ids")}
        person = AccountDetails(
            names=frozenset(filter(None, [name, number, mail])),
            shown=text_at(user, "name") or name,
            account=name,
            domain=mail_domain(mail),
            bot=bool(_BOT.fullmatch(name)),
            customer=name.lower() == _SERVICE_DESK,
            member=acting,
            assumed="the issue is assigned to them" if assigned else "",
        )
        return side_of(self.source, person, reported=bool(number) and number == self.author)


def label_titles(labels: Iterable[Any]) -> frozenset[str]:
    """Return the titles of labels as GitLab sends them."""
    return frozenset(filter(None, (text_at(one, "title") for one in labels)))


def severity_of(case: GitlabDelivery) -> str:
    """Return the plan's priority for the severity of a GitLab incident, by the source's table `priorities`.

    The result is "" if the table does not have the severity.
    """
    return case.source.priority_of(text_at(case.issue, "severity")) or ""


def snapshot_of(case: GitlabDelivery) -> Snapshot:
    """Return the state of the issue as the delivery `case` shows it.

    The result's `before` holds the earlier values of the attributes and the phase that the delivery changed, as far as
    the body has them. It is empty where the body does not say what changed.
    """
    shown, action = _shown(case), text_at(case.issue, "action")
    earlier = _earlier(case)
    if earlier is None:
        return shown
    stood = _shown(earlier)
    # A label that changes nothing, since a more urgent one is there too, tells by that when it was set.
    by_label = {"priority", *(name for name, lookup in case.lookups.items() if lookup.label)}
    about = by_label if "labels" in object_at(case.payload, "changes") else set()
    told = {
        name: value for name, value in stood.attributes.items() if name in about or shown.attributes.get(name) != value
    }
    if action == "reopen":
        told[PHASE] = ENDED
    elif stood.phase_text or action == "close":
        told[PHASE] = stood.phase_text or Phase.OPEN.value
    return replace(shown, before=told)


def _shown(case: GitlabDelivery) -> Snapshot:
    phase = _phase(case)
    closed = text_at(case.issue, "state") == "closed"
    ended = claimed_time(case.issue.get("closed_at"), TimeQuality.OBJECT_UPDATED)
    return Snapshot(
        at=case.updated.at or case.delivery.received_at,
        created_at=claimed_time(case.issue.get("created_at"), TimeQuality.EXACT).at,
        phase=None if phase is None else standing_of(phase),
        waiting_on=None if phase is None else phase.waiting_on,
        ended_at=ended.at if closed else None,
        attributes=_attributes(case),
    )


def _earlier(case: GitlabDelivery) -> GitlabDelivery | None:
    """The delivery's issue before the change that the delivery is about; None where the body does not tell."""
    action, changes = text_at(case.issue, "action"), object_at(case.payload, "changes")
    if action not in ("update", "close", "reopen"):
        return None
    issue, payload = dict(case.issue), dict(case.payload)
    if action == "close":
        issue |= {"state": "opened", "closed_at": None}
    for name in ("title", "description", "type", "severity"):
        if name in changes:
            issue[name] = object_at(changes, name).get("previous")
    if "labels" in changes:
        issue["labels"] = payload["labels"] = array_at(changes, "labels", "previous")
    if "assignees" in changes:
        held = array_at(changes, "assignees", "previous")
        payload |= {"assignees": held, "assignee": None}
        issue["assignee_ids"] = [object_at(one).get("id") for one in held]
    return replace(case, issue=issue, payload=payload)


def _phase(case: GitlabDelivery) -> TicketPhase | None:
    """Where the issue stands; a moved one stands nowhere any more."""
    state = text_at(case.issue, "state")
    by_label = phase_by_label(case.source, case.labels)
    if identifier_text(case.issue.get("moved_to_id")):
        return None
    if state == "closed":
        declined = by_label is TicketPhase.CANCELLED or identifier_text(case.issue.get("duplicated_to_id"))
        return TicketPhase.CANCELLED if declined else TicketPhase.RESOLVED
    if state not in ("opened", "reopened") or not case.labelled:
        return None
    by_label = by_label or TicketPhase.OPEN
    return by_label if standing_of(by_label).live else None


def _attributes(case: GitlabDelivery) -> dict[str, str]:
    issue, source, labels = case.issue, case.source, case.labels
    found: dict[str, str] = {}
    for name, key in (("title", "title"), ("url", "url"), ("type", "type")):
        if key in issue:
            found[name] = text_at(issue, key)
    if "description" in issue:
        found["description"] = clean_text(issue.get("description"), MAX_DESCRIPTION)
    if case.author:
        found["reporter_id"] = case.author
    if case.reporter:
        found["reporter"] = case.reporter
    if case.assignee or issue.get("assignee_ids") == []:
        found["assignee"] = case.assignee
    if case.labelled and (source.priority_labels or source.priorities):
        found["priority"] = priority_by_label(source, labels) or severity_of(case)
    return found | stated_lookups(case.lookups, case.payload, labels if case.labelled else None)
