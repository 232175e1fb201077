"""Every route that there is, with odd words in every place where a stranger may write: never an error of ours.

The places are those of the app's own routes, so a new route or parameter is walked from its first day on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import cycle, islice

import pytest
from tests.integration.standalone.knock import KEY, Place, knock, places

from sla_standalone.compose import RunningProcess
from sla_timer.tables import incident as incidents

# What is no text at all: always the caller's mistake.
UNREADABLE = ["%00", "a%00b", "%FF", "%ED%A0%80", "%C0%80", "%0A", "%7F", "%C2%85", "%EF%BF%BF", "%E2%80%A8"]
# What is one, and may be too much, too early or too late for what is asked.
ODD = [
    "1" + "0" * 30, "-1", "0", "NaN", "Infinity", "1e400", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00",
    "1970-01-01T00:00:00Z", "2200-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "x" * 10_000,
    "%E2%80%AE%F0%9F%98%80", "%F0%9D%92%8F" * 700, "slad:canary", "%25", "%", "%2", "%zz", "..%2F..%2Fetc", "%2F", "+",
    "0_", "99999999999999999_x", "-62135596800000000_x", "253402300799999999_x", "1_000_x", "0:x",
    "99999999999999999:x", "9" * 300, "%27%20OR%201=1", "%7B%7D", "a.b", "%D9%A1",
]  # fmt: skip


async def walked(slad: RunningProcess, asked: Iterable[tuple[Place, str]], allowed: range) -> list[str]:
    wrong = []
    for place, word in asked:
        address = place.filled(word)
        answer = await knock(slad.app, place.method, address)
        starting = place.path == "/readyz" and answer.status == 503  # it says what is not ready yet
        if answer.status not in allowed and not starting:
            wrong.append(f"{place.method} {address[:120]}: {answer.status} {answer.body[:120]!r}")
    return wrong


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_no_text_is_the_callers_mistake_in_every_place_of_every_route(small_slad: RunningProcess) -> None:
    where = list(places(small_slad.app))
    assert {"/", "/ack/{token}", "/v1/clocks", "/v1/webhooks/{source}"} <= {place.path for place in where}
    asked = [(place, word) for place, words in zip(where, taken(UNREADABLE, 1), strict=False) for word in words]
    assert not await walked(small_slad, asked, range(400, 401))


@pytest.mark.asyncio(loop_scope="module")
async def test_the_canary_is_no_incident(small_slad: RunningProcess) -> None:
    async with asyncio.timeout(20), small_slad.context.store.reading() as connection:
        while not (await connection.execute(incidents.select())).first():
            await connection.rollback()
            await asyncio.sleep(0.02)
    for path in ("/v1/incidents/slad:canary", "/v1/incidents/slad:canary/explain", "/incidents/slad:canary"):
        assert (await knock(small_slad.app, "GET", path)).status == 404, path


@pytest.mark.long
async def test_no_word_in_any_place_of_any_route_is_an_error_of_ours(slad: RunningProcess) -> None:
    where = list(places(slad.app))
    asked = [(place, word) for place, words in zip(where, taken(ODD, 2), strict=False) for word in words]
    assert not await walked(slad, asked, range(200, 500))
    assert not slad.failed.is_set(), "no part of any service has failed"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_word_at_all_in_any_place_of_any_route_is_an_error_of_ours(slad: RunningProcess) -> None:
    where = list(places(slad.app))
    assert not await walked(slad, [(place, word) for place in where for word in UNREADABLE], range(400, 401))
    assert not await walked(slad, [(place, word) for place in where for word in ODD], range(200, 500))
    assert not slad.failed.is_set(), "no part of any service has failed"


def taken(words: list[str], count: int) -> Iterable[list[str]]:
    """So many words for each place, turn by turn: each is asked in many places, and each place hears several."""
    turn = cycle(words)
    while True:
        yield list(islice(turn, count))


@pytest.mark.asyncio(loop_scope="module")
async def test_an_address_that_cannot_be_read_is_told_with_the_parameter(small_slad: RunningProcess) -> None:
    answer = await knock(small_slad.app, "GET", "/v1/clocks?limit=5&contract=%00", headers=KEY)
    assert (answer.status, answer.pointers) == (400, ["/contract"])
    assert b"The parameter contract holds a control character" in answer.body
    assert (await knock(small_slad.app, "GET", b"/v1/clocks?contract=\xc5\xbc")).status == 200, "raw UTF-8 is text"
    assert (await knock(small_slad.app, "GET", b"/v1/clocks?contract=\xff")).status == 400
