"""The senders as the inbox shows them. The state is durable, so a silence that began before a restart is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_ingest.heard import HISTORY, HeardHour, count_hours, heard_hours, hours_of, outcomes_since
from sla_ingest.intake import no_such_source
from sla_ingest.metrics import IngestMetrics
from sla_ingest.sender.deliveries import KeptDelivery, deliveries_of
from sla_ingest.sender.silence import NOTHING_EXPECTED, ExpectedSilence, SilenceBasis, expected_silence
from sla_ingest.tables import inbox, waiting_rows
from sla_ingest.unproven import BadProofCounter, BadProofs
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

REMARKED = 100
OWN_READ = 200
"""Deliveries of a source among which those of one contract are looked for: their answers must be read."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSender:
    """What the inbox shows of one source (ticketing system): its last delivery, counts and remarks."""

    source: str
    dialect: str
    last_at: datetime | None
    """When its last delivery was received. None if the inbox has none."""
    day: Counter[str] | None
    """Outcome -> deliveries in the last 24 hours. None if only later ones were read, for one contract."""
    waiting: int | None
    """The number of parked or refused deliveries. None for one contract, as it is not known whose they are."""
    remarks: Counter[str]
    """Code of a remark -> how often it was made on the last `REMARKED` deliveries."""
    lag: timedelta | None
    """The median time from an event to its receipt, over the last deliveries with events. None without events."""
    expected: ExpectedSilence
    """How long the source may be silent after its last delivery."""
    unproven: BadProofs | None
    """Deliveries whose proof was bad, as this process has counted them. None for one contract: they are nobody's."""

    def silent_at(self, now: datetime) -> bool:
        """Return whether, at `now`, the last delivery is longer ago than expected; False if nothing is expected."""
        if self.last_at is None or self.expected.longest is None:
            return False
        return now - self.last_at > self.expected.longest


