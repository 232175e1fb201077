"""How spans and instants are written in English and for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla_domain.rfc3339 import rfc3339, rfc3339_or_none
from sla_domain.target_text import elapsed_text, span_text

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "target", "elapsed"),
    [
        (0, "0s", "0s"),
        (40, "40s", "40s"),
        (7500, "2h 5m", "2h 5m"),
        (86_400, "24h", "1d"),
        (93_900, "26h 5m", "1d 2h 5m"),
        (59.6, "59s", "1m"),
    ],
)
def test_a_target_is_written_without_days_and_what_has_passed_with_days(
    seconds: float, target: str, elapsed: str
) -> None:
    span = timedelta(seconds=seconds)
    assert (span_text(span), elapsed_text(span)) == (target, elapsed)


def test_an_instant_is_written_as_rfc_3339() -> None:
    assert rfc3339(NOON) == "2026-11-10T12:00:00Z"
    assert rfc3339(NOON, "milliseconds") == "2026-11-10T12:00:00.000Z"
    assert rfc3339(NOON.astimezone(ZoneInfo("Europe/Warsaw"))) == "2026-11-10T13:00:00+01:00"
    assert rfc3339_or_none(NOON, "seconds") == "2026-11-10T12:00:00Z"
    assert rfc3339_or_none(None) is None
