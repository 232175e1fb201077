"""The scripts of docs/connect/servicenow.md, of the business rule and the flow, write the fields that are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ingest.desk_bodies import servicenow
from tests.unit.ingest.made import translated
from tests.unit.ingest.test_same_story import SOURCES

from sla_catalogue.source import Dialect
from sla_domain.event import WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Ignored

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/connect/servicenow.md").read_text()
RULE, FLOW = re.findall(r"```javascript\n(.*?)```", PAGE, re.DOTALL)
SOURCE = (ROOT / "services/ingest/sla_ingest/dialect/servicenow.py").read_text()
REFERENCE = {"value": "", "display_value": ""}


def names(script: str, variable: str) -> list[str]:
    """The words of a list that a script begins with."""
    (listed,) = re.findall(rf"var {variable} = \[(.*?)\];", script, re.DOTALL)
    return re.findall(r"'(\w+)'", listed)


def record_of(script: str) -> dict[str, Any]:
    """A record as the script writes it: every field that it names, and nothing else."""
    written: dict[str, Any] = servicenow.body(state="3", hold_reason="1", sys_mod_count="4")["record"]
    fields = {name: written.get(name, "") for name in names(script, "FIELDS")}
    return {"sys_id": written["sys_id"], **fields, **{
        name: written.get(name, REFERENCE) for name in names(script, "PEOPLE")
    }}  # fmt: skip


@pytest.mark.parametrize("script", [RULE, FLOW], ids=["business rule", "flow"])
def test_every_field_of_a_record_that_is_read_is_written(script: str) -> None:
    read = set(re.findall(r'(?:record, |case, |record\.get\()"(\w+)"', SOURCE))
    read |= set(re.findall(r'\("\w+", "(\w+)"\)', SOURCE))  # attribute and field
    read |= {"resolved_at", "closed_at", "opened_at", "sys_created_on", "company", "business_service"}
    assert len(read) > 14, "the names are not read as they are written"
    assert read - record_of(script).keys() == set()
    assert servicenow.body()["record"].keys() - record_of(script).keys() == set()


def test_the_business_rule_writes_the_body_that_is_read() -> None:
    (body,) = re.findall(r"var body = \{(.*?)\n     \};", RULE, re.DOTALL)
    assert set(re.findall(r"^       (\w+): ", body, re.MULTILINE)) == servicenow.body().keys()
    actor = re.findall(r"actor: \{(.*?)\}", body, re.DOTALL)[0]
    assert set(re.findall(r"(\w+): ", actor)) == servicenow.BOB.keys()
    assert set(names(RULE, "WATCHED")) <= record_of(RULE).keys()


def test_both_scripts_write_the_same_record() -> None:
    for variable in ("FIELDS", "PEOPLE"):
        assert names(RULE, variable) == names(FLOW, variable)


def test_what_the_flow_sends_is_a_bare_record_that_shows_the_state() -> None:
    outcome = translated(record_of(FLOW), SOURCES[Dialect.SERVICENOW]).outcome
    assert isinstance(outcome, Ignored)
    assert outcome.observed is not None
    event = outcome.observed.event
    assert event.snapshot is not None
    assert (event.snapshot.phase, event.snapshot.waiting_on) == (Phase.WAITING, WaitingOn.CUSTOMER)
    assert event.snapshot.attributes["key"] == "INC0010001"
    assert (event.version, event.snapshot.version) == (4, 4)
