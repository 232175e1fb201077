"""The board's own tables. No other service reads them. What is projected from the four topics can be rebuilt from
them; `board_breach_reason`, `board_plan_link` and the audit log cannot.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, SmallInteger, String, Table, Text, text
from sqlalchemy import event as event_of

from sla_board import text_index
from sla_platform.audit.tables import audit_tables
from sla_platform.contracts.table import ContractTables, contract_cursor_table
from sla_platform.store.alias import alias_table
from sla_platform.store.cursor import cursor_table
from sla_platform.store.log import log_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.tombstone import tombstone_table
from sla_platform.store.types import BigId, ClockKey, Instant

metadata = MetaData()

# The service's copy of the contracts' records.
contract_records = ContractTables.of(metadata, "board")
contract_cursor = contract_cursor_table(metadata, "board")

cursor = cursor_table(metadata, "board")
audit = audit_tables(metadata, "board")
log = log_table(metadata, "board")
quarantine = quarantine_table(metadata, "board")
tombstone = tombstone_table(metadata, "board")
alias = alias_table(metadata, "board")

inbox = Table(
    "board_inbox",
    metadata,
    Column("topic", String(32), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("applied_at", Instant, nullable=False),
    Index("ix_board_inbox_applied", "applied_at"),
)

# What reports read of all events of a period; spelt out as ENDED below.
VOICE = text("type IN ('io.slad.incident.escalated.v1', 'io.slad.incident.rated.v1')")

event = Table(
    "board_event",
    metadata,
    Column("position", BigId, primary_key=True, autoincrement=True),
    Column("topic", String(32), nullable=False),
    Column("id", String(200), nullable=False),
    Column("type", String(100), nullable=False),
    Column("incident", String(300), nullable=False),
    Column("clock", ClockKey),
    Column("at", Instant, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_board_event_incident", "incident", "topic"),
    Index("ix_board_event_clock", "clock"),
    Index("ix_board_event_voice", "at", postgresql_where=VOICE, sqlite_where=VOICE),
)

# Spelt out wherever it is asked, so that both planners see that the index serves.
ENDED = text("phase IN ('resolved', 'closed', 'cancelled', 'merged')")

incident = Table(
    "board_incident",
    metadata,
    Column("id", String(300), primary_key=True),
    Column("source", String(100), nullable=False),
    Column("ticket", Text, nullable=False, server_default=text("''")),  # the name people use
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("opened_at", Instant),
    Column("ended_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("attributes", Text, nullable=False),  # JSON object: the last value of each
    Column("search", Text, nullable=False),  # case-folded: SQLite folds ASCII alone
    Index("ix_board_incident_ended", "changed_at", "id", postgresql_where=ENDED, sqlite_where=ENDED),
)

# Of incidents that have been under several contracts or customers. The others need no row: their facts agree.
contract = Table(
    "board_contract",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("contract", String(120), nullable=False),  # the present one
    Column("customer", Text, nullable=False),  # for whom; another one on the incident is not judged yet
    Column("periods", Text, nullable=False),  # JSON array of all, the oldest first
    Column("at", Instant, nullable=False),  # when the timer noticed
    Column("rank", Integer, nullable=False),  # counts its words about this incident
)

# Published by the timer. It is copied to board_incident, where the phase of the board's own events differs.
phase = Table(
    "board_phase",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("phase", String(20), nullable=False),
    Column("at", Instant, nullable=False),  # when the timer noticed
    Column("rank", Integer, nullable=False),  # counts the events of this incident
)

_OPEN = text("open")
UNDECIDED = text("verdict = 'open'")
BREACHED = text("breached_at IS NOT NULL")

clock = Table(
    "board_clock",
    metadata,
    Column("id", ClockKey, primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("metric", String(60), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("contract", String(120), nullable=False),
    Column("plan", String(120), nullable=False),
    Column("customer", Text, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("allowed", String(80), nullable=False),
    Column("hours", Text, nullable=False, server_default=text("''")),  # in which it counts (sla_domain.hours)
    Column("left_seconds", Float),  # counted time left while paused
    Column("weight", Float, nullable=False),  # severity and plan rank; the queue multiplies it by the time left
    Column("state", String(12), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("why", Text, nullable=False),  # of a pause: waiting on whom
    Column("generation", Integer, nullable=False),
    Column("warned", String(40), nullable=False),  # the last threshold published for the generation in force
    Column("provisional", Boolean, nullable=False),
    Column("started_at", Instant),
    Column("due_at", Instant),
    Column("due_seconds", Float),  # the same since 1970, for arithmetic that is alike on both dialects
    Column("original_due_at", Instant),
    Column("stopped_at", Instant),
    Column("breached_at", Instant),
    Column("search", Text, nullable=False),
    # How attainment counts it (sla_domain.attainment.verdict): as of the decision, whatever came later.
    Column("verdict", String(8), nullable=False, server_default=text("'open'")),
    Column("decided_at", Instant),
    Column("decided_contract", String(120), nullable=False, server_default=text("''")),
    Column("decided_priority", String(60), nullable=False, server_default=text("''")),
    Column("entitlement", String(120), nullable=False, server_default=text("''")),
    Column("exempt", Text, nullable=False, server_default=text("''")),
    Column("exempt_by", Text, nullable=False, server_default=text("''")),
    Index("ix_board_clock_incident", "incident"),
    Index("ix_board_clock_decided", "decided_contract", "decided_at"),
    Index("ix_board_clock_undecided", "decided_contract", "due_at", postgresql_where=UNDECIDED, sqlite_where=UNDECIDED),
    Index("ix_board_clock_breached", "contract", "breached_at", "id", postgresql_where=BREACHED, sqlite_where=BREACHED),
    Index("ix_board_clock_breached_at", "breached_at", "id", postgresql_where=BREACHED, sqlite_where=BREACHED),
    Index("ix_board_clock_open", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
)

# How attainment counts an incident as a whole: once, by the clock that decided it.
request = Table(
    "board_request",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("decided_at", Instant),
    Column("due_at", Instant),
    Column("metric", String(60), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("entitlement", String(120), nullable=False),
    Column("priority", String(60), nullable=False),
    Column("exempt", Text, nullable=False),
    Column("exempt_by", Text, nullable=False),
    Index("ix_board_request_decided", "contract", "decided_at"),
    Index("ix_board_request_undecided", "contract", "due_at", postgresql_where=UNDECIDED, sqlite_where=UNDECIDED),
)
_WHOLE = text("part < 2")
_OPENED, _DUE = text("opened_at IS NOT NULL"), text("due_at IS NOT NULL")

# The list of incidents, one row for each as those see it who may see all contracts. An incident that has moved has
# further rows: one for each contract, as it stood there. `part` says which row is which (`sla_board.history.part`).
listed = Table(
    "board_listed",
    metadata,
    Column("position", BigId, primary_key=True, autoincrement=True),  # by which the index of texts knows it
    Column("incident", String(300), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("ticket", Text, nullable=False),  # the name people use
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("verdict", String(12), nullable=False),
    Column("counts_at", Instant, nullable=False),
    Column("assignee", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("zone", String(60), nullable=False),
    Column("opened_at", Instant),
    Column("ended_at", Instant),
    Column("due_at", Instant),  # the next one of its open clocks
    Column("left_at", Instant),  # when it left this contract
    Column("met", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("exempt", Integer, nullable=False),
    Column("folded", Text, nullable=False),  # the name people use, case-folded
    Column("search", Text, nullable=False),  # case-folded
    Index("ix_board_listed_at", "counts_at", "incident", "part", "verdict", "phase", "priority"),
    Index("ix_board_listed_contract", "contract", "counts_at", "incident", "part", "verdict", "phase", "priority"),
    Index("ix_board_listed_customer", "customer", "counts_at", "incident"),
    Index("ix_board_listed_product", "product", "counts_at", "incident"),
    Index("ix_board_listed_verdict", "verdict", "counts_at", "incident"),
    Index("ix_board_listed_folded", "folded"),
    Index("ix_board_listed_opened", "contract", "opened_at", postgresql_where=_OPENED, sqlite_where=_OPENED),
    Index("ix_board_listed_ended", "contract", "ended_at"),  # those that have not ended are found by it, too
    Index("ix_board_listed_due", "contract", "due_at", postgresql_where=_DUE, sqlite_where=_DUE),
    # Two boards that write one incident at once notice it by this: each incident has one row for all contracts.
    Index("ux_board_listed_row", "incident", "contract", "part", unique=True),
    Index("ux_board_listed_incident", "incident", unique=True, postgresql_where=_WHOLE, sqlite_where=_WHOLE),
)

event_of.listen(listed, "after_create", text_index.create_text_index)
event_of.listen(listed, "before_drop", text_index.drop_text_index)

# The same for each clock, for lists of one metric; it repeats of its incident what these lists are filtered by.
listed_clock = Table(
    "board_listed_clock",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("contract", String(120), primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("clock", ClockKey, primary_key=True),
    Column("metric", String(60), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("customer", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("verdict", String(12), nullable=False),
    Column("counts_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("stopped_at", Instant),
    Index("ix_board_listed_clock_at", "metric", "counts_at", "incident", "part", "verdict", "phase", "priority"),
    Index("ix_board_listed_clock_contract", "contract", "metric", "counts_at", "incident"),
    Index("ix_board_listed_clock_customer", "customer", "metric", "counts_at", "incident"),
    Index("ix_board_listed_clock_product", "product", "metric", "counts_at", "incident"),
    Index("ix_board_listed_clock_verdict", "metric", "verdict", "counts_at", "incident"),
)

# How many rows the two tables above have by month, so that lists of millions are counted at once. Twice: by contract,
# customer and product, and with `part` -1 by product alone.
listed_count = Table(
    "board_listed_count",
    metadata,
    Column("metric", String(60), primary_key=True),  # empty: of incidents
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("contract", String(120), primary_key=True),
    Column("customer", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("month", Integer, primary_key=True, autoincrement=False),  # since the year 0, in UTC
    Column("priority", String(60), primary_key=True),
    Column("phase", String(20), primary_key=True),
    Column("verdict", String(12), primary_key=True),
    Column("number", Integer, nullable=False),
    Index("ix_board_listed_count_contract", "contract", "metric"),
    Index("ix_board_listed_count_customer", "customer", "metric"),
    Index("ix_board_listed_count_product", "product", "metric"),
)

# Up to where incidents of an earlier release have been entered in the list; no row: there is nothing to enter.
listing = Table(
    "board_listing",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # always 1
    Column("after", String(300), nullable=False),  # the last incident entered
)

# Incidents whose breakdowns and pauses are to be computed anew, beside the consumer.
unfolded = Table(
    "board_unfolded",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("marked_at", Instant, nullable=False),
    Column("mark", String(16), nullable=False),  # another one at each change, so that none is lost meanwhile
    Index("ix_board_unfolded_marked", "marked_at"),
)

# Whose time it was: of an incident (`subject` is empty) and of each of its clocks, up to the incident's last event.
breakdown = Table(
    "board_breakdown",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("view", String(120), primary_key=True),  # empty: the whole; else what a key of this contract sees of it
    Column("subject", String(36), primary_key=True),  # empty, or the id of a clock
    Column("contract", String(120), nullable=False),
    Column("metric", String(60), nullable=False),  # empty: of the incident
    Column("cycle", Integer, nullable=False),
    Column("hours", Text, nullable=False),  # in which the clock counts (sla_domain.hours)
    Column("state", String(12), nullable=False),  # of the clock
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("parts", Text, nullable=False),  # JSON (sla_board.breakdown.stored)
    Column("going_on", Text, nullable=False),  # JSON of whose time passes since; empty once it has ended
    Column("summed", Boolean, nullable=False),  # in the sums of its contract
    Index(
        "ix_board_breakdown_summed",
        "contract",
        "ended_at",
        "incident",
        "subject",
        postgresql_where=text("summed"),
        sqlite_where=text("summed"),
    ),
)

# Pauses of clocks, with what an audit asks of each.
pause = Table(
    "board_pause",
    metadata,
    Column("clock", ClockKey, primary_key=True),
    Column("started_at", Instant, primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("contract", String(120), nullable=False),  # whose it was when the pause began
    Column("metric", String(60), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("hours", Text, nullable=False),
    Column("waiting_on", String(20), nullable=False),  # empty: on nobody
    Column("defect", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("ended_at", Instant),
    Column("wall_seconds", Float),  # null while it lasts, as the next
    Column("within_seconds", Float),  # within the clock's hours; null as well where they are not known
    Column("verdict", String(12), nullable=False),  # of a clock that ended in this pause: met, missed or cancelled
    Column("words", Integer, nullable=False),  # how often the customer spoke in a pause that waits on the customer
    Column("held", Text, nullable=False),  # JSON (sla_board.breakdown.stored): who had the incident when
    Index("ix_board_pause_started", "started_at", "clock"),
    Index("ix_board_pause_contract", "contract", "started_at", "clock"),
    Index("ix_board_pause_incident", "incident"),
)

# Changes of a contract's counts that the watch of objectives has not processed yet.
counted = Table(
    "board_counted",
    metadata,
    Column("position", BigId, primary_key=True, autoincrement=True),
    Column("contract", String(120), nullable=False),
    Column("incident", String(300), nullable=False),
    Column("earliest", Instant),  # of the instants by which it counts, or counted before; none: it is open
    Column("news", SmallInteger, nullable=False),  # sla_board.attainment.mark
    Index("ix_board_counted_contract", "contract", "position"),
    sqlite_autoincrement=True,
)

# How each objective stands in each period, as was published. Figures of ended periods change by amendments alone.
objective = Table(
    "board_objective",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("entitlement", String(120), primary_key=True),
    Column("objective", String(60), primary_key=True),
    Column("period", String(12), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("percent", String(12), nullable=False),
    Column("met", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("exempt", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    Column("standing", String(12), nullable=False),
    Column("told", String(30), nullable=False),
    Column("number", Integer, nullable=False),  # of what was told
    Column("changed_at", Instant, nullable=False),
    Column("closed_at", Instant),  # when the figure of the ended period was recorded
    Column("sealed", Boolean, nullable=False, server_default=text("false")),  # incidents of it were removed by age
    Index("ix_board_objective_ends", "ends_at"),
)

# The figures that an ended period has had: number 0 as it was when the period was closed, then each amendment.
amendment = Table(
    "board_amendment",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("entitlement", String(120), primary_key=True),
    Column("objective", String(60), primary_key=True),
    Column("period", String(12), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("met", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("exempt", Integer, nullable=False),
    Column("incident", String(300), nullable=False),  # by which it was amended
    Column("others", Integer, nullable=False),  # how many incidents besides
)

delivery = Table(
    "board_delivery",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("notice", String(120), nullable=False),
    Column("alert", String(200), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("recipient", String(120), nullable=False),
    Column("channel", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(40), nullable=False),
    Column("rank", SmallInteger, nullable=False),  # breaks ties of `at`: sent follows queued
    Column("attempts", Integer, nullable=False),
    Column("possibly_duplicate", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("error", Text, nullable=False),
    Column("held_until", Instant),  # while it waits for the end of the receiver's quiet hours
    Index("ix_board_delivery_incident", "incident"),
    Index("ix_board_delivery_notice", "notice"),
)

alert = Table(
    "board_alert",
    metadata,
    Column("id", String(200), primary_key=True),  # of the event: every step of every alert is kept
    Column("alert", String(200), nullable=False),
    Column("incident", String(300), nullable=False),
    Column("notice", String(120), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("what", String(40), nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_board_alert_incident", "incident"),
    Index("ix_board_alert_alert", "alert"),
    Index("ix_board_alert_notice", "notice"),
    Index("ix_board_alert_contract", "contract", "at"),
)

notice = Table(
    "board_notice",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", String(20), nullable=False),
    Column("link", Text, nullable=False),
    Column("products", Text, nullable=False),  # JSON array of {product, versions}
    Column("published_at", Instant, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("cause", String(20), nullable=False, server_default=text("''")),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),
    Column("reason", Text, nullable=False, server_default=text("''")),  # of the change or the withdrawal
    Index("ix_board_notice_published", "published_at"),
)

# Why promises were broken, as people said it: rows are added and never changed. No topic has them.
breach_reason = Table(
    "board_breach_reason",
    metadata,
    Column("number", BigId, primary_key=True, autoincrement=True),
    Column("clock", ClockKey, nullable=False),
    Column("incident", String(300), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("code", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_board_breach_reason_clock", "clock", "number"),
    Index("ix_board_breach_reason_incident", "incident"),
)

# Links to support plans, and who made and revoked them; the token of a link is known to whoever has the link alone.
plan_link = Table(
    "board_plan_link",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False),  # of the token
    Column("contract", String(120), nullable=False),
    Column("language", String(20), nullable=False),
    Column("reason", Text, nullable=False),  # why it was made
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", String(200), nullable=False, server_default=text("''")),
    Index("ix_board_plan_link_sha256", "sha256", unique=True),
    Index("ix_board_plan_link_contract", "contract", "made_at"),
    Index("ix_board_plan_link_expires", "expires_at"),
)

# Reports that were frozen: rows are added and never changed. No topic has them.
report = Table(
    "board_report",
    metadata,
    Column("number", BigId, primary_key=True, autoincrement=True),
    Column("contract", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("period", String(12), nullable=False),
    Column("until", Instant, nullable=False),  # the end of the period
    Column("revision", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the data
    Column("data", Text, nullable=False),  # canonical JSON (sla_board.report.canonical)
    Column("frozen_at", Instant, nullable=False),
    Column("frozen_by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_board_report_one", "contract", "kind", "period", "revision", unique=True),
    Index("ix_board_report_until", "contract", "until"),
)

# Of each schedule of reports the next period, and when it is due (sla_board.schedule.stored).
report_schedule = Table(
    "board_report_schedule",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("schedule", String(60), primary_key=True),
    Column("period", String(12), nullable=False),
    Column("due_at", Instant, nullable=False),
    Index("ix_board_report_schedule_due", "due_at"),
)
