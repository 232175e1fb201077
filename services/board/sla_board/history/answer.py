"""The list of incidents as JSON: its documented models, and a row as one of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sla_board.history.cursor import written_cursor
from sla_board.history.query import IncidentPage
from sla_board.shown.word import web_link
from sla_domain.rfc3339 import rfc3339


class ListedIncident(BaseModel):
    """A row of the list of incidents: an incident, or one of its clocks.

    Rows are clocks in a list of one metric, and in a list of counted clocks. In these lists `priority`, `verdict`,
    `counts_at` and `due_at` are those of the clock. In all other lists `metric`, `cycle`, `clock` and `stopped_at` are
    null. Ticket fields are "" if the ticket does not state them.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    id: str
    """The incident's id in slad."""
    ticket: str = Field(description="the name people use, such as SUP-77 or acme/shop#12")
    title: str
    url: str
    """Address of the ticket's page, only if http or https."""
    customer: str
    contract: str = Field(description="under which it stands; with `left_at`, under which it stood then")
    product: str
    priority: str
    state: str = Field(description="open, waiting, resolved, closed, cancelled, merged or unknown")
    verdict: str = Field(description="met, missed, open, exempt or none")
    counts_at: datetime = Field(
        description="the instant by which it is dated: missed, the due instant that passed; met, the stop; open, the "
        "due instant ahead; else its end or opening"
    )
    due_at: datetime | None = Field(description="the next due instant of its open clocks")
    opened_at: datetime | None
    """Null if unknown."""
    ended_at: datetime | None
    """Null if the incident has not ended, or its end is unknown."""
    left_at: datetime | None = Field(description="when it left this contract: all of this is as it stood then")
    assignee: str
    group: str
    zone: str = Field(description="the contract's time zone")
    met: int
    """How many of its clocks were met."""
    missed: int
    """How many of its clocks were missed."""
    open: int
    """How many of its clocks are not decided."""
    exempt: int
    """How many of its clocks are left out of the attainment."""
    entitlement: str | None
    """The entitlement (one of several plans) of the counted request or clock. Null in other lists."""
    metric: str | None
    cycle: int | None
    """The clock's number among the incident's clocks of this metric, from 0."""
    clock: str | None
    """Id of the clock."""
    stopped_at: datetime | None


class IncidentList(BaseModel):
    """A page of the list of incidents, the newest first, with counts of the whole list."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    total: int
    """How many rows match the filter."""
    at_least: bool = Field(
        description="there may be more than `total`: rows with a frequent text are not all counted, in no number here"
    )
    states: Mapping[str, int]
    """State -> number of rows, without the filter's choice of states."""
    verdicts: Mapping[str, int]
    """Verdict -> number of rows, without the filter's choice of verdicts."""
    incidents: tuple[ListedIncident, ...]
    next: str | None
    """Pass it as `cursor` to get the next page. Null on the last page."""
    since: datetime | None = Field(description="from where on rows are dated, as `period`, `from` and `zone` say")
    until: datetime | None = Field(description="before when rows are dated")
    zone: str = Field(description="in which `period`, `from` and `to` were read")
    filling: bool = Field(
        description="incidents of an earlier release are still being entered or renewed: rows and counts may change"
    )


def list_answer(page: IncidentPage) -> IncidentList:
    """Return a page of the list of incidents as its JSON model."""
    counts, shown = page.counts, page.shown
    return IncidentList(
        total=counts.total,
        at_least=counts.at_least,
        states=counts.states,
        verdicts={verdict.value: number for verdict, number in counts.verdicts.items()},
        incidents=tuple(ListedIncident(**row_values(row)) for row in page.rows),
        next=None if page.after is None else written_cursor(page.after, shown),
        since=shown.since,
        until=shown.until,
        zone=shown.zone,
        filling=page.filling,
    )


def row_values(row: Any) -> dict[str, Any]:
    """Return the fields of a `ListedIncident` for a row of `IncidentPage.rows`."""
    clock = getattr(row, "clock", None)
    return {
        "id": row.incident,
        "ticket": row.ticket,
        "title": row.title,
        "url": web_link(row.url),
        "customer": row.customer,
        "contract": row.contract,
        "product": row.product,
        "priority": row.priority,
        "state": row.phase,
        "verdict": row.verdict,
        "counts_at": row.counts_at,
        "due_at": row.due_at,
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
        "left_at": row.left_at,
        "assignee": row.assignee,
        "group": row.team,
        "zone": row.zone,
        "met": row.met,
        "missed": row.missed,
        "open": row.open,
        "exempt": row.exempt,
        "entitlement": getattr(row, "entitlement", None),
        "metric": None if clock is None else row.metric,
        "cycle": None if clock is None else row.cycle,
        "clock": None if clock is None else str(clock),
        "stopped_at": None if clock is None else row.stopped_at,
    }


def text_values(row: Any) -> dict[str, str | int]:
    """Return the fields of a `ListedIncident` as texts and numbers.

    Instants are given as RFC 3339, and null as "".

    Args:
        row: A row of `IncidentPage.rows`.
    """
    return {name: _as_text(value) for name, value in row_values(row).items()}


def _as_text(value: Any) -> str | int:
    if isinstance(value, datetime):
        return rfc3339(value)
    return "" if value is None else value
