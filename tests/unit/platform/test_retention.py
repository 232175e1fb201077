"""How long things are kept: what the setting may be, and who forgets first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError
from structlog.testing import capture_logs

from sla_platform.errors import StoreBusy
from sla_platform.retention import Removed, Retention, RetentionLoop, RetentionOrder, ServiceSweeps
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime

NOW = datetime(2027, 12, 31, tzinfo=UTC)


def test_thirteen_months_unless_said_otherwise() -> None:
    assert Retention.of(Settings()).horizon(NOW, RetentionOrder.TOLD) == NOW - timedelta(days=400)


def test_who_was_told_is_forgotten_first_and_the_picture_last() -> None:
    kept = Retention.of(Settings(retention_days=30))
    assert [(NOW - (kept.horizon(NOW, turn) or NOW)).days for turn in RetentionOrder] == [30, 37, 44]
    long = Retention.of(Settings(retention_days=40, kafka_retention_hours=10 * 24))
    assert [(NOW - (long.horizon(NOW, turn) or NOW)).days for turn in RetentionOrder] == [40, 50, 60]


def test_zero_keeps_for_ever() -> None:
    assert Retention.of(Settings(retention_days=0)).horizon(NOW, RetentionOrder.TOLD) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"retention_days": 29}, "0 .keep for ever. or at least 30"),
        ({"retention_days": -1}, "0 .keep for ever. or at least 30"),
        ({"retention_days": 30, "kafka_retention_hours": 720}, "longer than SLAD_KAFKA_RETENTION_HOURS=720"),
    ],
)
def test_what_could_be_delivered_again_must_still_be_known(values: dict[str, int], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**values)  # type: ignore[arg-type]


def test_the_shortest_that_makes_sense_is_taken() -> None:
    assert Settings(retention_days=30, kafka_retention_hours=719).retention_days == 30


async def test_a_round_counts_and_tells_what_went_also_when_it_was_cut_short() -> None:
    async def steps(horizon: datetime) -> AsyncIterator[Removed]:
        yield {"rows": 2}
        yield {"rows": 3, "others": 1}
        raise StoreBusy

    counter = Counter("removed", "Rows.", ["table"], registry=CollectorRegistry())
    keeping = ServiceSweeps("timer", RetentionOrder.TOLD, (steps,), counter)
    with capture_logs() as said, pytest.raises(StoreBusy):
        await RetentionLoop(Retention(timedelta(days=30)), SystemTime(), (keeping,)).once(between=0)
    assert (counter.labels("rows")._value.get(), counter.labels("others")._value.get()) == (5, 1)
    (line,) = said
    assert (line["event"], line["service"]) == ("retention.removed", "timer")
    assert line["rows"] == {"rows": 5, "others": 1}