class SeenSenders:
    """Reads the state of each source of the catalogue from the inbox (the table of deliveries).

    Args:
        catalogue: Returns the catalogue in force.
        unproven: Counts deliveries with a bad proof, in this process.
    """

    def __init__(
        self, store: Store, catalogue: Callable[[], Catalogue], time_source: TimeSource, unproven: BadProofCounter
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._time_source = time_source
        self._unproven = unproven

    @property
    def unproven_since(self) -> datetime:
        """Return since when this process counts deliveries with a bad proof."""
        return self._unproven.since

    def now(self) -> datetime:
        """Return the present instant, up to which the time since a source's last delivery is measured."""
        return self._time_source.now()

    async def all(self) -> list[SeenSender]:
        """Return a SeenSender for each source of the catalogue, sorted by id.

        Raises:
            StoreBusy: The database fails.
        """
        now = self.now()
        async with self._store.reading() as connection:
            return [
                await self._one(connection, source.id, source.dialect.value, now)
                for source in sorted(self._catalogue().sources.values(), key=lambda one: one.id)
            ]

    async def of_contract(self, contract: str) -> list[SeenSender]:
        """Return a SeenSender for each source that has sent deliveries for a contract, sorted by id.

        Only the last `OWN_READ` deliveries of each source are read. A delivery is for the contract if slad's response
        to it named the contract.

        Raises:
            StoreBusy: The database fails.
        """
        now = self.now()
        found = []
        async with self._store.reading() as connection:
            for source in sorted(self._catalogue().sources.values(), key=lambda one: one.id):
                read = await _answers(connection, source.id, OWN_READ)
                reaching = read[-1].received_at if len(read) == OWN_READ else None
                if rows := [row for row in read if row.contract == contract]:
                    found.append(_own(source.id, source.dialect.value, rows, now, reaching))
        return found

    async def deliveries(self, source: str, most: int) -> list[KeptDelivery]:
        """Return the last `most` deliveries of a source, the newest first.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 if the catalogue has no such source.
        """
        if source not in self._catalogue().sources:
            raise no_such_source(source)
        return await deliveries_of(self._store, source, most)

    async def count(self) -> None:
        """Count the deliveries of the hours that are over, for each source.

        Call this repeatedly: each call adds the hours that have ended since. The counts show how long a source is
        usually silent.

        Raises:
            StoreBusy: The database fails. The next call continues where this one stopped.
        """
        now = self.now()
        for source in self._catalogue().sources:
            await count_hours(self._store, source, now)

    async def note(self, metrics: IngestMetrics) -> None:
        """Set the Prometheus metrics of each source: the time of its last delivery, and how long it may be silent.

        A source that has sent nothing gets no metrics. A source with too few deliveries gets only the metric of its
        last delivery.
        """
        now = self.now()
        found = {}
        async with self._store.reading() as connection:
            for source in self._catalogue().sources:
                if (last := await _last(connection, source)) is not None:
                    found[source] = last, _expected(await heard_hours(connection, source, now), last)
        metrics.last_delivery.clear()
        metrics.expected_silence.clear()
        for source, (last, expected) in found.items():
            metrics.last_delivery.labels(source).set(last.timestamp())
            if expected.longest is not None:
                metrics.expected_silence.labels(source).set(expected.longest.total_seconds())

    async def _one(self, connection: AsyncConnection, source: str, dialect: str, now: datetime) -> SeenSender:
        last = await _last(connection, source)
        hours = await heard_hours(connection, source, now)
        told = await _answers(connection, source, REMARKED)
        waiting = select(func.count()).select_from(inbox).where(inbox.c.source == source, waiting_rows())
        return SeenSender(
            source=source,
            dialect=dialect,
            last_at=last,
            day=await outcomes_since(connection, source, hours, now - DAY, now),
            waiting=(await connection.execute(waiting)).scalar_one(),
            remarks=_remarks(told),
            lag=_lag(told),
            expected=NOTHING_EXPECTED if last is None else _expected(hours, last),
            unproven=self._unproven.of(source, now),
        )


@dataclass(frozen=True, slots=True)
class _Answered:
    """A delivery by what its sender was answered."""

    received_at: datetime
    outcome: str
    contract: str
    """The contract that the answer named; "" if it named none."""
    remarks: tuple[str, ...]
    """Codes."""
    lags: tuple[timedelta, ...]
    """Of each event, the time to its receipt."""


def _own(source: str, dialect: str, rows: Sequence[_Answered], now: datetime, reaching: datetime | None) -> SeenSender:
    """What is seen of a source through its deliveries for one contract; `rows`: the newest first, at least one.

    `reaching`: how far back the deliveries go that were read; None if all were read.
    """
    day = now - DAY
    last = rows[0].received_at
    kept = [(row.received_at, row.outcome) for row in reversed(rows) if now - row.received_at <= HISTORY]
    expected = expected_silence(hours_of(kept), last)
    if expected.longest is None and reaching is not None:
        expected = ExpectedSilence(None, SilenceBasis.TOO_FEW_READ)
    return SeenSender(
        source=source,
        dialect=dialect,
        last_at=last,
        day=None if reaching is not None and reaching > day else _day(rows, day),
        waiting=None,
        remarks=_remarks(rows[:REMARKED]),
        lag=_lag(rows[:REMARKED]),
        expected=expected,
        unproven=None,
    )


def _day(rows: Sequence[_Answered], since: datetime) -> Counter[str]:
    return Counter(row.outcome for row in rows if row.received_at >= since)


def _expected(hours: Sequence[HeardHour], last: datetime) -> ExpectedSilence:
    return expected_silence(hours, last) if hours else NOTHING_EXPECTED


async def _last(connection: AsyncConnection, source: str) -> datetime | None:
    """When the source's last delivery was received."""
    newest = select(func.max(inbox.c.received_at)).where(inbox.c.source == source)
    last: datetime | None = (await connection.execute(newest)).scalar_one_or_none()
    return last


async def _answers(connection: AsyncConnection, source: str, most: int) -> list[_Answered]:
    """The source's last deliveries by what their sender was answered, the newest first."""
    newest = (
        select(inbox.c.received_at, inbox.c.outcome, inbox.c.answer)
        .where(inbox.c.source == source)
        .order_by(inbox.c.received_at.desc())
        .limit(most)
    )
    return [_answered(*row) for row in (await connection.execute(newest)).all()]


def _answered(received_at: datetime, outcome: str, answer: str) -> _Answered:
    told = orjson.loads(answer) if answer else {}
    events = told.get("events", ())
    return _Answered(
        received_at,
        outcome,
        contract=(told.get("promise") or {}).get("contract", ""),
        remarks=tuple(remark["code"] for one in (told, *events) for remark in one.get("remarks", ())),
        lags=tuple(received_at - datetime.fromisoformat(one["occurred_at"]) for one in events),
    )


def _remarks(rows: Sequence[_Answered]) -> Counter[str]:
    return Counter(code for row in rows for code in row.remarks)


def _lag(rows: Sequence[_Answered]) -> timedelta | None:
    return median_low(lags) if (lags := [lag for row in rows for lag in row.lags]) else None
