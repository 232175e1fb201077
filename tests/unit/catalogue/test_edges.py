"""Sources, channels, keys, settings and escalations."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, loaded, problems

from sla_catalogue import (
    Authentication,
    AuthenticationKind,
    KeyScope,
    SignedContent,
    SourceId,
    TicketPhase,
    load_text,
)
from sla_catalogue.api_key import KeyId
from sla_catalogue.load import check_files
from sla_catalogue.problem import FindingLevel
from sla_domain.escalation import TellKind
from sla_domain.event import WaitingOn

START = datetime(2026, 11, 10, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG = "a-long-enough-demo-key-0123456789"


def authentication(tmp_path: Path, dialect: str, written: str) -> Authentication:
    text = SOUND + f"sources:\n  s: {{dialect: {dialect}, authentication: {written}}}\n"
    return loaded(tmp_path, text).sources[SourceId("s")].authentication


@pytest.mark.parametrize(
    ("dialect", "header", "prefix", "algorithm", "encoding", "signed"),
    [
        ("github", "X-Hub-Signature-256", "sha256=", "sha256", "hex", SignedContent.BODY),
        ("jira", "X-Hub-Signature", "sha256=", "sha256", "hex", SignedContent.BODY),
    ],
)
def test_each_dialect_signs_in_its_usual_way(
    tmp_path: Path, dialect: str, header: str, prefix: str, algorithm: str, encoding: str, signed: SignedContent
) -> None:
    found = authentication(tmp_path, dialect, "{secret: x}")
    assert found.kind is AuthenticationKind.HMAC
    assert (found.header, found.prefix, found.algorithm, found.encoding, found.signed) == (
        header,
        prefix,
        algorithm,
        encoding,
        signed,
    )


def test_what_the_catalogue_says_beats_the_usual(tmp_path: Path) -> None:
    found = authentication(tmp_path, "github", "{secret: x, header: X-Mine, prefix: ''}")
    assert (found.header, found.prefix, found.algorithm) == ("X-Mine", "", "sha256")
    basic = authentication(tmp_path, "github", "{kind: basic, username: u, secret: x}")
    assert (basic.header, basic.prefix, basic.username) == ("Authorization", "", "u")
    assert authentication(tmp_path, "cloudevents", "{secret: x}").kind is AuthenticationKind.BEARER


STANDARD = (
    "kind: hmac, signed: id.timestamp.body, header: webhook-signature, encoding: base64, "
    "timestamp_header: webhook-timestamp"
)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{dialect: github}", "no-authentication"),
        ("{dialect: github, authentication: {kind: hmac}}", "no-secret"),
        ("{dialect: github, authentication: {kind: none}}", "open-source"),
        ("{dialect: cloudevents, authentication: {kind: hmac, secret: x}}", "no-header"),
        ("{dialect: githib, authentication: {secret: x}}", "unknown-dialect"),
        ("{dialect: jira, authentication: {signed: timestamp.body, secret: x}}", "no-header"),
        ("{dialect: jira, authentication: {prefix: 'v1,', secret: x}}", "prefix"),
        ("{dialect: cloudevents, authentication: {STANDARD, prefix: 'v1 ', secret: x}}", "prefix"),
        ("{dialect: jira, authentication: {kind: basic, username: 'a:b', secret: x}}", "username"),
        ("{dialect: cloudevents, authentication: {STANDARD, secret: whsec_}}", "empty-secret"),
        ("{dialect: cloudevents, authentication: {STANDARD, secret: whsec_AAAA}}", "empty-secret"),
        ("{dialect: github, authentication: {secret: '  '}}", "empty-secret"),
        ("{dialect: github, authentication: {secret: ' x'}}", "secret-space"),
        ("{dialect: jira, authentication: {kind: token, header: X-Token, secret: 'x '}}", "secret-space"),
        ("{dialect: jira, zone: Mars, authentication: {secret: x}}", "unknown-zone"),
        ("{dialect: jira, statuses: {Done: finished}, authentication: {secret: x}}", "unknown-phase"),
        ("{dialect: jira, priorities: {High: P7}, authentication: {secret: x}}", "unknown-priority"),
        ("{dialect: jira, customer: {constant: Nobody}, authentication: {secret: x}}", "unknown-customer"),
        ("{dialect: jira, customer: Acmee, authentication: {secret: x}}", "unknown-customer"),
    ],
)
def test_a_source_that_leads_nowhere(tmp_path: Path, source: str, code: str) -> None:
    text = SOUND + f"sources:\n  s: {source}\n".replace("STANDARD", STANDARD)
    assert codes(tmp_path, text) == [code]


SHARED = {
    "two sources": "sources: {a: {dialect: github, authentication: {secret: KEY}}, "
    "b: {dialect: jira, authentication: {secret: KEY}}}",
    "a rotated secret": "sources: {a: {dialect: github, authentication: {secret: KEY}}, "
    "b: {dialect: github, authentication: {secrets: [other, KEY]}}}",
    "one written in base64": "sources: {a: {dialect: github, authentication: {secret: KEY}}, "
    "b: {dialect: cloudevents, authentication: {STANDARD, secret: whsec_BASE64}}}",
    "a channel": "sources: {b: {dialect: cloudevents, authentication: {STANDARD, secret: whsec_BASE64}}}\n"
    "channels: {c: {kind: webhook, url: 'https://x.example', secret: whsec_BASE64}}",
}


@pytest.mark.parametrize("what", SHARED)
def test_a_secret_signs_for_one_source_alone(tmp_path: Path, what: str) -> None:
    """A delivery does not say to whom it was sent: under one secret it could be played to the other."""
    text = (
        SHARED[what]
        .replace("STANDARD", STANDARD)
        .replace("KEY", LONG)
        .replace("BASE64", base64.b64encode(LONG.encode()).decode())
    )
    (found,) = problems(tmp_path, SOUND + text + "\n")
    assert (found.code, found.severity) == ("shared-secret", FindingLevel.ERROR)
    assert LONG not in str(found)


def test_what_signs_nothing_may_be_shared(tmp_path: Path) -> None:
    text = f"sources: {{a: {{dialect: jira, authentication: {{kind: token, header: X-Token, secret: {LONG}}}}}, "
    text += f"b: {{dialect: jira, authentication: {{kind: token, header: X-Token, secret: {LONG}}}}}}}\n"
    assert codes(tmp_path, SOUND + text) == []


@pytest.mark.parametrize(
    ("written", "covered"),
    [
        ("{secret: x}", set()),
        ("{secret: x, signed: timestamp.body, timestamp_header: X-Time}", {"x-time"}),
        ("{secret: x, signed: id.timestamp.body, timestamp_header: X-Time}", {"x-time", "webhook-id"}),
        ("{kind: token, header: X-Token, secret: x}", {"x-time", "webhook-id", "x-github-delivery", "ce-id"}),
        ("{kind: none}", {"x-time", "webhook-id", "x-github-delivery", "ce-id"}),
    ],
)
def test_a_proof_covers_what_it_covers(tmp_path: Path, written: str, covered: set[str]) -> None:
    how = authentication(tmp_path, "github", written)
    asked = ("x-time", "webhook-id", "x-github-delivery", "ce-id")
    assert {name for name in asked if how.covers_header(name)} == covered


def test_tables_are_read_without_regard_to_case(tmp_path: Path) -> None:
    text = """\
