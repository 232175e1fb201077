"""What the README and the welcome print to be pasted works, with the example's catalogue and with one's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.golden.cli.conftest import EXAMPLES
from tests.golden.cli.test_service import patiently
from tests.real.http import http_get, http_post
from tests.unit.cli.invoke import Said, slad

from sla_catalogue import Catalogue, load_catalogue
from sla_standalone.cli.lines import lines_to_paste

README = (EXAMPLES.parents[1] / "README.md").read_text()
NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
OWN = """
coverages: {always: {hours: 24x7}}
plans:
  gold:
    priorities: [{id: Sev 2, rank: 2}, {id: Sev 1, rank: 1}]
    escalation: none
    targets: [{metric: first_response, coverage: always, time: 1h}]
contracts:
  rest: {plan: gold, zone: UTC, default: true}
  polaris: {plan: gold, zone: Europe/Rome, customers: [Polaris "Nord" O'Brien]}
"""


def shell(lines: str, **variables: str) -> list[str]:
    """The answers of the calls of curl among the lines, in order."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines.replace("curl -s", "echo; curl -s")],
        env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return [answer for answer in done.stdout.split("\n") if answer.startswith("{")]


def own(tmp_path: Path, keys: str) -> Catalogue:
    file = tmp_path / "own.yaml"
    file.write_text(OWN + keys)
    return load_catalogue(file, environment={})


def test_the_lines_of_the_readme_open_an_incident_and_answer_it(service: str) -> None:
    (block,) = [found for found in re.findall(r"```sh\n([\s\S]*?)```", README) if "/v1/events" in found]
    lines = block.replace("http://127.0.0.1:8321", service)
    opened, stands, answered = shell(lines)
    assert json.loads(opened)["promise"]["targets"]
    assert json.loads(stands)["phase"] == "open"
    assert json.loads(answered)["outcome"] == "accepted"
    incident = json.loads(opened)["promise"]["incident"]
    said = patiently(lambda: slad("explain", incident, "--url", service, "--key", "demo-read-key"))
    assert "First response" in said.out


def test_the_lines_of_the_welcome_do_too_and_again_after_the_next_start(service: str, catalogue: Path) -> None:
    known = load_catalogue(catalogue)
    for at in (NOW, NOW.replace(minute=1)):
        opened, stands, answered = shell("\n".join(lines_to_paste(known, service, at)))
        assert json.loads(opened)["promise"]["targets"], "an incident of a customer, with a promise"
        assert json.loads(stands)["phase"] == "open"
        assert json.loads(answered)["outcome"] == "accepted"


def test_with_a_catalogue_of_ones_own_they_speak_of_its_customers_and_ask_for_its_key(tmp_path: Path) -> None:
    digest = "b" * 64
    lines = lines_to_paste(
        own(tmp_path, f'keys: {{desk: {{sha256: "{digest}", scopes: [ingest]}}}}'), "http://slad", NOW
    )
    assert lines[0] == "export SLAD_KEY=…  # a key with the scopes ingest; the catalogue has desk"
    assert all("demo-" not in line and "Acme" not in line for line in lines)
    written = lines[1].split("-d ")[1]
    body = subprocess.run(["bash", "-c", f"printf %s {written}"], capture_output=True, text=True, check=True).stdout
    event = json.loads(body)
    assert event["data"] == {"customer": 'Polaris "Nord" O\'Brien', "priority": "Sev 1", "title": "Checkout is down"}
    assert '"Authorization: Bearer $SLAD_KEY"' in lines[1]


def test_each_line_has_a_key_that_may_do_what_it_does(tmp_path: Path) -> None:
    desk, look, gone = (
        f'{name}: {{sha256: "{digit * 64}", scopes: [{scope}]{more}}}'
        for name, digit, scope, more in (
            ("desk", "b", "ingest", ", contract: polaris"),
            ("look", "c", "read", ""),
            ("gone", "d", "ingest", ", expires: 2026-11-28"),
        )
    )
    first, second, opening, reading, _ = lines_to_paste(
        own(tmp_path, f"keys: {{{desk}, {look}, {gone}}}"), "http://slad", NOW
    )
    assert first == "export SLAD_KEY=…  # a key with the scopes ingest; the catalogue has desk"
    assert second == "export SLAD_READ_KEY=…  # a key with the scope read; the catalogue has look"
    assert "Polaris" in opening, "the key is of that contract"
    assert '"Authorization: Bearer $SLAD_READ_KEY"' in reading


def test_a_key_that_may_do_both_is_asked_for_once(tmp_path: Path) -> None:
    desk = f'desk: {{sha256: "{"b" * 64}", scopes: [ingest, read]}}'
    look = f'look: {{sha256: "{"c" * 64}", scopes: [read]}}'
    keys = f"keys: {{{desk}, {look}}}"
    first, _, reading, _ = lines_to_paste(own(tmp_path, keys), "http://slad", NOW)
    assert first == "export SLAD_KEY=…  # a key with the scopes ingest and read; the catalogue has desk"
    assert '"Authorization: Bearer $SLAD_KEY"' in reading


def test_without_a_key_that_may_post_there_is_nothing_to_paste(tmp_path: Path) -> None:
    digest = "b" * 64
    for keys in ("", f'keys: {{look: {{sha256: "{digest}", scopes: [read]}}}}'):
        (line,) = lines_to_paste(own(tmp_path, keys), "http://slad", NOW)
        assert line.startswith("# No key of the catalogue may post events")


def tell(service: str, subject: str, number: int, kind: str = "opened", at: str = "", **data: str) -> None:
    event = {
        "specversion": "1.0", "id": f"{subject}-{number}", "source": "/ackdesk",
        "type": f"io.slad.incident.{kind}.v1", "subject": subject, "data": data,
    }  # fmt: skip
    headers = {"Authorization": "Bearer demo-admin-key", "Content-Type": "application/cloudevents+json"}
    http_post(f"{service}/v1/events", json=event | ({"time": at} if at else {}), headers=headers).raise_for_status()


def acknowledge(service: str, name: str) -> Said:
    return slad("ack", name, "--url", service, "--key", "demo-admin-key")


def test_acknowledging_says_whether_the_incident_is_known(service: str) -> None:
    tell(service, "INC-1", 1, customer="Acme", priority="P1")
    patiently(lambda: slad("explain", "ackdesk:INC-1", "--url", service, "--key", "demo-admin-key"))
    known, slip = acknowledge(service, "ackdesk:INC-1"), acknowledge(service, "ackdesk:INC-7")
    assert (known.status, slip.status) == (1, 1)
    assert known.out == "ackdesk:INC-1: no alert was opened for it so far, so there is nothing to acknowledge\n"
    assert slip.out == "ackdesk:INC-7: no such incident is known here; an id is <source>:<its own id>\n"


def test_an_incident_is_acknowledged_under_any_of_its_names(service: str) -> None:
    tell(service, "INC-2", 1, at="2026-01-08T10:00:00Z", customer="Acme", priority="P1")
    tell(service, "INC-2", 2, "renamed", known_as="OPS-2")
    done = patiently(lambda: acknowledge(service, "ackdesk:OPS-2"))
    assert "ackdesk:INC-2 first response: acknowledged by" in done.out.replace("_", " ")


def test_the_catalogue_in_force_is_shown_and_a_silent_source_counted_from_the_start(
    service: str, catalogue: Path
) -> None:
    assert 'slad_ingest_deliveries_total{outcome="accepted",source="jira-demo"} ' in http_get(f"{service}/metrics").text
    before = http_get(f"{service}/info").json()["catalogue"]
    extra = catalogue / "extra.yaml"
    extra.write_text("coverages: {some-nights: {hours: {mon: 01:00-02:00}}}\n")
    try:
        edited = load_catalogue(catalogue).version
        assert edited != before
        while http_get(f"{service}/info").json()["catalogue"] != edited:
            pass  # the service looks at its files every two seconds; the test's own time limit ends this
    finally:
        extra.unlink()
