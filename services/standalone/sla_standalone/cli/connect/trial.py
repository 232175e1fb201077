"""Testing a connected source: a sample, a signed test delivery, and waiting for the first real delivery."""

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
from sla_catalogue.system import SampleDelivery
from sla_ingest.auth import RequestFacts, proof_of, verify, with_timestamp
from sla_ingest.challenge import TEST_KEY
from sla_ingest.dialect import DIALECTS, Delivery, DoesNotFit, Translation
from sla_ingest.dialect.port import body_id

POLL_SECONDS = 2.0
READY_SECONDS = 15.0
"""How long a running service may take to read a changed catalogue."""


def sample_outcome(source: Source, sample: SampleDelivery, now: datetime) -> Translation:
    """Translate a sample delivery as if it came from the source now, and return the translation.

    Nothing is sent or stored.

    Args:
        source: The source.
        sample: The sample of the source's ticketing system.
        now: The present instant (an aware datetime), at which the delivery counts as received.
    """
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
class SentTest:
    """What the running service answered to a signed test delivery, with which `slad connect` tries out a source."""

    good: bool
    """Whether the service accepted the proof of origin."""
    said: str
    """What the answer means, in words for the user."""
    again: bool = False
    """Whether another try in a moment may succeed, as the service may not have read the changed catalogue yet."""


def signed_test(source: Source, url: str, word: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a test delivery, signed as the ticketing system signs real deliveries.

    `slad connect` posts it in place of the ticketing system, to show that slad accepts deliveries signed with the
    secret.

    Args:
        source: The source, with its secret.
        url: The URL that the test delivery is sent to.
        word: A text that the service returns in its response if it accepts the test delivery.
        now: The present instant (an aware datetime), for signatures with a time stamp.

    Raises:
        CannotSign: slad cannot sign for this source.
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


def send_test(client: httpx2.Client, source: Source, url: str, word: str, now: datetime) -> SentTest:
    """Send a test delivery to the running service, and return its answer.

    If the service cannot be reached, the result says so; nothing is raised.

    Args:
        client: The HTTP client.
        source: The source, with its secret.
        url: The URL that the source's deliveries are sent to.
        word: A text that the service returns in its response if it accepts the test delivery.
        now: The present instant (an aware datetime), for signatures with a time stamp.

    Raises:
        CannotSign: slad cannot sign for this source.
    """
    body, headers = signed_test(source, url, word, now)
    try:
        answer = client.post(url, content=body, headers=headers)
    except httpx2.HTTPError as error:
        return SentTest(False, f"{url} does not answer: {type(error).__name__}")
    if answer.status_code == httpx2.codes.OK and answer.text == word:
        return SentTest(True, f"{url} takes deliveries of {source.id}: the proof of origin is good")
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return SentTest(
            False,
            f"{url} answers 401: the service has no source {source.id}, or with another secret; "
            "a changed catalogue is read after a few seconds, a changed environment after a restart",
            again=True,
        )
    return SentTest(False, f"{url} answers {answer.status_code}, and not as slad does: is this its address?")


def until_ready(
    send: Callable[[], SentTest],
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> SentTest:
    """Send test deliveries until the service accepts one or refuses one for good; return the last answer.

    A refusal may be temporary, for example while the service has not read the changed catalogue yet. After a temporary
    refusal (`SentTest.again`), the test is sent again until the time is over.

    Args:
        send: Sends one test delivery.
        seconds: How long to try.
        pause: Waits for a number of seconds.
        clock: Returns a time in seconds that only grows.
    """
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
    """Wait until at least one new delivery of a source has come; return the new ones, the oldest first.

    The result is [] if none comes in time.

    Args:
        fetch: Returns the last deliveries of the source, the newest first, each with its `id`.
        known: The ids of the deliveries that count as old.
        seconds: How long to wait.
        pause: Waits for a number of seconds.
        clock: Returns a time in seconds that only grows.
    """
    end = clock() + seconds
    while True:
        new = [one for one in fetch() if one["id"] not in known]
        if new or clock() >= end:
            return list(reversed(new))
        pause(POLL_SECONDS)


def deliveries_path(source: str) -> str:
    """Return the path in the API of ingest at which the last deliveries of a source are listed."""
    return f"/v1/sources/{quote(source, safe='')}/deliveries"
