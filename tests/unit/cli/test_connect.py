"""`slad connect` without a service: what it writes, asks for and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.hook_apis import PAGERDUTY_SECRET, TOKENS, hook_apis
from tests.unit.cli.invoke import Said, slad

from sla_catalogue import load_sources
from sla_catalogue.system import system_names
from sla_standalone.cli.connect.trial import SentTest, until_ready, wait_for_delivery


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    return folder


def connect(place: Path, *arguments: object) -> Said:
    return slad("connect", *arguments, "--catalogue", place, "--public-url", "http://127.0.0.1:9")


def files(place: Path) -> dict[str, str]:
    return {str(one.relative_to(place)): one.read_text() for one in place.rglob("*") if one.is_file()}


def test_every_system_is_listed() -> None:
    said = slad("connect")
    assert [line.split()[0] for line in said.out.splitlines()] == list(system_names())


@pytest.mark.parametrize("name", system_names())
def test_every_system_is_connected_without_a_terminal(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_CONNECT_SECRET", "what the sender shows")
    said = connect(place, name, "--yes")
    assert said.status == 0, said.err
    assert set(files(place)) == {f"source-{name}.yaml", f"secrets/{name}", "secrets/.gitignore"}
    assert f"/v1/webhooks/{name}" in said.out
    assert set(load_sources(place)) == {name}
    before = files(place)
    again = connect(place, name, "--yes")
    assert again.status == 0
    assert "nothing is written" in again.err
    assert files(place) == before


def test_a_dry_run_and_a_call_without_yes_write_nothing(place: Path) -> None:
    assert connect(place, "gitlab", "--dry-run").status == 0
    said = connect(place, "gitlab")
    assert (said.status, said.err.strip()) == (2, "slad: nothing was written: say --yes")
    assert files(place) == {}


def test_a_secret_of_the_sender_is_asked_for_after_the_steps(place: Path) -> None:
    said = connect(place, "zendesk", "--yes")
    assert said.status == 2
    assert "Copy the signing secret" in said.out
    assert "SLAD_CONNECT_SECRET" in said.err
    assert files(place) == {}


def test_a_secret_may_be_a_variable(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = connect(place, "gitlab", "--secret-env", "LAB_SECRET", "--yes")
    assert 'secret: "${LAB_SECRET}"' in files(place)["source-gitlab.yaml"]
    (line,) = [line for line in said.err.splitlines() if "LAB_SECRET=" in line]
    monkeypatch.setenv("LAB_SECRET", line.rpartition("=")[2])
    assert len(line.rpartition("=")[2]) == 64
    tested = connect(place, "gitlab", "--secret-env", "LAB_SECRET", "--test")
    assert tested.status == 1
    assert "an opening by it would be accepted: opened gitlab:301 (title Down)" in tested.out
    assert "does not answer: ConnectError" in tested.out


def test_a_source_is_added_to_a_file_and_a_single_file_catalogue(place: Path) -> None:
    one = place / "all.yaml"
    old = "# ours\nsources:\n  shop: {dialect: github, authentication: {secret: x}}  # old\n"
    one.write_text(old)
    assert connect(place, "redmine", "--into", one, "--yes").status == 0
    assert connect(one, "jira", "--yes").status == 0
    assert one.read_text().startswith(
        "# ours\nsources:\n  shop: {dialect: github, authentication: {secret: x}}  # old\n"
    )
    assert set(load_sources(one)) == {"shop", "redmine", "jira"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gitlba"], "did you mean 'gitlab'?"),
        (["my own desk"], "slad connect mapped"),
        (["gitlab", "--source", "A B"], "--source 'A B'"),
        (["gitlab", "--secret-env", "a-b"], "--secret-env 'a-b'"),
        (["gitlab", "--into", "/etc/passwd"], "--into /etc/passwd"),
        (["redmine", "--repo", "a/b"], "slad makes no webhooks at Redmine"),
        (["github", "--repo", "a/b"], "the token of GitHub is missing: set GITHUB_TOKEN"),
    ],
)
def test_what_makes_no_sense_is_said(place: Path, arguments: list[str], said: str) -> None:
    found = connect(place, *arguments, "--yes")
    assert found.status == 2
    assert said in found.err
    assert files(place) == {}


def test_an_id_of_another_dialect_and_a_file_of_ours_are_left_alone(place: Path) -> None:
    assert connect(place, "gitlab", "--source", "desk", "--yes").status == 0
    before = files(place)
    assert "has the dialect gitlab" in connect(place, "jira", "--source", "desk", "--yes").err
    (place / "source-lab.yaml").write_text("people: {}\n")
    assert "it is there already" in connect(place, "gitlab", "--source", "lab", "--yes").err
    assert files(place) == before | {"source-lab.yaml": "people: {}\n"}


def test_a_catalogue_with_errors_is_not_written_to(place: Path) -> None:
    (place / "sources.yaml").write_text("sources:\n  shop: {dialect: nothing}\n")
    said = connect(place, "gitlab", "--yes")
    assert said.status == 2
    assert "nothing" in said.err
    assert set(files(place)) == {"sources.yaml"}


def test_a_secret_that_pagerduty_makes_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGERDUTY_TOKEN", TOKENS["pagerduty"])
    with hook_apis() as apis:
        said = connect(place, "pagerduty", "--api", apis.url, "--yes")
    assert said.status == 0, said.err
    assert files(place)["secrets/pagerduty"] == f"{PAGERDUTY_SECRET}\n"
    assert apis.pinged == [("http://127.0.0.1:9/v1/webhooks/pagerduty", 0)]


def test_a_webhook_that_is_refused_leads_to_the_steps_by_hand(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGERDUTY_TOKEN", "bad")
    with hook_apis() as apis:
        said = connect(place, "pagerduty", "--api", apis.url, "--yes")
    assert said.status == 1
    assert "the webhook was not made: GET" in said.err
    assert "Generic Webhooks (v3)" in said.out
    assert files(place) == {}


class Terminal:
    """Somebody who answers what is asked, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: object) -> None:
        self.answers, self.asked = list(answers), list[str]()
        for module in ("command", "order", "steps"):
            monkeypatch.setattr(f"sla_standalone.cli.connect.{module}.at_terminal", lambda: True)
        monkeypatch.setattr("typer.prompt", self._answer)
        monkeypatch.setattr("typer.confirm", self._answer)

    def _answer(self, question: str, **_: object) -> object:
        self.asked.append(question)
        return self.answers.pop(0)


