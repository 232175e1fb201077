"""GitHub, GitLab, Linear and PagerDuty on a port of this machine, as far as their APIs make webhooks."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2
import orjson

TOKENS = {"github": "ghp_good", "gitlab": "glpat-good", "linear": "lin_api_good", "pagerduty": "pd-good"}
PAGERDUTY_SECRET = "the secret that pagerduty makes"
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class HookApis:
    """What was asked and made. `trouble` are answers that come first, one for each call."""

    url: str = ""
    hooks: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[Answer] = field(default_factory=list)
    pinged: list[tuple[str, int]] = field(default_factory=list)
    """Of each test delivery, the URL and the status of the answer."""

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Answer:
        self.asked.append((method, path))
        if self.trouble:
            return self.trouble.pop(0)
        if path.startswith(("/repos/", "/orgs/")):
            return self._github(method, path, headers, body)
        if path.startswith("/api/v4/"):
            return self._gitlab(method, path, headers, body)
        if path == "/graphql":
            return self._linear(headers, body)
        if path.startswith("/webhook_subscriptions"):
            return self._pagerduty(method, path, headers, body)
        return 404, {"message": "Not Found"}

    # -- GitHub: pings by itself as soon as the webhook is made

    def _github(self, method: str, path: str, headers: Any, body: Any) -> Answer:
        if headers.get("authorization") != f"Bearer {TOKENS['github']}":
            return 401, {"message": "Bad credentials"}
        if not re.match(r"/(repos/acme/shop|orgs/acme)/hooks", path):
            return 404, {"message": "Not Found"}
        if method == "GET":
            return 200, [{"id": one["id"], "config": {"url": one["url"]}} for one in self.hooks]
        config = body["config"]
        if not config["url"].startswith("http"):
            return 422, {"message": "Validation Failed", "errors": [{"message": "url is not supported"}]}
        assert (body["name"], body["events"], config["content_type"]) == ("web", ["issues", "issue_comment"], "json")
        self._made(config["url"], config["secret"])
        ping = orjson.dumps({"zen": "Keep it logically awesome.", "hook_id": 1})
        signature = hmac.new(config["secret"].encode(), ping, hashlib.sha256).hexdigest()
        self._deliver(
            config["url"], ping,
            {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "ping-1", "X-Hub-Signature-256": f"sha256={signature}"},
        )  # fmt: skip
        return 201, {"id": self.hooks[-1]["id"]}

    # -- GitLab: delivers an issue when it is asked for a test

    def _gitlab(self, method: str, path: str, headers: Any, body: Any) -> Answer:
        if headers.get("private-token") != TOKENS["gitlab"]:
            return 401, {"message": "401 Unauthorized"}
        if not re.match(r"/api/v4/(projects/acme%2Fshop|groups/acme)/hooks", path):
            return 404, {"message": "404 Project Not Found"}
        if method == "GET":
            return 200, [{"id": one["id"], "url": one["url"]} for one in self.hooks]
        if path.endswith("/test/issues_events"):
            sent = {"object_kind": "issue", "object_attributes": {"id": 1}}
            token = {"X-Gitlab-Token": self.hooks[-1]["secret"], "X-Gitlab-Event": "Issue Hook"}
            self._deliver(self.hooks[-1]["url"], orjson.dumps(sent), token)
            return 201, {"message": "201 Created"}
        assert (body["issues_events"], body["note_events"], body["push_events"]) == (True, True, False)
        self._made(body["url"], body["token"])
        return 201, {"id": self.hooks[-1]["id"]}

    # -- Linear

    def _linear(self, headers: Any, body: Any) -> Answer:
        if headers.get("authorization") != TOKENS["linear"]:
            return 401, {"errors": [{"message": "Authentication required", "extensions": {"type": "auth"}}]}
        if "webhookCreate" not in body["query"]:
            return 200, {"data": {"webhooks": {"nodes": [{"id": one["id"], "url": one["url"]} for one in self.hooks]}}}
        wanted = body["variables"]["input"]
        if wanted.get("teamId") == "nobody":
            said = {
                "message": "Entity not found",
                "extensions": {"userPresentableMessage": "Could not find that team."},
            }
            return 200, {"data": None, "errors": [said]}
        assert (wanted.get("allPublicTeams") is True) != bool(wanted.get("teamId"))
        self._made(wanted["url"], wanted["secret"])
        return 200, {"data": {"webhookCreate": {"success": True, "hook": {"id": self.hooks[-1]["id"]}}}}

    # -- PagerDuty: chooses the secret, and shows it once

    def _pagerduty(self, method: str, path: str, headers: Any, body: Any) -> Answer:
        if headers.get("authorization") != f"Token token={TOKENS['pagerduty']}":
            return 401, {"error": {"message": "Unauthorized", "errors": ["Invalid token"]}}
        if method == "GET":
            kept = [{"id": one["id"], "delivery_method": {"url": one["url"], "secret": None}} for one in self.hooks]
            return 200, {"webhook_subscriptions": kept}
        if path.endswith("/ping"):
            sent = orjson.dumps({"event": {"id": "p1", "event_type": "pagey.ping", "data": {"message": "Hello"}}})
            digest = hmac.new(PAGERDUTY_SECRET.encode(), sent, hashlib.sha256).hexdigest()
            self._deliver(self.hooks[-1]["url"], sent, {"X-PagerDuty-Signature": f"v1={digest}"})
            return 202, None
        wanted = body["webhook_subscription"]
        assert wanted["filter"]["type"] in ("account_reference", "service_reference")
        self._made(wanted["delivery_method"]["url"], PAGERDUTY_SECRET)
        made = {"id": self.hooks[-1]["id"], "delivery_method": {"secret": PAGERDUTY_SECRET}}
        return 201, {"webhook_subscription": made}

    def _made(self, url: str, secret: str) -> None:
        self.hooks.append({"id": str(len(self.hooks) + 1), "url": url, "secret": secret})

    def _deliver(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            sent = {"Content-Type": "application/json", **headers}
            status = httpx2.post(url, content=body, headers=sent, timeout=10, trust_env=False).status_code
        except httpx2.HTTPError:
            status = 0
        self.pinged.append((url, status))


@contextmanager
def hook_apis() -> Iterator[HookApis]:
    apis = HookApis()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None: ...

        def _answered(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = orjson.loads(self.rfile.read(length)) if length else None
            path = self.path if "/test/" in self.path else self.path.partition("?")[0]
            status, value, *more = apis.answer(self.command, path, self.headers, body)
            sent = b"" if value is None else orjson.dumps(value)
            self.send_response(status)
            for name, text in (more[0] if more else {}).items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _answered  # noqa: N815 - as the server calls them

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    apis.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield apis
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
