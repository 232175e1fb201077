"""A test of a connected source: what slad makes of a sample, a signed test delivery, and waiting for the first one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import orjson

from sla_catalogue import Source
from sla_ingest.auth import RequestFacts, proof_of, verify, with_timestamp
from sla_ingest.challenge import TEST_KEY
from sla_ingest.dialect import DIALECTS, Delivery, DoesNotFit, Translation
from sla_ingest.dialect.port import body_id
from sla_standalone.cli.connect.system import SampleDelivery

POLL_SECONDS = 2.0
READY_SECONDS = 15.0
"""How long a running service may take to read a changed catalogue."""


def sample_outcome(source: Source, sample: SampleDelivery, now: datetime) -> Translation:
    """Return what slad makes of an opening that the source's system would send now. Nothing is sent or stored."""
    headers = {name.lower(): value for name, value in sample.headers.items()}
    delivery = Delivery(body=sample.at(now), headers=headers, received_at=now)
    dialect = DIALECTS[source.dialect]
    try:
        parts = dialect.parts(delivery, source)
        opened = dialect.open(delivery if not parts else parts[0])
    except DoesNotFit as unfit:
        return Translation(body_id(delivery), unfit.refused)
    return opened.translate(source)


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """What a service answered to a signed test delivery."""

    good: bool
    said: str
    """In words, for the reader."""
    again: bool = False
    """Whether it may be good in a moment: the service may not have read the changed catalogue yet."""


def signed_test(source: Source, url: str, word: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a test delivery to a URL, proven as the source's sender would prove it.

    Args:
        word: The word that a service sends back.

    Raises:
        CannotSign: Somebody else must write the proof.
    """
    how = source.authentication
    secret = how.secrets[0].reveal() if how.secrets else ""
    body = orjson.dumps(with_timestamp({TEST_KEY: word}, how, now))
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = RequestFacts(method="POST", path=path, origin=f"{parts.scheme}://{parts.netloc}")
    headers = proof_of(how, secret, body, now, request, word)
    failure = verify(how, body, {name.lower(): value for name, value in headers.items()}, now, request=request)
    assert failure is None or how.addresses, failure
    return body, headers | {"Content-Type": "application/json", "User-Agent": "slad-connect"}


def send_test(client: httpx2.Client, source: Source, url: str, word: str, now: datetime) -> TrialAnswer:
    """Send a test delivery, and return what the service says to it.

    Raises:
        CannotSign: Somebody else must write the proof.
    """
    body, headers = signed_test(source, url, word, now)
    try:
        answer = client.post(url, content=body, headers=headers)
    except httpx2.HTTPError as error:
        return TrialAnswer(False, f"{url} does not answer: {type(error).__name__}")
    if answer.status_code == httpx2.codes.OK and answer.text == word:
        return TrialAnswer(True, f"{url} takes deliveries of {source.id}: the proof of origin is good")
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return TrialAnswer(
            False,
            f"{url} answers 401: the service has no source {source.id}, or with another secret; "
            "a changed catalogue is read after a few seconds, a changed environment after a restart",
            again=True,
        )
    return TrialAnswer(False, f"{url} answers {answer.status_code}, and not as slad does: is this its address?")


def until_ready(
    send: Callable[[], TrialAnswer],
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> TrialAnswer:
    """Send test deliveries until an answer is final or some seconds have passed; return the last answer."""
    end = clock() + seconds
    while True:
        answer = send()
        if not answer.again or clock() >= end:
            return answer
        pause(POLL_SECONDS)


def wait_for_delivery(
    fetch: Callable[[], Sequence[dict[str, Any]]],
    known: frozenset[str],
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[dict[str, Any]]:
    """Return the deliveries that came after those that are known, the oldest first; [] if none came in time.

    Args:
        fetch: Returns the last deliveries of the source, each with its `id`, the newest first.
    """
    end = clock() + seconds
    while True:
        new = [one for one in fetch() if one["id"] not in known]
        if new or clock() >= end:
            return list(reversed(new))
        pause(POLL_SECONDS)


def deliveries_path(source: str) -> str:
    """Return the path of a source's last deliveries in the API of ingest."""
    return f"/v1/sources/{quote(source, safe='')}/deliveries"