def test_at_a_terminal_the_token_and_the_secret_are_asked_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, True, "what zendesk shows")
    said = connect(place, "zendesk")
    assert said.status == 0, said.err
    assert terminal.asked == ["Write this?", "The secret that Zendesk shows"]
    assert files(place)["secrets/zendesk"] == "what zendesk shows\n"
    terminal = Terminal(monkeypatch, TOKENS["github"], True)
    with hook_apis() as apis:
        assert connect(place, "github", "--repo", "acme/shop", "--api", apis.url).status == 0
    assert terminal.asked == ["Token of GitHub (GITHUB_TOKEN)", "Write this?"]
    assert apis.hooks[0]["secret"] == files(place)["secrets/github"].strip()
    monkeypatch.setenv("GITLAB_TOKEN", TOKENS["gitlab"])
    terminal = Terminal(monkeypatch, "", False)
    assert connect(place, "gitlab").status == 0
    assert terminal.asked == ["For GROUP/PROJECT, or group:GROUP; nothing: by hand", "Write this?"]
    assert "source-gitlab.yaml" not in files(place)


def test_an_address_that_only_this_machine_reaches_is_remarked_on(place: Path) -> None:
    assert "only this machine reaches that address" in connect(place, "gitlab", "--yes").err
    far = slad("connect", "redmine", "--yes", "--catalogue", place, "--public-url", "https://slad.example")
    assert "only this machine" not in far.err


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += seconds


def test_waiting_is_bounded_and_ends_with_what_is_new() -> None:
    clock = Clock()
    came = [[{"id": "old"}], [{"id": "old"}], [{"id": "b"}, {"id": "a"}, {"id": "old"}]]
    found = wait_for_delivery(lambda: came.pop(0), frozenset({"old"}), 60, clock.pause, clock)
    assert (found, clock.at) == ([{"id": "a"}, {"id": "b"}], 4.0)
    assert wait_for_delivery(lambda: [{"id": "old"}], frozenset({"old"}), 60, clock.pause, clock) == []
    assert clock.at == 64.0


def test_a_service_is_asked_until_it_has_read_the_catalogue() -> None:
    clock = Clock()
    answers = [SentTest(False, "401", again=True), SentTest(True, "good")]
    assert until_ready(lambda: answers.pop(0), 15, clock.pause, clock).good
    assert not until_ready(lambda: SentTest(False, "401", again=True), 15, clock.pause, clock).good
    assert clock.at == 18.0
    assert not until_ready(lambda: SentTest(False, "nothing answers"), 15, clock.pause, clock).good
    assert clock.at == 18.0
