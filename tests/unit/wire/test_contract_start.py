"""From when a version of a contract applies that does not say so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sla_platform.wire.contract import applies_from, first_day

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 31, 23, tzinfo=UTC)  # of 1 February in Warsaw


@pytest.mark.parametrize(
    ("section", "first", "since"),
    [
        ({"zone": "Europe/Warsaw", "valid": {"from": "2027-02-01"}}, MIDNIGHT, MIDNIGHT),
        ({"zone": "Europe/Warsaw", "valid": {"from": "2026-11-23"}}, datetime(2026, 11, 22, 23, tzinfo=UTC), NOW),
        ({"zone": "Europe/Warsaw", "valid": {"to": "2027-02-01"}}, None, NOW),
        ({"zone": "Europe/Warsaw"}, None, NOW),
        ({"valid": {"from": "2027-02-01"}}, None, NOW),
        ({"zone": "Europe/Atlantis", "valid": {"from": "2027-02-01"}}, None, NOW),
        ({"zone": "Europe/Warsaw", "valid": {"from": "tomorrow"}}, None, NOW),
        ({"zone": "Europe/Warsaw", "valid": "always"}, None, NOW),
    ],
)
def test_a_version_waits_for_the_first_day_of_its_contract(
    section: dict[str, Any], first: datetime | None, since: datetime
) -> None:
    assert (first_day(section), applies_from(section, NOW)) == (first, since)
