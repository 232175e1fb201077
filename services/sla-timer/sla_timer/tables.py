"""The timer service's own tables; no other service reads them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from sla_platform.audit.tables import audit_tables
from sla_platform.contracts.table import ContractTables, contract_cursor_table
from sla_platform.store.alias import alias_table
from sla_platform.store.cursor import cursor_table
from sla_platform.store.log import log_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.tombstone import tombstone_table
from sla_platform.store.types import ClockKey, Instant, JsonText

metadata = MetaData()

log = log_table(metadata, "timer")
cursor = cursor_table(metadata, "timer")
contract_cursor = contract_cursor_table(metadata, "timer")
contract_records = ContractTables.of(metadata, "timer")
tombstone = tombstone_table(metadata, "timer")

# The other names of incidents, as their events tell them.
alias = alias_table(metadata, "timer")

_BUSY = {"autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_cost_delay": 0}

partition = Table(
    "timer_partition",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", String(120), nullable=False),
)

# Apart from timer_partition, whose rows are locked for as long as a unit of work takes.
progress = Table(
    "timer_progress",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("caught_up_through", Instant, nullable=False),
    info={"postgresql_with": {"fillfactor": 10, **_BUSY}},
)

event = Table(
    "timer_event",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("type", String(100), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("data", Text, nullable=False),
    # In the order in which an incident's events are paged through.
    Index("ix_timer_event_incident", "incident", "occurred_at", "id"),
)

# Events of incidents that have too many: kept as they came, and not folded (see sla_domain.fold.bound).
surplus = Table(
    "timer_surplus",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("type", String(100), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_timer_surplus_incident", "incident"),
)

# Spelt out wherever it is asked, so that both planners see that the index serves.
ENDED = text("phase IN ('resolved', 'closed', 'cancelled', 'merged')")

# Events that wait until their incident is folded again, beside the consumer (see sla_timer.apply.deferred).
deferred = Table(
    "timer_deferred",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("type", String(100), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_timer_deferred_incident", "incident", "received_at", "id"),
)

incident = Table(
    "timer_incident",
    metadata,
    Column("id", String(300), primary_key=True),
    Column("partition", SmallInteger, nullable=False),
    Column("catalogue", String(80), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("plan", String(120), nullable=False),
    Column("customer", String(300), nullable=False),
    Column("customer_key", String(300), nullable=False, server_default=text("''")),  # as names are compared
    Column("priority", String(60), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("told", Text, nullable=False, server_default=text("''")),  # incident-level facts told: keys
    Column("events", Integer, nullable=False, server_default=text("0")),  # of it in timer_event
    Column("surplus", Integer, nullable=False, server_default=text("0")),  # of it in timer_surplus
    Column("deferred", Integer, nullable=False, server_default=text("0")),  # of it in timer_deferred
    Index("ix_timer_incident_contract", "contract"),
    Index(
        "ix_timer_incident_customer",
        "customer_key",
        "id",
        postgresql_where=text("phase IN ('open', 'waiting')"),
        sqlite_where=text("phase IN ('open', 'waiting')"),
    ),
    Index(
        "ix_timer_incident_open",
        "catalogue",
        "id",
        postgresql_where=text("phase IN ('open', 'waiting')"),
        sqlite_where=text("phase IN ('open', 'waiting')"),
    ),
    # By the opening, which stays as it is: an index on the last change would cost every event an entry.
    Index("ix_timer_incident_ended", "opened_at", "id", postgresql_where=ENDED, sqlite_where=ENDED),
)

clock = Table(
    "timer_clock",
    metadata,
    Column("id", ClockKey, primary_key=True),
    Column("incident", String(300), ForeignKey("timer_incident.id"), nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("catalogue", String(80), nullable=False),  # the version it is judged by; a closed clock keeps its own
    Column("contract", String(120), nullable=False),
    Column("metric", String(60), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("priority", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("original_due_at", Instant),
    Column("stopped_at", Instant),
    Column("breached_at", Instant),
    Column("urgency", Float, nullable=False, server_default=text("0")),
    Column("weight", Float),  # of the urgency, without the time; NULL in rows of an older release
    Column("exempt", Text, nullable=False, server_default=text("''")),
    Column("told", Text, nullable=False, server_default=text("''")),  # see sla_domain.published_text
    Column("context", JsonText, nullable=False),  # what every fact of this clock carries
    Index("ix_timer_clock_incident", "incident"),
    Index(
        "ix_timer_clock_open",
        "due_at",
        postgresql_where=text("state IN ('running', 'paused')"),
        sqlite_where=text("state IN ('running', 'paused')"),
    ),
    info={"postgresql_with": {"fillfactor": 80, **_BUSY}},
)

timer = Table(
    "timer_timer",
    metadata,
    Column("clock_id", ClockKey, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("fire_at", Instant, nullable=False),
    # Of an instant that had passed already when its events were applied: not fired before everything accepted up to
    # then has been applied too, since the rest of the same request may say how it ended.
    Column("ripe_at", Instant),
    Index("ix_timer_timer_due", "partition", "fire_at"),
    info={"postgresql_with": _BUSY},
)

# `clock_id` of a row that the tick could not fire; the self-audit leaves its clock alone.
audit = audit_tables(metadata, "timer")
quarantine = quarantine_table(metadata, "timer", Column("clock_id", ClockKey))
Index("ix_timer_quarantine_clock", quarantine.c.clock_id)

catalogue = Table(
    "timer_catalogue",
    metadata,
    Column("version", String(80), primary_key=True),
    Column("content", Text, nullable=False),
    Column("activated_at", Instant, nullable=False),
)

# Under which revisions of recorded contracts a version judges (`sla_domain.rulebook.joined_version`).
pin = Table(
    "timer_pin",
    metadata,
    Column("version", String(80), primary_key=True),
    Column("revisions", Text, nullable=False),
)

# Contracts whose open incidents are to be judged anew, and how far that has come.
replan = Table(
    "timer_replan",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("customers", Text, nullable=False),  # normal names, as a JSON list
    Column("after", String(300), nullable=False),  # the last incident that was judged
)
