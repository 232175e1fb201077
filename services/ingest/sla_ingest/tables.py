"""Ingest's tables: deliveries (inbox), the events they became, notices, and the log that other services read."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    text,
)

from sla_platform.audit.tables import audit_tables
from sla_platform.contracts.table import ContractTables
from sla_platform.store.cursor import cursor_table
from sla_platform.store.log import log_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.tombstone import tombstone_table
from sla_platform.store.types import Instant

metadata = MetaData()

log = log_table(metadata, "ingest")
audit = audit_tables(metadata, "ingest")
quarantine = quarantine_table(metadata, "ingest")
tombstone = tombstone_table(metadata, "ingest")
cursor = cursor_table(metadata, "ingest")

# Every authentic delivery, raw. `id` is a digest of source and delivery: the key that makes a delivery unique for as
# long as its row is kept (see retention.py). `answer` is what the sender was told, so that a second delivery is told
# the same.
inbox = Table(
    "ingest_inbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("delivery", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("answer", Text, nullable=False),
)
Index("ix_ingest_inbox_digest", inbox.c.digest)  # a signed body is known again under whatever id it comes
Index("ix_ingest_inbox_received", inbox.c.received_at)  # grows at its right end alone, which is cheap
# What is seen of a sender is read from this index alone: the bodies lie between the columns of a row.
Index("ix_ingest_inbox_sender", inbox.c.source, inbox.c.received_at, inbox.c.outcome)
_waiting = inbox.c.outcome.in_(["parked", "refused"])
Index("ix_ingest_inbox_waiting", inbox.c.received_at, inbox.c.id, sqlite_where=_waiting, postgresql_where=_waiting)
Index(
    "ix_ingest_inbox_waiting_sender", inbox.c.source, inbox.c.outcome, sqlite_where=_waiting, postgresql_where=_waiting
)


def waiting_rows() -> ColumnElement[bool]:
    """Return the condition that a delivery of the inbox was parked or refused, so that a person must look at it.

    The values are literals in the SQL, not parameters. Otherwise the database could not use the partial index of these
    rows.
    """
    return inbox.c.outcome.in_(bindparam("waiting", ("parked", "refused"), expanding=True, literal_execute=True))


# The deliveries of a source in an hour that is over, counted once (see heard/store.py): 28 days of them tell when a
# sender is silent for too long, and a busy sender has too many deliveries to be read each time.
heard = Table(
    "ingest_heard",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("ignored", Integer, nullable=False),
    Column("parked", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("replayed", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("longest_seconds", Float, nullable=False),
)

# The accepted events by incident: the promise is a fold over them, and the log is drained by the relay.
event = Table(
    "ingest_event",
    metadata,
    Column("incident", String(300), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("type", String(100), nullable=False),
    Column("time", Instant, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_ingest_event_time", "time", "incident"),
    sqlite_with_rowid=False,
)

# The other names of incidents. `moved`: `name` is `incident`, which is the end of the chain. `merged`: `name` was
# merged into `incident`, which may have been merged further; later events on it are copied there.
alias = Table(
    "ingest_alias",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("incident", String(300), primary_key=True),
    Column("since", Instant, nullable=False),
    Index("ix_ingest_alias_incident", "incident", "kind"),
)

notice = Table(
    "ingest_notice",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("answer", Text, nullable=False),
    Column("content", Text, nullable=False, server_default=text("''")),  # empty: of a release that did not keep it
)

# Revisions of a notice after the first one, which stands in `ingest_notice`.
notice_revision = Table(
    "ingest_notice_revision",
    metadata,
    Column("notice", String(120), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("answer", Text, nullable=False),
    Column("content", Text, nullable=False),
)

# The contracts' records, in the shape in which every service keeps them; here they are written first.
contract_records = ContractTables.of(metadata, "ingest")

# What lists show of a contract, of its newest version. `next_at`: when the next version takes effect.
contract_entry = Table(
    "ingest_contract_entry",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("title", String(300), nullable=False),
    Column("plan", String(120), nullable=False),
    Column("customers", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("next_at", Instant),
)
_ahead = contract_entry.c.next_at.is_not(None)
Index("ix_ingest_contract_entry_next", contract_entry.c.next_at, sqlite_where=_ahead, postgresql_where=_ahead)

# Every change of a contract, never removed: who, when, why, and of the record what the change wrote.
contract_change = Table(
    "ingest_contract_change",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("what", String(40), nullable=False),
    Column("data", Text, nullable=False),
)
