"""What is longer than the columns it ends in is refused with its place, at one character over and not before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, written

from sla_catalogue import FindingLevel, check_files
from sla_catalogue.holiday.row import Horizon
from sla_domain import bounds

SOURCE = "sources:\n  desk:\n    dialect: cloudevents\n    authentication: {kind: none}\n"

# One of each kind: the catalogue with a name of so many characters, and the longest it may be.
NAMED = {
    "contract": (lambda name: changed("  acme:", f"  {name}:"), bounds.CONTRACT),
    "customer": (lambda name: changed("[Acme]", f"[{name}]"), bounds.CUSTOMER),
    "plan": (lambda name: SOUND.replace("gold", name), bounds.PLAN),
    "priority": (lambda name: SOUND.replace("P2", name), bounds.PRIORITY),
    "person of a contract": (lambda name: SOUND.replace("anna:", f"{name}:").replace("[anna]", f"[{name}]"),
                             bounds.PERSON),
    "person": (lambda name: f"{SOUND}people: {{{name}: {{name: Bo, email: b@example.com}}}}\n", bounds.PERSON),
    "metric": (lambda name: changed("    targets:", f"    metrics: {{{name}: {{like: resolution}}}}\n    targets:"),
               bounds.METRIC),
    "source": (lambda name: SOUND + SOURCE.replace("desk", name), bounds.SOURCE),
    "priority of a table": (lambda name: f"{SOUND}{SOURCE}    priorities: {{high: {name}}}\n", bounds.PRIORITY),
    "constant customer": (lambda name: f"{SOUND}{SOURCE}    customer: {name}\n", bounds.CUSTOMER),
    "translated customer": (lambda name: f"{SOUND}{SOURCE}    customer: {{field: a, values: {{x: {name}}}}}\n",
                            bounds.CUSTOMER),
    "key": (lambda name: f"{SOUND}keys: {{{name}: {{sha256: '{'0' * 64}', scopes: [read]}}}}\n", bounds.KEY),
    "channel": (lambda name: f"{SOUND}channels: {{{name}: {{kind: webhook, url: 'https://x.eu'}}}}\n", bounds.CHANNEL),
}  # fmt: skip


def errors(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    file = written(tmp_path, text)
    told = check_files(
        file, environment=environment or {}, horizon=Horizon(2026, 2026)
    )  # one year of holidays is quicker
    found = [one for one in told if one.severity is FindingLevel.ERROR]
    assert all(one.line and one.column for one in found), found
    return [one.code for one in found]


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_as_long_as_its_column_passes_and_one_character_more_does_not(tmp_path: Path, kind: str) -> None:
    named, longest = NAMED[kind]
    assert errors(tmp_path, named("𝒏" * longest)) == [], "characters are counted, not bytes"
    assert set(errors(tmp_path, named("n" * (longest + 1)))) == {"too-long"}


def test_a_plan_that_a_contract_changes_is_kept_under_a_name_that_must_fit_too(tmp_path: Path) -> None:
    own = "    coverages: {office: {hours: 24x7}}\n    people:"
    text = changed("    people:", own).replace("gold", "g" * 100).replace("acme:", "a" * 30 + ":")
    assert errors(tmp_path, text) == ["too-long"]
    assert errors(tmp_path, text.replace("g" * 100, "g" * 89)) == []


def test_an_id_with_a_line_break_is_refused(tmp_path: Path) -> None:
    assert "control-character" in errors(tmp_path, changed("[Acme]", '["Ac\\nme"]'))


def test_what_the_environment_gives_is_judged_too(tmp_path: Path) -> None:
    text = changed("[Acme]", '["${CUSTOMER}"]')
    for given in ("A\x01b", "caf\udce9"):
        assert "control-character" in errors(tmp_path, text, {"CUSTOMER": given})
