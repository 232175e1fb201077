"""An open clock as a row of the list: everything the template needs, and nothing that changes as time passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zlib import crc32

from sla_board.shown import word
from sla_board.shown.alert import ShownAlert
from sla_board.shown.bucket import Bucket, bucket_of
from sla_board.shown.count import Countdown, countdown_of
from sla_board.shown.filter import ClockCondition
from sla_board.shown.hours import HoursAt
from sla_domain.clock import ClockState
from sla_domain.ticket_key import ticket_key
from sla_domain.urgency import score_of_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A clock as a row of a page: its values, and the texts and links computed from them."""

    id: str
    incident: str
    ticket: str  # the name people use
    title: str
    """The title of the ticket."""
    link: str
    """The link to the ticket. "" if a browser must not follow it."""
    customer: str
    contract: str
    """The contract's name in the catalogue."""
    plan: str
    """The plan's name in the catalogue."""
    priority: str
    """The priority's name in the catalogue."""
    metric: str
    """The metric's name in the catalogue."""
    cycle: int
    """The clock's number, from 0, among the incident's clocks of this metric."""
    allowed: str
    """The target in words."""
    weight: float
    """The part of the urgency that does not depend on the time."""
    bucket: Bucket
    """How soon the clock is due."""
    condition: ClockCondition
    """The state, for the filter."""
    word: word.StateWord
    """The state, for the page."""
    why: str
    """The reason of a pause."""
    answer: str
    """Whether the alert about the breach is acknowledged, and by whom. "" without an alert."""
    provisional: bool
    """Whether the breach may still be taken back."""
    state: ClockState
    due_at: datetime | None
    """The due instant. None while paused."""
    breached_at: datetime | None
    started_at: datetime | None
    zone: str
    """The time zone in which instants are shown."""
    warned: str
    """The threshold of the last warning, such as `75 %`. "" without a warning, or if `word` shows the threshold."""
    outside: bool
    """Whether the clock runs while its hours are closed."""
    opens_at: datetime | None
    """When the hours open again."""
    count: Countdown | None
    """The values for the browser's countdown of the time left. None means no countdown."""

    @property
    def element(self) -> str:
        """Return the id of the row's HTML element: `c-` and the clock's id."""
        return f"c-{self.id}"

    @property
    def mark(self) -> str:
        """Return a checksum of the row's values, 8 hex digits.

        A row whose checksum is unchanged is not rendered again.
        """
        return format(crc32(repr(self).encode()), "08x")

    def urgency(self, now: datetime) -> float:
        """Return how urgent the clock is at `now`, from 0 to 200; higher is more urgent.

        `sla_domain.urgency` computes the number from priority, plan and time left.
        """
        return round(score_of_weight(self.weight, None if self.due_at is None else self.due_at - now), 3)

    def place(self, now: datetime) -> tuple[float, bool, float, str, int]:
        """Return the sort key of an open clock on its incident's page, as of `now`.

        The order is: the most urgent first; the first due first, clocks without a due instant last; by metric; by
        `cycle`, the clock's number among the clocks of the metric.
        """
        due = 0.0 if self.due_at is None else self.due_at.timestamp()
        return -self.urgency(now), self.due_at is None, due, self.metric, self.cycle

    @property
    def page(self) -> str:
        """Return the path of the incident's page, such as `/incidents/jira:OPS-7`."""
        return incident_path(self.incident)

    @property
    def note(self) -> str:
        """Return the small text next to the clock's state, such as the reason of a pause; "" for no text."""
        notes = (
            self.answer,
            self.why,
            self._outside,
            f"warned {self.warned}" if self.warned else "",
            "provisional" if self.provisional else "",
        )
        return ", ".join(note for note in notes if note)

    @property
    def _outside(self) -> str:
        until = f"until {word.local_text_without_zone(self.opens_at, self.zone)}" if self.opens_at is not None else ""
        if not self.outside or self.condition is ClockCondition.OUTSIDE:
            return until
        return f"outside hours {until}".strip()


def row_of(record: Any, hours: HoursAt, alert: ShownAlert | None = None) -> ClockRow:
    """Return a clock as a row of a page.

    Args:
        record: The clock's row of the table `board_clock`, or of `Queue.rows`.
        hours: Finds the clock's hours, and gives the present instant.
        alert: The alert about the clock's breach. None without an alert.
    """
    now, look = hours.now, hours.look(record.contract, record.hours)
    state = ClockState(record.state)
    # Of an incident that moved, to the key of its present contract: without the words of the one before.
    moved = getattr(record, "moved_contract", None)
    breached = record.breached_at is not None
    overdue = state is ClockState.RUNNING and record.due_at is not None and record.due_at <= now
    outside = state is ClockState.RUNNING and not look.around.open
    still = outside and not overdue
    return ClockRow(
        id=str(record.id),
        incident=record.incident,
        ticket=getattr(record, "known_ticket", None) or ticket_key(record.incident, record.url),
        title=getattr(record, "known_title", None) or record.title or record.incident,
        link=word.web_link(getattr(record, "known_url", None) or record.url),
        customer=record.customer if moved is None else record.moved_customer,
        contract=moved or record.contract,
        plan=record.plan if moved in (None, record.contract) else "",
        priority=record.priority,
        metric=record.metric,
        cycle=record.cycle,
        allowed=record.allowed,
        weight=record.weight,
        bucket=bucket_of(
            now=now,
            breached=breached,
            paused=state is ClockState.PAUSED,
            due_at=record.due_at,
            zone=record.zone,
            open_=look.around.open,
            soon=look.reach.soon,
            hour=look.reach.hour,
        ),
        condition=word.condition_of(state=state, breached=breached, warned=record.warned, outside=still),
        word=word.word_of(state=state, breached=breached, warned=record.warned, overdue=overdue, outside=still),
        why=record.why if moved is None else "",
        answer=alert.word if alert is not None else "",
        provisional=record.provisional,
        state=state,
        due_at=record.due_at,
        breached_at=record.breached_at,
        started_at=record.started_at,
        zone=record.zone,
        warned=word.threshold_text(record.warned) if record.warned and state.open and (breached or outside) else "",
        outside=outside,
        opens_at=look.around.opens if outside else None,
        count=countdown_of(record, state, look, now),
    )


def incident_path(incident: str) -> str:
    """Return the path of an incident's page: `/incidents/jira:OPS-7`, with special characters escaped."""
    return f"/incidents/{quote(incident, safe=':')}"


def ack_path(alert: str) -> str:
    """Return the path in the notifier's API that acknowledges an alert: `/v1/alerts/<id>/ack`.

    Args:
        alert: The alert's id.
    """
    return f"/v1/alerts/{quote(alert, safe='')}/ack"


def explain_path(incident: str) -> str:
    """Return the path in the timer's API that explains the clocks of an incident.

    The path is `/v1/incidents/<incident>/explain`.
    """
    return f"/v1/incidents/{quote(incident, safe=':')}/explain"
