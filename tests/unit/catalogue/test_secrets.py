"""Secrets come from the environment, from files or stand in the text; they are never shown, stored or hashed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, loaded, problems, written

from sla_catalogue import Catalogue, ChannelId, KeyId, Secret, SourceId, check_files, load_catalogue, load_text
from sla_catalogue.source import Source
from sla_notifier.channel.webhook.config import WebhookEndpoint

WORD = "tomato-7421-rhubarb"
EDGES = """\
settings: {smtp: {host: mail.example, sender: slad@mail.example, username: u, password: "${WORD}"}}
sources:
  github: {dialect: github, authentication: {secret: "${WORD}"}}
channels:
  pager: {kind: webhook, url: "https://hooks.example/${WORD}", secret: "x-${WORD}", headers: {Authorization: "${WORD}"}}
keys:
  k: {key: "${WORD}", scopes: [read]}
"""


def source(catalogue: Catalogue) -> Source:
    return catalogue.sources[SourceId("github")]


def channel(catalogue: Catalogue) -> WebhookEndpoint:
    found = catalogue.channels[ChannelId("pager")]
    assert isinstance(found, WebhookEndpoint)
    return found


def test_references_are_filled_in_from_the_environment(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND + EDGES, {"WORD": WORD})
    assert [secret.reveal() for secret in source(catalogue).authentication.secrets] == [WORD]
    assert channel(catalogue).url == f"https://hooks.example/{WORD}"
    assert channel(catalogue).headers["Authorization"].reveal() == WORD
    assert catalogue.settings.smtp is not None
    assert catalogue.settings.smtp.password == Secret("env WORD", WORD)
    assert catalogue.keys[KeyId("k")].fits(WORD)


@pytest.mark.parametrize("text", [EDGES, EDGES.replace("${WORD}", WORD)])
def test_no_secret_is_shown_or_stored(tmp_path: Path, text: str) -> None:
    text = text.replace(f"https://hooks.example/{WORD}", "https://hooks.example/")  # no reference, no secret
    catalogue = loaded(tmp_path, SOUND + text, {"WORD": WORD})
    for shown in (repr(catalogue), str(catalogue), repr(channel(catalogue)), str(source(catalogue)), catalogue.text):
        assert WORD not in shown
    assert WORD not in "".join(f"{secret} {secret!r}" for secret in source(catalogue).authentication.secrets)


def test_a_new_secret_is_no_new_version(tmp_path: Path) -> None:
    one, other = (loaded(tmp_path, SOUND + EDGES, {"WORD": word}) for word in (WORD, "another-" + WORD))
    assert one.version == other.version


def test_problems_never_quote_a_secret(tmp_path: Path) -> None:
    broken = SOUND + EDGES.replace("scopes: [read]", "scopes: [rule]").replace(
        "kind: webhook, ", f"kind: {{}}, x: {WORD}, "
    )
    broken += f"  bad: {{key: [{WORD}], sha256: {WORD}, scopes: [read]}}\n"
    found = problems(tmp_path, broken, {"WORD": WORD})
    assert len(found) >= 3
    assert [str(problem) for problem in found if WORD in str(problem)] == []


def test_a_missing_variable_is_told_once_per_place(tmp_path: Path) -> None:
    found = problems(tmp_path, SOUND + EDGES)
    assert {problem.code for problem in found} >= {"environment"}
    assert all("WORD" in problem.message for problem in found if problem.code == "environment")


def test_a_default_stands_in_for_a_missing_variable(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND + EDGES.replace("${WORD}", "${WORD:-fallback-word-0123}"))
    assert source(catalogue).authentication.secrets[0].reveal() == "fallback-word-0123"


def test_an_empty_variable_is_no_secret(tmp_path: Path) -> None:
    assert set(codes(tmp_path, SOUND + EDGES, {"WORD": ""})) >= {"empty-secret"}


def test_an_escaped_reference_is_left_alone(tmp_path: Path) -> None:
    text = changed("customers: [Acme]", "customers: ['$${Acme}']")
    (names,) = (contract.customers for contract in loaded(tmp_path, text).rulebook.contracts.values())
    assert names == {"${Acme}"}


def test_secrets_from_files_lie_beside_the_catalogue_and_are_rotated_by_lines(tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{WORD}\nnew-{WORD}\n")
    text = EDGES.replace('{secret: "${WORD}"}', "{secrets_file: word}").replace('key: "${WORD}"', "key_file: word")
    catalogue = loaded(tmp_path, SOUND + text, {"WORD": WORD})
    assert [secret.reveal() for secret in source(catalogue).authentication.secrets] == [WORD, f"new-{WORD}"]
    (key,) = catalogue.keys.values()
    assert key.fits(WORD)
    assert not key.fits(f"new-{WORD}")
    assert WORD not in catalogue.text


@pytest.mark.parametrize(("content", "code"), [(None, "secret-file"), (b"", "empty-secret"), (b"\xff", "secret-file")])
def test_a_secret_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / "word").write_bytes(content)
    text = EDGES.replace('{secret: "${WORD}"}', "{secret_file: word}")
    assert code in codes(tmp_path, SOUND + text, {"WORD": WORD})


def test_two_secrets_while_one_replaces_the_other(tmp_path: Path) -> None:
    text = EDGES.replace('{secret: "${WORD}"}', '{secrets: ["${OLD}", "${WORD}"]}')
    catalogue = loaded(tmp_path, SOUND + text, {"WORD": WORD, "OLD": "old"})
    assert [secret.origin for secret in source(catalogue).authentication.secrets] == ["env OLD", "env WORD"]


def test_a_stored_catalogue_has_no_secrets_and_says_so(tmp_path: Path) -> None:
    stored = load_text(loaded(tmp_path, SOUND + EDGES, {"WORD": WORD}).text)
    secret = source(stored).authentication.secrets[0]
    assert not secret.available
    with pytest.raises(LookupError, match="load the catalogue's files"):
        secret.reveal()
    assert stored.keys == {}
    assert channel(stored).url == "https://hooks.example/${WORD}"


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", WORD)
    file = written(tmp_path, SOUND + EDGES)
    assert [problem.code for problem in check_files(file)] == []
    assert source(load_catalogue(file)).authentication.secrets[0].reveal() == WORD
