"""Webhooks of a workspace or a team of Linear (GraphQL)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from sla_standalone.cli.connect.hook.port import HookApi, HookCall, HookRefused, MadeHook, already

_LISTED = "query { webhooks(first: 100) { nodes { id url } } }"
_CREATED = "mutation M($input: WebhookCreateInput!) { webhookCreate(input: $input) { success hook: webhook { id } } }"
_HINTS = {
    400: "the key needs to be an administrator's",
    401: "the key is not valid: Settings, Security & access, Personal API keys",
}


def _make(
    client: httpx2.Client, api: str, token: str, target: str, url: str, secret: str, pause: Callable[[float], None]
) -> MadeHook:
    call = HookCall(client, api, {"Authorization": token}, _errors, _HINTS, pause)

    def asked(query: str, **variables: Any) -> dict[str, Any]:
        answer = call("POST", "/graphql", {"query": query, "variables": variables}) or {}
        if answer.get("errors"):
            raise HookRefused(f"{api}: {_errors(answer)}")
        found: dict[str, Any] = answer.get("data") or {}
        return found

    for one in asked(_LISTED).get("webhooks", {}).get("nodes", ()):
        if one.get("url") == url:
            raise already(one.get("id"), url)
    scope = {"teamId": target} if target else {"allPublicTeams": True}
    wanted = {"url": url, "label": "slad", "resourceTypes": ["Issue", "Comment"], "secret": secret, **scope}
    made = asked(_CREATED, input=wanted).get("webhookCreate") or {}
    if not made.get("success"):
        raise HookRefused(f"{api}: the webhook was not made")
    return MadeHook(str(made["hook"]["id"]))


def _errors(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    found = []
    for one in body.get("errors", ()):
        more = one.get("extensions", {})
        found.append(str(more.get("userPresentableMessage") or one.get("message", "")))
    return "; ".join(found)


API = HookApi("https://api.linear.app", "the id of a team; without one, all public teams", False, False, _make)
