"""From the routes that the services describe and the seeds of every door: an endless row of odd requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fuzz import mutate
from tests.fuzz.seeds import Seed
from tests.fuzz.wire import Sent, request

from sla_ingest.auth.request import RequestFacts
from sla_ingest.auth.signing import proof_of, with_timestamp

_IN_PATH = re.compile(r"\{([^}]+)\}")
_METHODS = ("get", "post", "put", "patch", "delete", "options", "head")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of an OpenAPI document."""

    method: str
    path: str
    query: tuple[str, ...]


def routes(documents: Sequence[Mapping[str, Any]]) -> list[Route]:
    """Every operation, each once, though several services describe the health routes."""
    found = {}
    for document in documents:
        for path, operations in document["paths"].items():
            for method in _METHODS:
                if method in operations:
                    given = operations[method].get("parameters", ())
                    names = tuple(one["name"] for one in given if one["in"] == "query")
                    found[method, path] = Route(method.upper(), path, names)
    return list(found.values())


# Requests of one round go to the same few incidents, then to others: without end the fold of ever longer incidents
# would take most of the time, and one long incident is `test_hot_incident`'s.
ROUND = 2_000


class Requests:
    """Odd requests from a seed. `seeds`: the bodies of a round; `known`: names that exist, for the parameters of
    paths; `keys`: API keys that fit; `now`: the time in the world that is asked."""

    def __init__(
        self, rng: random.Random, described: Sequence[Route], seeds: Callable[[int], Sequence[Seed]],
        keys: Sequence[str], known: tuple[str, ...], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._rng = rng
        self._routes = described
        self._seeds_of = seeds
        self._seeds = seeds(0)
        self._keys = keys
        self._known = known
        self._now = now
        # Long lists of rows and metrics are slow by right: they are asked for, but less often.
        self._light = [one for one in described if one.path not in ("/metrics", "/openapi.json", "/docs")]

    def __iter__(self) -> Iterator[tuple[str, Sent]]:
        """The path whose service is asked, and the request."""
        for number in itertools.count(1):
            if number % ROUND == 0:
                self._seeds = self._seeds_of(number // ROUND)
            yield self._bodied() if self._rng.random() < 0.75 else self._any_route()

    def _bodied(self) -> tuple[str, Sent]:
        rng = self._rng
        seed = rng.choice(self._seeds)
        tree = seed.body if rng.random() < 0.15 else mutate.changed(rng, seed.body)
        if seed.how is not None and isinstance(tree, dict):
            tree = with_timestamp(tree, seed.how, self._now())
        body = mutate.encoded(rng, tree)
        headers = [("content-type", seed.content_type), *seed.headers]
        if seed.key:
            headers.append(("authorization", f"Bearer {seed.key}"))
        if seed.how is not None:
            proven = proof_of(seed.how, seed.secret, body, self._now(), self._facts(seed), f"{rng.getrandbits(64)}")
            wrong = rng.random() < 0.05
            headers += [(name.lower(), value[::-1] if wrong else value) for name, value in proven.items()]
        elif seed.secret:
            signature = "sha256=" + hmac.new(seed.secret.encode(), body, hashlib.sha256).hexdigest()
            wrong = rng.random() < 0.05
            headers.append(("x-hub-signature-256" if "github" in seed.path else "x-hub-signature",
                            signature[::-1] if wrong else signature))  # fmt: skip
        headers = self._with_odd(headers)
        return seed.path, Sent(request("POST", seed.path, headers, body), f"POST {seed.path}")

    def _facts(self, seed: Seed) -> RequestFacts:
        return RequestFacts(method="POST", path=seed.path, origin="http://127.0.0.1", address="", peer="")

    def _any_route(self) -> tuple[str, Sent]:
        rng = self._rng
        route = rng.choice(self._routes if rng.random() < 0.02 else self._light)
        path = _IN_PATH.sub(lambda _: mutate.path_value(rng, self._known), route.path)
        asked = mutate.query(rng, route.query)
        target = f"{path}?{asked}" if asked else path
        headers: list[tuple[str, str]] = []
        if rng.random() < 0.8:
            key = rng.choice(self._keys)
            basic = base64.b64encode(f"x:{key}".encode()).decode()
            headers.append(("authorization", f"Basic {basic}" if rng.random() < 0.3 else f"Bearer {key}"))
        method = route.method if rng.random() < 0.95 else rng.choice(("PUT", "DELETE", "HEAD", "PATCH", "TRACE", "GET"))
        body = None
        if method not in ("GET", "HEAD") or rng.random() < 0.05:
            headers.append(("content-type", "application/json"))
            body = mutate.encoded(rng, mutate.changed(rng, rng.choice(self._seeds).body))
        return route.path, Sent(request(method, target, self._with_odd(headers), body), f"{method} {target[:300]}")

    def _with_odd(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if self._rng.random() < 0.12:
            name, value = self._rng.choice(mutate.HEADERS)
            if self._rng.random() < 0.7:
                headers = [one for one in headers if one[0] != name]
            headers = [*headers, (name, value)]
        return headers
