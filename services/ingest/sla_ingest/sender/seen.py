"""The senders as the inbox shows them: durable, so that a silence that began before a restart is known after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_ingest.metrics import IngestMetrics
from sla_ingest.sender.silence import HISTORY, NOTHING_EXPECTED, ExpectedSilence, expected_silence
from sla_ingest.tables import inbox
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

MOST_READ = 2_000
REMARKED = 100
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSender:
    """What is seen of one source."""

    source: str
    dialect: str
    last_at: datetime | None
    """When its last delivery was received. None if the inbox has none."""
    day: Counter[str]
    """Outcome -> deliveries in the last 24 hours, at most those among the last `MOST_READ`."""
    waiting: int
    """Deliveries that are parked or refused, and wait for somebody."""
    remarks: Counter[str]
    """Code of a remark -> how often it was made on the last `REMARKED` deliveries."""
    lag: timedelta | None
    """The median time from an event to the receipt of its delivery, of these. None without events."""
    expected: ExpectedSilence

    def silent_at(self, now: datetime) -> bool:
        """Return whether the sender has been silent for longer than expected."""
        if self.last_at is None or self.expected.longest is None:
            return False
        return now - self.last_at > self.expected.longest


class SeenSenders:
    """Reads what the inbox shows of the catalogue's sources.

    Args:
        catalogue: Returns the catalogue in force.
    """

    def __init__(self, store: Store, catalogue: Callable[[], Catalogue], time_source: TimeSource) -> None:
        self._store = store
        self._catalogue = catalogue
        self._time_source = time_source

    def now(self) -> datetime:
        """Return the instant by which silences are measured."""
        return self._time_source.now()

    async def all(self) -> list[SeenSender]:
        """Return what is seen of every source of the catalogue, by id.

        Raises:
            StoreBusy: The database fails.
        """
        now = self.now()
        async with self._store.reading() as connection:
            return [
                await self._one(connection, source.id, source.dialect.value, now)
                for source in sorted(self._catalogue().sources.values(), key=lambda one: one.id)
            ]

    async def note(self, metrics: IngestMetrics) -> None:
        """Set the metrics of when each source was last heard, and how long it may be silent.

        A source that has sent nothing, or of which nothing is expected, has no such metric.
        """
        now = self.now()
        named = self._catalogue().sources
        async with self._store.reading() as connection:
            histories = {source: await _received(connection, source, now) for source in named}
        metrics.last_delivery.clear()
        metrics.expected_silence.clear()
        for source, rows in histories.items():
            if not rows:
                continue
            metrics.last_delivery.labels(source).set(rows[-1][0].timestamp())
            expected = expected_silence([at for at, _ in rows])
            if expected.longest is not None:
                metrics.expected_silence.labels(source).set(expected.longest.total_seconds())

    async def _one(self, connection: AsyncConnection, source: str, dialect: str, now: datetime) -> SeenSender:
        rows = await _received(connection, source, now)
        remarks, lag = await _told(connection, source)
        waiting = select(func.count()).where(inbox.c.source == source, inbox.c.outcome.in_(("parked", "refused")))
        return SeenSender(
            source=source,
            dialect=dialect,
            last_at=rows[-1][0] if rows else None,
            day=Counter(outcome for at, outcome in rows if now - at <= DAY),
            waiting=(await connection.execute(waiting)).scalar_one(),
            remarks=remarks,
            lag=lag,
            expected=expected_silence([at for at, _ in rows]) if rows else NOTHING_EXPECTED,
        )


async def _received(connection: AsyncConnection, source: str, now: datetime) -> list[tuple[datetime, str]]:
    """The source's last deliveries, the earliest first; the last one even if it is older than the history."""
    newest = (
        select(inbox.c.received_at, inbox.c.outcome)
        .where(inbox.c.source == source)
        .order_by(inbox.c.received_at.desc())
        .limit(MOST_READ)
    )
    rows = [(row.received_at, row.outcome) for row in (await connection.execute(newest)).all()]
    kept = [row for row in rows if now - row[0] <= HISTORY] or rows[:1]
    return list(reversed(kept))


async def _told(connection: AsyncConnection, source: str) -> tuple[Counter[str], timedelta | None]:
    """The remarks and the lag of the last deliveries, by what their sender was answered."""
    newest = (
        select(inbox.c.received_at, inbox.c.answer)
        .where(inbox.c.source == source)
        .order_by(inbox.c.received_at.desc())
        .limit(REMARKED)
    )
    remarks: Counter[str] = Counter()
    lags: list[timedelta] = []
    for received_at, answer in (await connection.execute(newest)).all():
        told = orjson.loads(answer) if answer else {}
        for one in (told, *told.get("events", ())):
            remarks.update(remark["code"] for remark in one.get("remarks", ()))
        lags += [received_at - datetime.fromisoformat(one["occurred_at"]) for one in told.get("events", ())]
    return remarks, median_low(lags) if lags else None
