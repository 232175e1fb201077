"""What a session knows of one partition of one topic: records fetched, how far it has come, when to try again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile

from aiokafka import ConsumerRecord, TopicPartition

from sla_platform.backoff import Backoff
from sla_platform.bus.handing import StallDetector
from sla_platform.bus.interrupted import LaneCare
from sla_platform.bus.record import Watermark, read_record, says_watermark
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope

BATCH = 500


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A Kafka record that cannot be read as an event."""

    record: ConsumerRecord
    error: BadEnvelope
    """What is wrong with the record."""


@dataclass(frozen=True, slots=True)
class LaneUnit:
    """The next records of one Kafka partition, handled together: at most 500 events."""

    events: tuple[tuple[Envelope, ConsumerRecord], ...]
    """The events in order, each with its record."""
    unreadable: tuple[UnreadableRecord, ...]
    """The records that cannot be read as events."""
    through: datetime | None
    """The last watermark in the unit: all events accepted up to this instant were given. None means no watermark."""
    first: int
    """The offset of the first record."""
    records: int
    """The number of all records."""
    newest_ms: int
    """When the last record was written, in milliseconds since 1970."""


@dataclass(slots=True)
class PartitionLane:
    """The state of one partition of one topic while the partition is assigned to this process.

    The state is, for example, the records that are fetched but not handled, and the offsets handled and committed.
    """

    at: TopicPartition
    """The partition, with Kafka's name of the topic."""
    topic: Topic
    pulse: StallDetector
    """Detects whether the partition is stuck."""
    hand: deque[ConsumerRecord] = field(default_factory=deque)
    """The records fetched and not handled yet."""
    unit: LaneUnit | None = None
    """The records of `hand` that are being handled."""
    patience: Backoff = field(default_factory=Backoff)
    """The pauses after failures."""
    due: float = 0.0
    """The value of `time.monotonic()` before which nothing is handled."""
    done: int | None = None
    """The offset of the next record to handle. None if no record was handled yet."""
    committed: int | None = None
    """The last committed value of `done`. None if nothing was committed yet."""
    events_done: bool = False
    """Whether events were handled since the last commit. Watermarks alone do not matter."""
    newest_ms: int = 0
    """When the last handled record was written, in milliseconds since 1970. 0 if no record was handled."""
    through: datetime | None = None
    """The last watermark handled."""
    waiting: int = 0
    """The estimated number of unread records."""
    care: LaneCare | None = None
    """How carefully the records are handled in this run. None until the handler has the partition."""
    handled: int = 0
    """The number of records handled in this run."""

    @property
    def ready(self) -> bool:
        """Return whether fetched records can be handled now.

        The result is False if there are no fetched records, or during the pause after a failure.
        """
        return bool(self.hand) and time.monotonic() >= self.due

    @property
    def name(self) -> str:
        """Return the partition's name in the table of run marks (`RunMark`), such as `incidents/3`."""
        return f"{self.topic.value}/{self.at.partition}"

    def next_unit(self, records: int | None = None) -> LaneUnit:
        """Return the next records of the partition to handle, with at most 500 events.

        After a failure the same records are returned again. Call this only when `ready`.

        Args:
            records: The greatest number of records. None means that only the number of events is limited.
        """
        if self.unit is None:
            self.unit = _read(self.topic, self.hand if records is None else deque(islice(self.hand, records)))
        return self.unit

    @property
    def first_handled(self) -> bool:
        """Return whether this run has handled its first batch: 500 records, or all that were fetched."""
        return self.handled >= BATCH or not self.hand

    def harmless(self) -> int:
        """Return how many of the next fetched records need not be handled one by one after a crash.

        After a crash, events are handled one by one to find the event that causes the crash. Two kinds of records
        cannot be its cause: records before the event that was being handled, and watermarks.
        """
        held = None if self.care is None else self.care.held
        known = 0 if held is None else sum(1 for record in self.hand if record.offset < held)
        return known or sum(1 for _ in takewhile(lambda record: says_watermark(record.headers), self.hand))

    def finish_unit(self, unit: LaneUnit) -> None:
        """Note that the records of `unit` were handled, and remove them from the fetched records.

        The attribute `done` becomes the offset of the next record to handle.
        """
        for _ in range(unit.records):
            last = self.hand.popleft()
            self.done = last.offset + 1
        self.handled += unit.records
        self.events_done = self.events_done or bool(unit.events)
        self.newest_ms = unit.newest_ms
        self.through = unit.through or self.through
        self.waiting = max(self.waiting - unit.records, len(self.hand))
        self.unit = None
        self.due = 0.0
        self.patience.reset()
        self.pulse.note_handled()

    def retry_later(self) -> None:
        """Note that handling the records of `next_unit` failed. They are tried again after a pause.

        The pause is 0.1 s. It doubles with each failure up to 5 s.
        """
        self.pulse.note_waiting()
        self.due = time.monotonic() + self.patience.pause()

    def drop(self, pause: float) -> int | None:
        """Discard the fetched records, and handle nothing for some time.

        The result is the offset of the first discarded record, from which to fetch again. It is None if no record was
        discarded.

        Args:
            pause: The time in seconds.
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
