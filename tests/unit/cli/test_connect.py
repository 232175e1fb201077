"""`slad connect` without a service: what it writes, asks for and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.hook_apis import PAGERDUTY_SECRET, TOKENS, hook_apis
from tests.unit.cli.invoke import Said, slad

from sla_catalogue import Lookup, load_sources
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
    terminal = Terminal(monkeypatch, "", "", True, "what zendesk shows")
    said = connect(place, "zendesk", "--no-test")
    assert said.status == 0, said.err
    assert [one.partition(";")[0] for one in terminal.asked] == [
        "The customer whose tickets these are",
        "Its words for the priorities of your plan, such as High=P1, Low=P3",
        "Write this?",
        "The secret that Zendesk shows",
    ]
    assert files(place)["secrets/zendesk"] == "what zendesk shows\n"
    terminal = Terminal(monkeypatch, "", "", "", TOKENS["github"], True)
    with hook_apis() as apis:
        assert connect(place, "github", "--repo", "acme/shop", "--api", apis.url, "--no-test").status == 0
    assert terminal.asked[3:] == ["Token of GitHub (GITHUB_TOKEN)", "Write this?"]
    assert apis.hooks[0]["secret"] == files(place)["secrets/github"].strip()
    monkeypatch.setenv("GITLAB_TOKEN", TOKENS["gitlab"])
    terminal = Terminal(monkeypatch, "", "", "", "", False)
    assert connect(place, "gitlab").status == 0
    assert terminal.asked[3:] == ["For GROUP/PROJECT, or group:GROUP; nothing: by hand", "Write this?"]
    assert "source-gitlab.yaml" not in files(place)


def test_at_a_terminal_what_is_missing_is_asked_for_and_written_as_keys(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(monkeypatch, "sev1", "sev1=P1, on: hold=P2", "bob, 12, @desk.example", True)
    said = connect(place, "gitlab", "--customer", "Acme & Sons: shop", "--no-test", "--by-hand")
    assert said.status == 0, said.err
    assert "'sev1': write WORD=PRIORITY" in said.err
    assert len(terminal.asked) == 4
    source = load_sources(place)["gitlab"]
    assert source.customer == Lookup(constant="Acme & Sons: shop")
    assert source.priority_labels == {"sev1": "P1", "on: hold": "P2"}
    assert (source.staff, source.staff_by.domains) == ({"bob", "12"}, {"desk.example"})
    written = files(place)["source-gitlab.yaml"]
    assert "# priority_labels" not in written
    assert "# labels" in written, "what was not answered stays as a hint"


def test_what_is_missing_may_be_said_by_options(place: Path) -> None:
    said = connect(place, "jira", "--customer", "Acme", "--priorities", "Highest=P1", "--staff", "bob", "--yes")
    assert said.status == 0, said.err
    source = load_sources(place)["jira"]
    assert (source.customer, source.priority_of("highest"), source.is_staff("bob")) == (
        Lookup(constant="Acme"), "P1", True,
    )  # fmt: skip
    again = connect(place, "jira", "--customer", "Acme", "--yes")
    assert (again.status, "is in the catalogue already: write its customer" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("system", "option", "value", "said"),
    [
        ("alertmanager", "--staff", "bob", "the deliveries of Prometheus Alertmanager need no staff"),
        ("mapped", "--priorities", "High=P1", "the deliveries of Any sender of JSON need no priorities"),
        ("jira", "--priorities", "High", "'High': write WORD=PRIORITY"),
        ("jira", "--staff", " , @", "write accounts, or mail domains"),
        ("redmine", "--staff", "@desk.example", "say nothing of domains"),
    ],
)
def test_an_answer_of_which_no_key_can_be_made(place: Path, system: str, option: str, value: str, said: str) -> None:
    found = connect(place, system, option, value, "--yes")
    assert (found.status, said in found.err) == (2, True), found.err
    assert files(place) == {}


def test_at_a_terminal_the_connection_is_tested_by_default(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Terminal(monkeypatch)
    said = connect(place, "zabbix", "--yes")
    assert said.status == 1, "nothing answers at that address"
    assert "an opening by it would be accepted: opened zabbix:10528 (priority High, title Down)" in said.out
    assert "does not answer: ConnectError" in said.out
    assert "not tested" not in said.err
    assert "not awaited: slad connect zabbix --wait 120 --key KEY" in said.err


def test_what_was_not_done_is_said_and_how_to_do_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = connect(place, "n8n", "--source", "flows", "--yes")
    assert said.status == 0
    assert "not tested: slad connect n8n --source flows --test" in said.err
    assert "not awaited: slad connect n8n --source flows --wait 120 --key KEY" in said.err
    Terminal(monkeypatch)
    asked = connect(place, "redmine", "--yes", "--no-test")
    assert "would be" not in asked.out
    assert "not tested: slad connect redmine --test" in asked.err


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
