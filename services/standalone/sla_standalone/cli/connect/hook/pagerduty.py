"""Webhook subscriptions of PagerDuty (version 3). PagerDuty chooses the secret, and shows it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2

from sla_standalone.cli.connect.hook.port import HookApi, HookCall, HookRefused, MadeHook, already

_HINTS = {
    401: "the token is not valid: it is a REST API key with write access",
    403: "the token may not make webhook subscriptions",
}
_EVENTS = (
    "acknowledged", "annotated", "delegated", "escalated", "priority_updated", "reassigned", "reopened", "resolved",
    "responder.added", "responder.replied", "service_updated", "status_update_published", "triggered", "unacknowledged",
)  # fmt: skip


def _make(
    client: httpx2.Client, api: str, token: str, target: str, url: str, secret: str, pause: Callable[[float], None]
) -> MadeHook:
    headers = {"Authorization": f"Token token={token}", "Accept": "application/vnd.pagerduty+json;version=2"}
    call = HookCall(client, api, headers, _errors, _HINTS, pause)
    for one in (call("GET", "/webhook_subscriptions?limit=100") or {}).get("webhook_subscriptions", ()):
        if one.get("delivery_method", {}).get("url") == url:
            raise already(one.get("id"), url)
    made = call(
        "POST",
        "/webhook_subscriptions",
        {
            "webhook_subscription": {
                "type": "webhook_subscription",
                "active": True,
                "description": "slad",
                "delivery_method": {"type": "http_delivery_method", "url": url},
                "events": [f"incident.{name}" for name in _EVENTS],
                "filter": {"type": "service_reference", "id": target} if target else {"type": "account_reference"},
            }
        },
    )["webhook_subscription"]
    given = made.get("delivery_method", {}).get("secret")
    if not given:
        raise HookRefused(f"{api} told no secret of the subscription {made.get('id')}: delete it, and try again")
    return MadeHook(
        str(made["id"]), given, lambda: call("POST", f"/webhook_subscriptions/{quote(made['id'])}/ping") and None
    )


def _errors(body: Any) -> str:
    found = body.get("error", {}) if isinstance(body, dict) else {}
    if not isinstance(found, dict):
        return str(found)
    return ": ".join(part for part in (str(found.get("message", "")), *map(str, found.get("errors", ()))) if part)


API = HookApi("https://api.pagerduty.com", "the id of a service; without one, the whole account", False, True, _make)
