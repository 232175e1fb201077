"""What the APIs that create webhooks share: the call, its errors as messages, bounded retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from sla_platform.timesource import SystemTime

MOST_WAIT = 30.0  # seconds that a rate limit may ask for
_TRIES = 3
_YEAR_2001 = 10**9  # what is less is no instant but a span, whose unit is not told
_BUSY = frozenset({429, 502, 503, 504})


class HookRefused(Exception):
    """Raised if the API of a ticketing system does not create the webhook. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class MadeHook:
    """A webhook that slad has created at a ticketing system through that system's API."""

    id: str
    """The webhook's id at the ticketing system."""
    secret: str = ""
    """The webhook's secret, if the ticketing system chose it. "" means that it accepted the one that slad gave."""
    ping: Callable[[], None] | None = None
    """Call this to have the system send a test delivery. None if it sends one by itself, or cannot send one."""


@dataclass(frozen=True, slots=True)
class HookCall:
    """Calls the API of a ticketing system. The access token is in `headers`.

    If the API limits the rate of calls or its server is busy, the call is repeated at most twice, each time after the
    wait that the response asks for. If the wait would be longer than `MOST_WAIT` seconds, HookRefused is raised.
    """

    client: httpx2.Client
    api: str
    """The address of the API, without a slash at its end."""
    headers: Mapping[str, str]
    errors: Callable[[Any], str]
    """Called with the JSON of an error response; returns what is wrong, in words."""
    hints: Mapping[int, str] = field(default_factory=dict)
    """Status of an error response -> what to do about it, in words."""
    pause: Callable[[float], None] = time.sleep

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API, and return the JSON of its response; None if the response has none.

        Raises:
            HookRefused: The API does not respond, or responds with an error.
        """
        answer = self._answered(method, path, body)
        for _ in range(_TRIES - 1):
            wait = _asked_wait(answer)
            if wait is None:
                break
            if wait > MOST_WAIT:
                raise HookRefused(f"{self.api} limits the rate of calls: try again in {round(wait)} seconds")
            self.pause(wait)
            answer = self._answered(method, path, body)
        if answer.is_success:
            return _json(answer)
        said = self.errors(_json(answer)) or answer.reason_phrase
        hint = self.hints.get(answer.status_code, "")
        raise HookRefused(
            f"{method} {self.api}{path}: {answer.status_code} {said}".rstrip() + (f"; {hint}" if hint else "")
        )

    def _answered(self, method: str, path: str, body: Any) -> httpx2.Response:
        try:
            return self.client.request(method, f"{self.api}{path}", json=body, headers=dict(self.headers))
        except httpx2.HTTPError as error:
            raise HookRefused(f"{self.api} does not answer: {type(error).__name__}") from None


def _asked_wait(answer: httpx2.Response) -> float | None:
    """How long the server asks us to wait, in seconds; None if the answer is final."""
    used_up = answer.status_code == httpx2.codes.FORBIDDEN and (
        answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    )
    if answer.status_code not in _BUSY and not used_up:
        return None
    written = answer.headers.get("retry-after", "")
    if written.isdigit():
        return float(written)
    reset = answer.headers.get("x-ratelimit-reset") or answer.headers.get("ratelimit-reset") or ""
    return (
        max(1.0, float(reset) - SystemTime().now().timestamp()) if reset.isdigit() and int(reset) > _YEAR_2001 else 2.0
    )


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class HookApi:
    """How slad creates webhooks through the API of a ticketing system: the API's address, and the function to call."""

    address: str
    """The URL of the API of the vendor's own service."""
    target: str
    """What the webhook must be created for, in words for the user, such as `OWNER/REPOSITORY or an organization`."""
    needs_target: bool
    theirs: bool
    """Whether the ticketing system chooses the secret."""
    make: Callable[[httpx2.Client, str, str, str, str, str, Callable[[float], None]], MadeHook]
    """Creates the webhook and returns it, or raises `HookRefused`.

    It is called with the HTTP client, the URL of the API, the token, the target, the URL that the webhook sends to, the
    secret, and a function that waits for a number of seconds.
    """


def already(id_: object, url: str) -> HookRefused:
    """Return the error to raise when the ticketing system already has a webhook that sends to this URL.

    slad cannot use the existing webhook, because slad does not know the webhook's secret.

    Args:
        id_: The id of the existing webhook.
        url: The URL that the webhook sends to.
    """
    return HookRefused(
        f"there is a webhook to {url} already ({id_}): delete it and try again, "
        "or give it the secret yourself (--by-hand)"
    )