sources:
  s:
    dialect: jira
    authentication: {secret: x}
    statuses: {Waiting for Customer: waiting_customer, Done: resolved}
    labels: {Vendor: waiting_vendor}
    priorities: {High: P1}
    priority_labels: {SEV1: P1}
    staff: [Anna]
    bots: ["robot[bot]"]
    customer: {field: a.b, values: {ACME Inc: Acme}}
"""
    source = loaded(tmp_path, SOUND + text).sources[SourceId("s")]
    assert source.phase_of("waiting FOR customer") is TicketPhase.WAITING_CUSTOMER
    assert TicketPhase.WAITING_CUSTOMER.waiting_on is WaitingOn.CUSTOMER
    assert source.labels["vendor"] is TicketPhase.WAITING_VENDOR
    assert source.phase_of("In Progress") is None
    assert (source.priority_of("HIGH"), source.priority_labels["sev1"]) == ("P1", "P1")
    assert source.is_staff("anna")
    assert source.is_bot("Robot[bot]")
    assert source.customer is not None
    assert source.customer.translate("acme inc") == "Acme"
    assert source.customer.translate("Other") == "Other"


def test_keys_are_kept_as_hashes_and_compared_with_what_is_presented(tmp_path: Path) -> None:
    digest = hashlib.sha256(LONG.encode()).hexdigest()
    text = f"keys:\n  k: {{sha256: {digest}, scopes: [ingest, ack], contract: acme, expires: 2027-01-01}}\n"
    catalogue = loaded(tmp_path, SOUND + text)
    key = catalogue.keys[KeyId("k")]
    assert key.fits(LONG)
    assert key.allows(KeyScope.INGEST)
    assert not key.allows(KeyScope.READ)
    assert key.contract == "acme"
    assert not key.fits(LONG + "x")


def test_an_admin_key_may_do_everything(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND + f"settings: {{local: true}}\nkeys:\n  k: {{key: {LONG}, scopes: [admin]}}\n")
    assert all(catalogue.keys[KeyId("k")].allows(scope) for scope in KeyScope)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (f"{{key: {LONG}, scopes: [read]}}", ["plain-key"]),
        ("{key: short, scopes: [read]}", ["plain-key", "short-key"]),
        ("{scopes: [read]}", ["key"]),
        ("{sha256: abc, scopes: [read]}", ["key"]),
        (f"{{sha256: {'a' * 64}, scopes: [reed]}}", ["unknown-scope"]),
        (f"{{sha256: {'a' * 64}, scopes: [read], contract: amce}}", ["unknown-contract"]),
        (f"{{sha256: {'a' * 64}, scopes: [admin], contract: acme}}", ["key-reach"]),
        (f"{{sha256: {'a' * 64}, scopes: [read, notify], contract: acme}}", ["key-reach"]),
        (f"{{sha256: {'a' * 64}, scopes: [read], contract: ''}}", ["key-contract"]),
    ],
)
def test_what_is_wrong_with_a_key(tmp_path: Path, key: str, found: list[str]) -> None:
    assert codes(tmp_path, SOUND + f"keys:\n  k: {key}\n") == found


@pytest.mark.parametrize(("name", "found"), [("grafana#12", ["key-name"]), ("c#", []), ("#12 or so", [])])
def test_no_key_has_the_id_of_one_that_was_made(tmp_path: Path, name: str, found: list[str]) -> None:
    assert codes(tmp_path, SOUND + f'keys:\n  "{name}": {{sha256: {"a" * 64}, scopes: [read]}}\n') == found


def test_one_key_under_two_names_is_a_mistake(tmp_path: Path) -> None:
    text = f"keys:\n  a: {{sha256: {'a' * 64}, scopes: [read]}}\n  b: {{sha256: {'A' * 64}, scopes: [read]}}\n"
    assert codes(tmp_path, SOUND + text) == ["duplicate-key"]


def test_a_key_for_one_contract_may_not_administer_all_and_the_place_is_named(tmp_path: Path) -> None:
    text = SOUND + f"keys:\n  theirs: {{sha256: {'a' * 64}, scopes: [read, admin], contract: acme}}\n"
    (tmp_path / "catalogue.yaml").write_text(text)
    (problem,) = [each for each in check_files(tmp_path, environment={}) if each.code == "key-reach"]
    assert problem.severity is FindingLevel.ERROR
    assert problem.line == len(text.splitlines())
    assert "for one contract" in str(problem)


def test_a_stored_version_with_such_a_key_still_judges_its_incidents(tmp_path: Path) -> None:
    text = SOUND + f"keys:\n  theirs: {{sha256: {'a' * 64}, scopes: [read], contract: acme}}\n"
    kept = loaded(tmp_path, text).text.replace('"scopes":["read"]', '"scopes":["read","admin"]')
    assert KeyScope.ADMIN in load_text(kept).keys[KeyId("theirs")].scopes


@pytest.mark.parametrize("second", [f"key: {LONG}", f"sha256: {hashlib.sha256(LONG.encode()).hexdigest()}"])
def test_a_plain_key_is_compared_with_the_others_too(tmp_path: Path, second: str) -> None:
    keys = f"keys:\n  one: {{key: {LONG}, scopes: [read], contract: acme}}\n  all: {{{second}, scopes: [read]}}\n"
    assert "duplicate-key" in codes(tmp_path, SOUND + "settings: {local: true}\n" + keys)


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        ("{kind: webhook, url: 'https://x.example/hook', secret: x}", []),
        ("{kind: webhook, url: 'http://x.example/hook', secret: x}", ["plain-http"]),
        ("{kind: webhook, url: 'ftp://x.example/hook'}", ["channel"]),
        ("{kind: webhook}", ["channel"]),
        ("{kind: email}", ["unknown-value"]),  # mail leaves by settings.smtp, under its one sender
        ("{kind: pigeon}", ["unknown-value"]),
    ],
)
def test_what_a_channel_needs(tmp_path: Path, channel: str, found: list[str]) -> None:
    assert codes(tmp_path, SOUND + f"channels:\n  c: {channel}\n") == found


def test_a_user_name_for_the_mail_server_wants_a_password(tmp_path: Path) -> None:
    text = "settings: {smtp: {host: mail.example, sender: a@b.example, username: u}}\n"
    assert codes(tmp_path, SOUND + text) == ["smtp"]


ESCALATION = """\
escalations:
  calls:
    repeat: 1
    pause: 20m
    levels:
      - {after: 0m, tell: [on_call, anna]}
      - {after: 10m, tell: boss, kind: notice}
