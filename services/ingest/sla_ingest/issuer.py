"""The keys of issuers of JWTs, fetched from their URLs and cached: the only outgoing requests of ingest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import httpx2
import structlog

from sla_catalogue.key_set import MAX_KEY_SET, BadKeySet, read_key_set
from sla_ingest.auth import IssuerKeySets

TIMEOUT_SECONDS = 5.0
FRESH_SECONDS = 600.0
LEAST_SECONDS = 30.0  # between two fetches from one address, whatever tokens say
_log = structlog.get_logger("slad.ingest")


class KeysUnavailable(Exception):
    """Raised when the public keys of a JWT issuer cannot be fetched. The message says why."""


async def fetch_keys(url: str) -> str:
    """Fetch the keys of a JWT issuer from an address, as the text of a JWK set (RFC 7517).

    Redirects are not followed, and proxies of the environment are not used. The answer is limited in size and time.

    Raises:
        KeysUnavailable: The keys cannot be fetched.
    """
    body = bytearray()
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise KeysUnavailable(f"{url} answered {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_KEY_SET:
                    raise KeysUnavailable(f"{url} sends too much")
        return body.decode("utf-8")
    except (httpx2.HTTPError, TimeoutError, OSError) as error:
        raise KeysUnavailable(f"{url} does not answer: {type(error).__name__}") from error
    except UnicodeDecodeError:
        raise KeysUnavailable(f"{url} sends no text") from None


class IssuerKeys:
    """Keeps the keys of JWT issuers, by the address at which the issuer publishes them.

    Call `refresh` for a token whose key is not known. Fetched keys stay in use while their issuer cannot be reached.

    Args:
        addresses: Returns the addresses that the catalogue in force names.
        fetch: Returns the text at an address, or raises KeysUnavailable.
        clock: Returns a monotonic time in seconds.
    """

    def __init__(
        self,
        addresses: Callable[[], Iterable[str]],
        fetch: Callable[[str], Awaitable[str]] = fetch_keys,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = addresses
        self._fetch = fetch
        self._clock = clock
        self._sets: dict[str, Sequence[Mapping[str, Any]]] = {}
        self._asked: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @property
    def known(self) -> IssuerKeySets:
        """Return the keys that were fetched, by the address from which they were fetched."""
        return self._sets

    async def refresh(self, url: str) -> bool:
        """Fetch the keys at an address, and return whether the known keys may have changed.

        Calls at the same time share one fetch. An address is fetched at most once in `LEAST_SECONDS`.
        """
        before = self._sets.get(url)
        async with self._locks.setdefault(url, asyncio.Lock()):
            asked = self._asked.get(url)
            if asked is None or self._clock() - asked >= LEAST_SECONDS:
                self._asked[url] = self._clock()
                await self._take(url)
            return self._sets.get(url) is not before

    async def _take(self, url: str) -> None:
        try:
            self._sets[url] = read_key_set(await self._fetch(url))
        except (KeysUnavailable, BadKeySet) as error:
            _log.warning("issuer_keys", url=url, why=str(error))

    async def keep_fresh(self) -> None:
        """Fetch the keys at every address in the catalogue at intervals, until cancelled."""
        while True:
            named = set(self._addresses())
            for gone in self._sets.keys() - named:
                del self._sets[gone]
            for url in sorted(named):
                await self.refresh(url)
            unknown = named - self._sets.keys()
            await asyncio.sleep(LEAST_SECONDS if unknown else FRESH_SECONDS)
