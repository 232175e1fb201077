"""What a session knows of one partition of one topic: records in hand, how far it has come, when to try again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import ConsumerRecord, TopicPartition

from sla_platform.bus.handing import Backoff, StallDetector
from sla_platform.bus.record import Watermark, read_record
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope

BATCH = 500


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that is no event, and what is wrong with it."""

    record: ConsumerRecord
    error: BadEnvelope


@dataclass(frozen=True, slots=True)
class LaneUnit:
    """The next records of a lane: at most 500 events in order, and the last watermark among or after them."""

    events: tuple[tuple[Envelope, ConsumerRecord], ...]
    unreadable: tuple[UnreadableRecord, ...]
    through: datetime | None
    first: int  # offset of the first record
    records: int
    newest_ms: int  # the broker's timestamp of the last record


@dataclass(slots=True)
class PartitionLane:
    """One partition of one topic, from its assignment to its end."""

    at: TopicPartition
    topic: Topic
    pulse: StallDetector
    hand: deque[ConsumerRecord] = field(default_factory=deque)
    unit: LaneUnit | None = None
    patience: Backoff = field(default_factory=Backoff)
    due: float = 0.0  # monotonic; not before then
    done: int | None = None  # offset of the first record not handled
    committed: int | None = None
    events_done: bool = False  # events, not only watermarks, were handled since the last commit
    newest_ms: int = 0
    through: datetime | None = None
    waiting: int = 0  # unread records as of the last look at the end of the partition

    @property
    def ready(self) -> bool:
        """Return whether records are in hand and the pause after a failure is over."""
        return bool(self.hand) and time.monotonic() >= self.due

    def next_unit(self) -> LaneUnit:
        """Return the unit that was tried last, or the next one; the same batch is given again after a failure."""
        if self.unit is None:
            self.unit = _read(self.topic, self.hand)
        return self.unit

    def finished(self, unit: LaneUnit) -> None:
        """Drop the unit's records and note how far the partition was handled."""
        for _ in range(unit.records):
            last = self.hand.popleft()
            self.done = last.offset + 1
        self.events_done = self.events_done or bool(unit.events)
        self.newest_ms = unit.newest_ms
        self.through = unit.through or self.through
        self.waiting = max(self.waiting - unit.records, len(self.hand))
        self.unit = None
        self.due = 0.0
        self.patience.reset()
        self.pulse.moved()

    def later(self) -> None:
        """Try the unit again after a pause."""
        self.pulse.waiting()
        self.due = time.monotonic() + self.patience.pause()

    def drop(self, pause: float) -> int | None:
        """Drop the records in hand; return the offset to read from again."""
        start = self.hand[0].offset if self.hand else None
        self.hand.clear()
        self.unit = None
        self.due = time.monotonic() + pause
        return start


def _read(topic: Topic, hand: deque[ConsumerRecord]) -> LaneUnit:
    events: list[tuple[Envelope, ConsumerRecord]] = []
    unreadable: list[UnreadableRecord] = []
    through: datetime | None = None
    records = 0
    newest_ms = 0
    for record in _until_full(hand, events):
        records += 1
        newest_ms = record.timestamp
        try:
            said = read_record(topic, record.key, record.value, record.headers)
        except BadEnvelope as error:
            unreadable.append(UnreadableRecord(record, error))
            continue
        if isinstance(said, Watermark):
            through = said.through if through is None else max(through, said.through)
        else:
            events.append((said, record))
    return LaneUnit(tuple(events), tuple(unreadable), through, hand[0].offset, records, newest_ms)


def _until_full(hand: deque[ConsumerRecord], events: list[tuple[Envelope, ConsumerRecord]]) -> Iterator[ConsumerRecord]:
    for record in hand:
        if len(events) >= BATCH:
            return
        yield record