"""


def test_an_escalation_is_the_domains(tmp_path: Path) -> None:
    text = changed("escalation: none", "escalation: calls")
    text = changed("on_call: [anna]", "on_call: [anna], boss: [anna]", text)
    catalogue = loaded(tmp_path, text + ESCALATION)
    policy = catalogue.escalations["calls"]
    assert (policy.repeat, policy.pause) == (1, 20 * MINUTE)
    assert [(level.after, level.tell, level.kind) for level in policy.levels] == [
        (0 * MINUTE, ("on_call", "anna"), TellKind.PAGE),
        (10 * MINUTE, ("boss",), TellKind.NOTICE),
    ]


def test_people_named_by_the_policy_are_people_of_the_contract(tmp_path: Path) -> None:
    text = changed("escalation: none", "escalation: calls")
    shared = "people: {boris: {name: Boris, email: boris@example.com}}\n"
    shared += "escalations: {calls: {levels: [{after: 0m, tell: [on_call, boris]}]}}\n"
    (contract,) = loaded(tmp_path, text + shared).rulebook.contracts.values()
    assert set(contract.people) == {"anna", "boris"}


@pytest.mark.parametrize(
    ("levels", "code"),
    [
        ("[]", "no-levels"),
        ("[{after: 0m, tell: []}]", "level-silent"),
        ("[{after: 10m, tell: a}, {after: 5m, tell: b}]", "levels-order"),
        ("[{after: 0m, tell: a, channels: [pager]}]", "unknown-channel"),
        ("[{after: 2 working days, tell: a}]", "duration"),
    ],
)
def test_what_is_wrong_with_an_escalation(tmp_path: Path, levels: str, code: str) -> None:
    assert codes(tmp_path, SOUND + f"escalations:\n  e: {{levels: {levels}}}\n") == [code]


@pytest.mark.parametrize(
    ("expiry", "code"),
    [
        ("{}", "never-expires"),
        ("{times: 2}", "never-expires"),
        ("{expires: 59s}", "expires-at-once"),
        ("{at_left: [100%]}", "share"),
        ("{at_left: [50.5%]}", "share"),
        ("{at_left: [half]}", "percent"),
        ("{expires: 2 working days}", "duration"),
        ("{expires: 1h, times: 0}", "shape"),
    ],
)
def test_what_is_wrong_with_the_expiry_of_acknowledgements(tmp_path: Path, expiry: str, code: str) -> None:
    policy = f"{{levels: [{{after: 0m, tell: a}}], acknowledgement: {expiry}}}"
    assert codes(tmp_path, SOUND + f"escalations:\n  e: {policy}\n") == [code]


def test_a_level_nobody_of_a_contract_can_answer_is_seen(tmp_path: Path) -> None:
    text = changed("escalation: none", "escalation: e")
    assert codes(tmp_path, text + "escalations: {e: {levels: [{after: 0m, tell: nobody}]}}\n") == ["level-unheld"]


@pytest.mark.parametrize("kind", ["openings", "closings"])
def test_the_last_midnight_of_the_calendar_is_a_problem_and_no_crash(tmp_path: Path, kind: str) -> None:
    """Somebody who means "for ever" may write it."""
    span = '{from: "2026-12-24T00:00", to: "9999-12-31T24:00", reason: moved}'
    text = changed("coverages:\n", f"coverages:\n  moved: {{title: M, hours: 24x7, {kind}: [{span}]}}\n")
    assert codes(tmp_path, text) == ["date"]
