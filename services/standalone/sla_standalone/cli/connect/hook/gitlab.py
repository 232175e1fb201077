"""Webhooks of a project or a group of GitLab (REST API v4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2

from sla_standalone.cli.connect.hook.port import HookApi, HookCall, MadeHook, already

_HINTS = {
    401: "the token is not valid",
    403: "the token needs the scope api and the role Maintainer (of a group: Owner)",
    404: "there is no such project or group, or the token does not reach it; write `group:NAME` for a group",
}


def _make(
    client: httpx2.Client, api: str, token: str, target: str, url: str, secret: str, pause: Callable[[float], None]
) -> MadeHook:
    call = HookCall(client, f"{api}/api/v4", {"PRIVATE-TOKEN": token}, _errors, _HINTS, pause)
    group = target.startswith("group:")
    name = quote(target.removeprefix("group:").strip("/"), safe="")
    where = f"/groups/{name}/hooks" if group else f"/projects/{name}/hooks"
    for one in call("GET", f"{where}?per_page=100") or ():
        if one.get("url") == url:
            raise already(one.get("id"), url)
    made = call(
        "POST",
        where,
        {
            "url": url,
            "token": secret,
            "push_events": False,
            "issues_events": True,
            "confidential_issues_events": True,
            "note_events": True,
            "confidential_note_events": True,
            "enable_ssl_verification": True,
        },
    )
    ping = None if group else lambda: call("POST", f"{where}/{made['id']}/test/issues_events") and None
    return MadeHook(str(made["id"]), ping=ping)


def _errors(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    said = body.get("message", body.get("error", ""))
    if isinstance(said, dict):
        return "; ".join(f"{name} {' '.join(map(str, texts))}" for name, texts in said.items())
    return str(said)


API = HookApi("https://gitlab.com", "GROUP/PROJECT, or group:GROUP", True, False, _make)
