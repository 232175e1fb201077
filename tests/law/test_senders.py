"""What takes deliveries knows no sender by name: a new dialect or challenge is a line of a table."""

from __future__ import annotations

import re

import pytest
from tests.law.tree import FOLDERS

from sla_catalogue.authentication import Challenge
from sla_ingest.dialect import DIALECTS

OF_NO_SENDER = frozenset({"none", "cloudevents", "mapped"})
"""Names in these tables that are no sender's."""
NAMES = {str(name) for name in (*DIALECTS, *Challenge)} - OF_NO_SENDER
INGEST = FOLDERS["sla_ingest"] / "sla_ingest"


@pytest.mark.parametrize("module", ["intake.py", "entry.py", "commit.py", "inbox.py", "settle.py"])
def test_a_step_that_every_sender_takes_names_none(module: str) -> None:
    words = set(re.split(r"[^a-z]+", (INGEST / module).read_text().lower()))
    assert words & NAMES == set()


def test_the_names_are_looked_for() -> None:
    assert {"glpi", "slack", "intercom", "microsoft", "jira", "github"} <= NAMES
    words = set(re.split(r"[^a-z]+", (INGEST / "challenge.py").read_text().lower()))
    assert {"glpi", "slack", "intercom", "microsoft"} <= words
