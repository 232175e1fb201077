"""A breach recorded a moment ago is on its way to the board: it is waited for, and never said to be missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from tests.integration.timer.test_evidence import MANIFEST

from sla_standalone.cli.evidence.collect import Collected, collect
from sla_standalone.evidence import CheckResult, EvidenceCheck, Manifest, open_evidence, write_archive
from sla_standalone.evidence.told import check_told

Lines = list[dict[str, Any]]
AT = "2026-11-27T10:00:00Z"
CLOCK = {"id": "c1", "metric": "resolution", "breached_at": AT}
BREACH = {"type": "io.slad.clock.breached.v1", "data": {"clock": "c1"}}
WORDS = f"the breach of resolution at {AT}"


def told(folder: Path, facts: Lines, manifest: Manifest = MANIFEST, **more: Lines) -> EvidenceCheck:
    files = {"published": [CLOCK], "facts": facts, "alerts": list[dict[str, Any]](), "deliveries": [], **more}
    source = folder / "parts"
    source.mkdir()
    for name, lines in files.items():
        (source / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    write_archive(folder / "one.zip", source, {})
    with open_evidence(folder / "one.zip") as evidence:
        return check_told(evidence, manifest)


def test_a_breach_that_was_published_holds(tmp_path: Path) -> None:
    found = told(tmp_path, [BREACH])
    assert (found.result, found.found) == (
        CheckResult.HOLDS,
        ("0 messages, 0 of them sent; 0 alerts; 1 breaches published",),
    )


def test_a_breach_that_nobody_published_fails(tmp_path: Path) -> None:
    other = replace(MANIFEST, not_published_yet=("c2",))
    assert told(tmp_path, [], other) == EvidenceCheck(
        "who was told", CheckResult.FAILS, (f"{WORDS} was never published",)
    )


def test_a_breach_on_its_way_is_not_checked(tmp_path: Path) -> None:
    found = told(tmp_path, [], Manifest.read(replace(MANIFEST, not_published_yet=("c1",)).text()))
    assert found.result is CheckResult.UNCHECKED
    assert found.found == (f"{WORDS} was not published yet when the file was made: make it again",)


def test_a_breach_on_its_way_hides_nothing_else(tmp_path: Path) -> None:
    stray: dict[str, Any] = {"id": "d", "state": "sent", "alert": "a"}
    found = told(tmp_path, [], replace(MANIFEST, not_published_yet=("c1",)), deliveries=[stray])
    assert (found.result, found.found) == (CheckResult.FAILS, ("message d is about alert a, which is not here",))


def test_a_file_of_an_earlier_release_says_of_nothing_that_it_was_on_its_way() -> None:
    content = json.loads(MANIFEST.text())
    del content["not_published_yet"]
    assert Manifest.read(json.dumps(content).encode()) == MANIFEST


class Services:
    """A timer that has recorded one breach, and a board that hears of it when it is asked for the `after`th time."""

    def __init__(self, after: int) -> None:
        self.after, self.asked = after, 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        about = {
            "incident": "desk:1", "contract": "acme", "as_of": AT,
            "events_complete": True, "contracts": [], "versions": [],
        }  # fmt: skip
        match request.url.path:
            case "/v1/evidence/timer/desk:1" | "/v1/evidence/timer/desk%3A1":
                return _part(("about", about), ("published", CLOCK))
            case "/v1/evidence/board/desk:1" | "/v1/evidence/board/desk%3A1":
                self.asked += 1
                return _part(*[("facts", BREACH)] * (self.asked >= self.after))
            case _:
                return httpx2.Response(404, json={"title": "Not Found"})


def _part(*lines: tuple[str, Mapping[str, Any]]) -> httpx2.Response:
    whole = [*lines, ("end", {"lines": len(lines)})]
    return httpx2.Response(
        200, text="".join(json.dumps({"file": file, "content": line}) + "\n" for file, line in whole)
    )


def collected(services: Services, folder: Path) -> tuple[Collected, list[float]]:
    pauses: list[float] = []
    with httpx2.Client(base_url="http://slad", transport=httpx2.MockTransport(services)) as client:
        return collect(client, "desk:1", "en", folder, pauses.append), pauses


def test_a_breach_on_its_way_is_waited_for(tmp_path: Path) -> None:
    services = Services(after=3)
    found, pauses = collected(services, tmp_path)
    assert (services.asked, len(pauses), found.not_published_yet) == (3, 2, {})
    assert len((tmp_path / "facts.jsonl").read_text().splitlines()) == 1
    assert not any("publication" in sentence for sentence in found.left_out)


def test_a_breach_that_does_not_arrive_is_named(tmp_path: Path) -> None:
    found, pauses = collected(Services(after=100), tmp_path)
    assert found.not_published_yet == {"c1": WORDS}
    assert 4 < sum(pauses) <= 5, "seconds"
    assert f"The publication of {WORDS}: it had not reached the board when this file was made." in found.left_out


def test_nothing_is_waited_for_where_nothing_is_on_its_way(tmp_path: Path) -> None:
    found, pauses = collected(Services(after=1), tmp_path)
    assert (pauses, found.not_published_yet) == ([], {})
