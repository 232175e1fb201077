"""`slad send`: samples that dialects understand, signed as their senders sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from standardwebhooks.webhooks import Webhook
from tests.translated import translate
from tests.unit.cli.invoke import slad

from sla_catalogue import Source, SourceId, load_catalogue
from sla_domain.event import EventKind
from sla_ingest.auth import AuthFailure, verify
from sla_ingest.dialect import Accepted, Delivery
from sla_ingest.notice import NoticeIn, reach_of
from sla_standalone.cli.send.sample import SAMPLES, Sample, Style, body_of, proof

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SENDERS = {
    Style.GITHUB: ("github-demo", "demo-github-secret"),
    Style.JIRA: ("jira-demo", "demo-jira-secret"),
    Style.CLOUDEVENTS: ("demo", "demo-ingest-key"),
}
KINDS = {
    "opened": EventKind.OPENED, "created": EventKind.OPENED, "commented": EventKind.RESPONDED,
    "responded": EventKind.RESPONDED, "waiting": EventKind.WAITING, "closed": EventKind.RESOLVED,
    "resolved": EventKind.RESOLVED,
}  # fmt: skip


@pytest.fixture(scope="module")
def sources() -> Mapping[SourceId, Source]:
    """Those of the example catalogue, for which the samples are meant."""
    return load_catalogue(EXAMPLES, environment={}).sources


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_the_sample_of_a_notice_reaches_somebody_of_the_example_catalogue() -> None:
    sample = SAMPLES["notice-published"]
    written = NoticeIn.model_validate_json(body_of(sample, 7, "unique-1", NOW))
    reach = reach_of(written, load_catalogue(EXAMPLES, environment={}).rulebook, NOW)
    assert (reach.contracts > 0, reach.people > 0, reach.unknown) == (True, True, {})


DELIVERIES = [sample for sample in SAMPLES.values() if sample.name != "notice-published"]


@pytest.mark.parametrize("sample", DELIVERIES, ids=lambda sample: sample.name)
def test_each_sample_is_understood_and_believed(sample: Sample, sources: Mapping[SourceId, Source]) -> None:
    name, secret = SENDERS[sample.style]
    sender = sources[SourceId(name)]
    body = body_of(sample, 7, "unique-1", NOW)
    headers = lower(dict(sample.headers) | proof(sample.style, secret, body, "unique-1", NOW))
    assert verify(sender.authentication, body, headers, NOW) is None
    outcome = translate(Delivery(body=body, headers=headers, received_at=NOW), sender).outcome
    assert isinstance(outcome, Accepted)
    (found,) = outcome.events
    assert found.event.kind is KINDS[sample.name.partition("-")[2]]
    assert found.event.occurred_at == NOW
    assert "7" in found.event.incident


@pytest.mark.parametrize("style", SENDERS)
def test_a_wrong_secret_is_not_believed(style: Style, sources: Mapping[SourceId, Source]) -> None:
    headers = lower(proof(style, "other", b"{}", "unique-1", NOW))
    sender = sources[SourceId(SENDERS[style][0])]
    assert verify(sender.authentication, b"{}", headers, NOW) is AuthFailure.WRONG


def test_standard_webhooks_are_signed_as_their_own_library_checks() -> None:
    secret = "whsec_bG9jYWwtdGVzdC1zZWNyZXQtb25seS1mb3ItdGhpcw=="
    now = datetime.now(UTC)  # noqa: TID251 - the library compares with the system's clock
    Webhook(secret).verify(b'{"a":1}', proof(Style.STANDARD_WEBHOOKS, secret, b'{"a":1}', "msg-1", now))


@pytest.mark.parametrize("style", list(Style))
def test_without_a_secret_nothing_is_signed(style: Style) -> None:
    assert not {"x-hub-signature", "x-hub-signature-256", "webhook-signature", "authorization"} & set(
        lower(proof(style, "", b"{}", "unique-1", NOW))
    )


def test_samples_of_one_number_belong_to_one_incident() -> None:
    numbers = {
        orjson.loads(body_of(SAMPLES[name], 42, "u", NOW))["issue"]["id"] for name in SAMPLES if "github" in name
    }
    assert numbers == {42}


def test_without_a_sample_they_are_listed() -> None:
    assert {one["name"] for one in slad("send", "--json").json} == set(SAMPLES)
    assert "github-opened" in slad("send").out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("github-opend",), "did you mean 'github-opened'?"),
        (("github-opened", "--to", "nowhere"), "where to?"),
        (("github-opened", "--url", "http://127.0.0.1:9"), "nothing answers"),
        (("github-opened", "-H", "no colon"), "NAME: VALUE"),
    ],
)
def test_a_call_that_makes_no_sense(arguments: tuple[str, ...], why: str) -> None:
    said = slad("send", *arguments)
    assert said.status == 2
    assert why in said.err


def test_a_file_needs_to_be_told_where_to(tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    path.write_text("{}")
    assert "where to?" in slad("send", path).err
