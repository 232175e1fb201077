"""Sample deliveries with fresh ids and times, and the headers and signatures of their senders."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.resources import files
from string import Template

from sla_domain.rfc3339 import rfc3339


class Style(StrEnum):
    """How a sender identifies and signs a delivery in the HTTP headers."""

    GITHUB = "github"
    """The webhook signature of GitHub."""
    JIRA = "jira"
    """The webhook signature of Jira."""
    CLOUDEVENTS = "cloudevents"
    """An API key."""
    STANDARD_WEBHOOKS = "standard-webhooks"
    """The signature of standardwebhooks.com."""
    PLAIN = "plain"
    """The delivery is not signed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample delivery (the webhook of one event), which `slad send` posts in place of a ticketing system."""

    name: str
    style: Style
    """How the delivery is signed."""
    path: str
    """The path of the service to which it is posted, such as `/v1/events`."""
    title: str
    """What happens in the delivery, in words."""
    headers: Mapping[str, str]
    """The sender's other headers, without those of the signature."""


def _sample(name: str, path: str, title: str, headers: Mapping[str, str]) -> Sample:
    return Sample(name, Style(name.partition("-")[0]), path, title, headers)


_GITHUB, _JIRA, _EVENTS = "/v1/webhooks/github-demo", "/v1/webhooks/jira-demo", "/v1/events"
_JSON = {"Content-Type": "application/json"}
_STRUCTURED = {"Content-Type": "application/cloudevents+json"}
SAMPLES: Mapping[str, Sample] = {
    sample.name: sample
    for sample in (
        _sample("github-opened", _GITHUB, "an issue of a customer, severity 1", {"X-GitHub-Event": "issues", **_JSON}),
        _sample("github-commented", _GITHUB, "a member answers it", {"X-GitHub-Event": "issue_comment", **_JSON}),
        _sample("github-closed", _GITHUB, "it is closed as completed", {"X-GitHub-Event": "issues", **_JSON}),
        _sample("jira-created", _JIRA, "an issue of high priority", _JSON),
        _sample("jira-resolved", _JIRA, "its status goes to Resolved", _JSON),
        _sample("cloudevents-opened", _EVENTS, "an incident in slad's own words", _STRUCTURED),
        _sample("cloudevents-responded", _EVENTS, "somebody answers", _STRUCTURED),
        _sample("cloudevents-waiting", _EVENTS, "it waits for the customer", _STRUCTURED),
        _sample("cloudevents-resolved", _EVENTS, "it is resolved", _STRUCTURED),
        Sample("notice-published", Style.CLOUDEVENTS, "/v1/notices", "a critical fix for a product in use", _JSON),
    )
}


def body_of(sample: Sample, number: int, unique: str, now: datetime) -> bytes:
    """Return the payload of a sample delivery, to be posted to a service.

    Args:
        number: The number of the incident in the payload.
        unique: A text that is different each time. It is put into the payload's ids, so that the service does not take
            the delivery for a duplicate.
        now: The present instant, for the times in the payload.
    """
    text = files(__package__).joinpath("samples", f"{sample.name}.json").read_text("utf-8")
    at = now.astimezone(UTC)
    values = {
        "number": str(number),
        "unique": unique,
        "now": rfc3339(at, "seconds"),
        "millis": str(int(at.timestamp() * 1000)),
    }
    return Template(text).substitute(values).encode()


def proof(style: Style, secret: str, body: bytes, unique: str, now: datetime) -> dict[str, str]:
    """Return the HTTP headers that identify and sign a delivery, as a sender of this style writes them.

    `slad send` uses them to post a sample in place of a ticketing system.

    Args:
        style: How the sender identifies and signs.
        secret: The secret of the signature, or the API key in a style that sends the key itself. "" means that the
            delivery is not signed.
        body: The delivery's payload.
        unique: The delivery's id.
        now: The present instant, for signatures with a time stamp.
    """
    match style:
        case Style.GITHUB:
            return {"X-GitHub-Delivery": unique} | _hub("X-Hub-Signature-256", secret, body)
        case Style.JIRA:
            return {"X-Atlassian-Webhook-Identifier": unique} | _hub("X-Hub-Signature", secret, body)
        case Style.CLOUDEVENTS:
            return {"Authorization": f"Bearer {secret}"} if secret else {}
        case Style.STANDARD_WEBHOOKS:
            return _standard(secret, body, unique, now)
        case Style.PLAIN:
            return {}


def _hub(header: str, secret: str, body: bytes) -> dict[str, str]:
    return {header: f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"} if secret else {}


def _standard(secret: str, body: bytes, unique: str, now: datetime) -> dict[str, str]:
    """Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body` with the bytes behind `whsec_`."""
    stamp = str(int(now.timestamp()))
    headers = {"webhook-id": unique, "webhook-timestamp": stamp}
    if not secret:
        return headers
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except (NotBase64, ValueError):
        key = secret.encode()
    mac = hmac.new(key, f"{unique}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return headers | {"webhook-signature": f"v1,{b64encode(mac).decode()}"}
