"""What a session knows of one partition of one topic: records fetched, how far it has come, when to try again."""

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
    """A Kafka record that cannot be read as an event. `error`: what is wrong with it."""

    record: ConsumerRecord
    error: BadEnvelope


@dataclass(frozen=True, slots=True)
class LaneUnit:
    """The next records of one Kafka partition, handled together: at most 500 events.

    - `events`: the events in order, each with its record.
    - `unreadable`: the records that cannot be read as events.
    - `through`: the last watermark in the unit (all events accepted up to this instant were given); None: no watermark.
    - `first`: the offset of the first record.
    - `records`: the number of all records.
    - `newest_ms`: when the last record was written, in milliseconds since 1970.
    """

    events: tuple[tuple[Envelope, ConsumerRecord], ...]
    unreadable: tuple[UnreadableRecord, ...]
    through: datetime | None
    first: int  # offset of the first record
    records: int
    newest_ms: int  # the broker's timestamp of the last record


@dataclass(slots=True)
class PartitionLane:
    """The state of one partition of one topic while the partition is assigned to this process.

    - `at`: the partition, with Kafka's name of the topic.
    - `pulse`: detects whether the partition is stuck.
    - `hand`: the records fetched and not handled yet.
    - `unit`: the records of `hand` that are being handled.
    - `patience`: the pauses after failures.
    - `due`: nothing is handled before this value of `time.monotonic()`.
    - `done`: the offset of the next record to handle; None: no record was handled yet.
    - `committed`: the last committed value of `done`; None: nothing was committed yet.
    - `events_done`: whether events were handled since the last commit; watermarks alone do not matter.
    - `newest_ms`: when the last handled record was written, in milliseconds since 1970; 0: none was handled.
    - `through`: the last watermark handled.
    - `waiting`: the estimated number of unread records.
    """

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
        """Return whether fetched records can be handled now.

        False if there are no fetched records, or during the pause after a failure.
        """
        return bool(self.hand) and time.monotonic() >= self.due

    def next_unit(self) -> LaneUnit:
        """Return the next records of the partition to handle, with at most 500 events.

        After a failure the same records are returned again. Call this only when `ready`.
        """
        if self.unit is None:
            self.unit = _read(self.topic, self.hand)
        return self.unit

    def finish_unit(self, unit: LaneUnit) -> None:
        """Forget the records of a handled unit, and set `done` to the offset after them."""
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
        self.pulse.note_handled()

    def retry_later(self) -> None:
        """Note that handling `unit` failed, so that its records are tried again after a pause.

        The pause is 0.1 s. It doubles with each failure up to 5 s.
        """
        self.pulse.note_waiting()
        self.due = time.monotonic() + self.patience.pause()

    def drop(self, pause: float) -> int | None:
        """Forget the fetched records, and handle nothing for `pause` seconds.

        Returns the offset of the first forgotten record, from which to fetch again; None if no record was forgotten.
        """
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
            decoded = read_record(topic, record.key, record.value, record.headers)
        except BadEnvelope as error:
            unreadable.append(UnreadableRecord(record, error))
            continue
        if isinstance(decoded, Watermark):
            through = decoded.through if through is None else max(through, decoded.through)
        else:
            events.append((decoded, record))
    return LaneUnit(tuple(events), tuple(unreadable), through, hand[0].offset, records, newest_ms)


def _until_full(hand: deque[ConsumerRecord], events: list[tuple[Envelope, ConsumerRecord]]) -> Iterator[ConsumerRecord]:
    for record in hand:
        if len(events) >= BATCH:
            return
        yield record
