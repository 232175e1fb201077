"""GET /v1/incidents/{id}/explain: as data, in the words of five languages, and as plain text for links."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.build.story import Telling
from tests.integration.timer.desk import Desk
from tests.integration.timer.door import door

from sla_catalogue import builtin_catalogue
from sla_domain.event import EventId, EventKind, WaitingOn
from sla_platform.http import problem
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_timer import tables
from sla_timer.api import routes

LANGUAGES = ("en", "pl", "it", "ru", "zh-TW")
HOSTILE = "<script>alert(1)</script>"
PATH = "/v1/incidents/desk:42%2F7/explain"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = Store(f"sqlite:///{tmp_path}/timer.db")
    await create_all(store, [tables.metadata])
    yield await Desk(store, builtin_catalogue()).start()
    await store.close()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    """A high request over a weekend, under eXpress 8/5, waiting for the vendor in between; it is Monday 15:00."""
    told = Telling("desk:42/7", "Europe/Moscow").opened(
        "2026-11-13 18:00", "P2", customer="Example eXpress 8x5", description="no calls"
    )
    told.waits("2026-11-16 11:00", WaitingOn.VENDOR, reason=HOSTILE).resumed("2026-11-16 12:00")
    await desk.apply(*told.events)
    desk.time.instant = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
    app = FastAPI()
    problem.install(app)
    app.include_router(door(desk, builtin_catalogue(), desk.time))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://timer") as opened:
        yield opened


async def asked(client: httpx2.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get(PATH, params={"metric": "resolution", **query})
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def test_the_parts_in_words_stand_beside_the_data(client: httpx2.AsyncClient) -> None:
    (clock,) = (await asked(client))["clocks"]
    words = clock["words"]
    assert [(step["when"], step["what"], step["counted"], step["total"]) for step in words["steps"]] == [
        ("Fri 2026-11-13 18:00 – 19:00 +0300", "counted", "+1 h", "1 h"),
        ("Fri 2026-11-13 19:00 – Mon 2026-11-16 10:00 +0300", "outside hours", "", ""),
        ("Mon 2026-11-16 10:00 – 11:00 +0300", "counted", "+1 h", "2 h"),
        ("Mon 2026-11-16 11:00 – 12:00 +0300", f"paused (waiting on the vendor: {HOSTILE})", "", ""),
        ("Mon 2026-11-16 12:00 – 15:00 +0300", "counted", "+3 h", "5 h"),
        ("Mon 2026-11-16 15:00 – 18:00 +0300", "counted", "+3 h", "8 h"),
    ]
    assert words["steps"][-1]["notes"] == ["expected"]
    assert len(words["steps"]) == len(clock["steps"])
    assert words["sums"] == "Consumed 5 h of 8 h, left 3 h"
    assert words["instants"][0] == "Due Mon 2026-11-16 18:00 +0300"
    assert words["left"]["form"] == "Left: {left} · Working days, 10:00-19:00 (Moscow)"
    said = [row["said"] for row in words["rows"]]
    assert said[:2] == [
        "no: priority is P2, the row wants P1",
        "no: type is none, the row wants consultation, консультация",
    ]
    assert said[-1] == "matches"
    assert clock["remaining_seconds"] == 3 * 3600


async def test_the_time_each_support_line_held_it_stands_in_the_answer(desk: Desk, client: httpx2.AsyncClient) -> None:
    told = Telling("desk:43/7", "Europe/Moscow").opened("2026-11-16 10:00", "P2", line="1")
    told.happened(EventKind.ESCALATED, "2026-11-16 11:30", line="2", assignee="ann")
    await desk.apply(*(replace(event, id=EventId(f"held-{event.id}")) for event in told.events))
    answer = await client.get("/v1/incidents/desk:43%2F7")
    assert answer.status_code == 200, answer.text
    assert answer.json()["held"] == [
        {"assignee": "", "group": "", "line": "1", "seconds": 1.5 * 3600},
        {"assignee": "ann", "group": "", "line": "2", "seconds": 3.5 * 3600},
    ]


async def test_a_priority_means_what_the_plan_says_it_means(client: httpx2.AsyncClient) -> None:
    """clause E12: in the plan's own language and in English."""
    (english,) = (await asked(client))["clocks"]
    assert english["words"]["definition"]["text"].startswith("Meaning of P2: The system works much worse")
    assert set(english["priority_definitions"]) == {"en", "ru"}
    (russian,) = (await asked(client, lang="ru"))["clocks"]
    assert russian["words"]["definition"]["language"] == "ru"
    assert "Работоспособность Системы значительно ухудшена" in russian["words"]["definition"]["text"]
    (polish,) = (await asked(client, lang="pl"))["clocks"]
    assert polish["words"]["definition"]["language"] == "en", "a page must not read English aloud as Polish"
    assert "Meaning of P2: The system works much worse" in polish["text"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_speaks_all_of_it(client: httpx2.AsyncClient, language: str) -> None:
    (clock,) = (await asked(client, lang=language))["clocks"]
    words, english = clock["words"], (await asked(client))["clocks"][0]["words"]
    assert words["language"] == language
    told = [words["state"], words["sums"], words["rows_title"], words["time_title"], *words["columns"]]
    theirs = [english["state"], english["sums"], english["rows_title"], english["time_title"], *english["columns"]]
    assert language == "en" or not set(told) & set(theirs)
    assert "{" not in "".join([*told, *words["basis"], *words["instants"], *words["grounds"]])


@pytest.mark.parametrize(
    ("query", "accept", "text"),
    [
        ("format=text", "*/*", True),
        ("format=text", "application/json", True),
        ("", "text/plain", True),
        ("", "text/plain;q=0.9, application/json;q=0.1", True),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("", "application/json, text/plain;q=0.5", False),
        ("", "text/plain;q=nonsense", False),
        ("format=json", "text/plain", False),
    ],
)
async def test_plain_text_for_those_who_ask_for_it(
    client: httpx2.AsyncClient, query: str, accept: str, text: bool
) -> None:
    answer = await client.get(f"{PATH}?{query}", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == ("text/plain; charset=utf-8" if text else "application/json")


async def test_the_text_names_its_language_and_is_never_taken_for_markup(client: httpx2.AsyncClient) -> None:
    answer = await client.get(PATH, params={"format": "text", "lang": "zh"})
    assert answer.headers["content-language"] == "zh-TW"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "期限" in answer.text
    assert HOSTILE in answer.text
    assert answer.text.count("的首次回應") == answer.text.count("的解決") == 1, "every clock of the incident"


async def test_before_the_first_event_no_clock_runs(client: httpx2.AsyncClient) -> None:
    answer = await client.get(PATH, params={"format": "text", "at": "2026-11-01T00:00:00Z"})
    assert answer.text == "No clock runs on desk:42/7.\n"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_text_says_why_no_clock_runs(desk: Desk, client: httpx2.AsyncClient, language: str) -> None:
    told = Telling("desk:8", "Europe/Warsaw").opened(
        "2026-11-13 15:00", "L1", customer="Example HPE Polska", product="IDOL", id=EventId("second")
    )
    await desk.apply(*told.events)
    answer = (await client.get("/v1/incidents/desk:8/explain", params={"lang": language})).json()
    assert answer["clocks"] == []
    lines = answer["text"].splitlines()
    assert "desk:8" in lines[0]
    assert lines[2] == answer["remarks_title"]
    assert [each["kind"] for each in answer["remarks"]] == ["out_of_scope", "unspecified_target"]
    said = [each["text"] for each in answer["remarks"]]
    if language == "en":  # the kinds are names for programs
        said = [f"{each['kind']}: {each['text']}" for each in answer["remarks"]]
    assert [line.strip() for line in lines[3:]] == said
    assert (answer["remarks_title"] == "Remarks on the incident:") is (language == "en")
    assert any("the plan" in each or "gives no number" in each for each in said) is (language == "en")


async def test_what_had_no_effect_is_said_below_the_clocks(desk: Desk, client: httpx2.AsyncClient) -> None:
    told = Telling("desk:9", "Europe/Moscow").opened(
        "2026-11-13 15:00", "P9", customer="Example bpm Premium", id=EventId("second")
    )
    await desk.apply(*told.events)
    text = (await client.get("/v1/incidents/desk:9/explain", params={"format": "text"})).text
    assert text.endswith(
        "\n\nRemarks on the incident:\n  unknown_priority: priority 'P9' is not one of the plan's: P4 is in force\n"
    )


async def test_what_is_not_known_stays_a_problem(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/incidents/desk:nope/explain", params={"format": "text"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (await client.get(PATH, params={"format": "html"})).status_code == 422


async def test_an_instant_beyond_the_calendar_s_years_is_refused_with_the_years_it_knows(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get(PATH, params={"at": "2199-12-31T23:59:59Z"})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/beyond-the-calendar")
    assert "2010-01-01 to 2040-12-31" in answer.json()["detail"]


async def test_an_opening_before_the_calendar_s_years_is_refused_too(desk: Desk, client: httpx2.AsyncClient) -> None:
    told = Telling("desk:old", "Europe/Moscow").opened(
        "1969-12-31 18:00", "P2", customer="Example eXpress 8x5", id=EventId("old")
    )
    await desk.apply(*told.events)
    answer = await client.get("/v1/incidents/desk:old/explain")
    assert (answer.status_code, "1969-12-31" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/incidents/desk:42%2F7", {}),
        ("/v1/incidents/desk:42%2F7", {"limit": "1"}),
        (PATH, {}),
        (PATH, {"lang": "ru"}),
        (PATH, {"at": "2026-11-01T00:00:00Z"}),
        ("/v1/clocks", {}),
        ("/v1/clocks", {"limit": "1"}),
    ],
)
async def test_the_documented_models_leave_every_byte_of_an_answer_as_it_is(
    client: httpx2.AsyncClient, path: str, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a route computes is what is sent: the model neither drops, adds, orders nor words anything anew."""
    computed: list[Any] = []

    def kept(name: str) -> None:
        original = getattr(routes, name)

        async def later(*args: Any, **options: Any) -> Any:
            computed.append(await original(*args, **options))
            return computed[-1]

        def now(*args: Any, **options: Any) -> Any:
            computed.append(original(*args, **options))
            return computed[-1]

        monkeypatch.setattr(routes, name, now if name == "explained_json" else later)

    for name in ("incident_answer", "open_clocks", "explained_json"):
        kept(name)
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.text == json.dumps(computed[-1], ensure_ascii=False, separators=(",", ":"))
