"""The board's own tables. No other service reads them. What is projected from the four topics can be rebuilt from
them; `board_plan_link` and the audit log cannot.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, SmallInteger, String, Table, Text, text
from sqlalchemy import event as event_of

from sla_board import text_index
from sla_platform.audit.tables import audit_tables
from sla_platform.contracts.table import ContractTables, contract_cursor_table
from sla_platform.store.alias import alias_table
from sla_platform.store.cursor import cursor_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.tombstone import tombstone_table
from sla_platform.store.types import BigId, ClockKey, Instant

metadata = MetaData()

# The service's copy of the contracts' records.
contract_records = ContractTables.of(metadata, "board")
contract_cursor = contract_cursor_table(metadata, "board")

cursor = cursor_table(metadata, "board")
audit = audit_tables(metadata, "board")
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
    Index("ix_board_clock_incident", "incident"),
    Index("ix_board_clock_open", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
)

_WHOLE = text("part < 2")

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
