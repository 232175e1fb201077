"""Webhooks of a repository or an organization of GitHub (REST API 2022-11-28)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2

from sla_standalone.cli.connect.hook.port import HookApi, HookCall, MadeHook, already

_HINTS = {
    401: "the token is not valid",
    403: "the token needs the permission Webhooks: write (classic tokens: admin:repo_hook or admin:org_hook)",
    404: "there is no such repository or organization, or the token does not reach its webhooks",
}


def _make(
    client: httpx2.Client, api: str, token: str, target: str, url: str, secret: str, pause: Callable[[float], None]
) -> MadeHook:
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    call = HookCall(client, api, headers, _errors, _HINTS, pause)
    owner, _, repository = target.strip("/").partition("/")
    where = f"/repos/{quote(owner)}/{quote(repository, safe='')}/hooks" if repository else f"/orgs/{quote(owner)}/hooks"
    for one in call("GET", f"{where}?per_page=100") or ():
        if one.get("config", {}).get("url") == url:
            raise already(one.get("id"), url)
    made = call(
        "POST",
        where,
        {
            "name": "web",
            "active": True,
            "events": ["issues", "issue_comment"],
            "config": {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"},
        },
    )
    return MadeHook(str(made["id"]))  # a ping follows by itself


def _errors(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    more = [one.get("message", "") for one in body.get("errors", ()) if isinstance(one, dict)]
    return ": ".join(part for part in (str(body.get("message", "")), *more) if part)


API = HookApi("https://api.github.com", "OWNER/REPOSITORY, or an organization", True, False, _make)
