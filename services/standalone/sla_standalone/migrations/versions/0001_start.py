"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ingest_event",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("time", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ingest_event_time", "ingest_event", ["time", "incident"], unique=False)
    op.create_table(
        "ingest_forgotten",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=False),
        sa.Column("late_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.create_index(
        "ix_ingest_forgotten_late",
        "ingest_forgotten",
        ["late_at"],
        unique=False,
        postgresql_where=sa.text("late_at IS NOT NULL"),
        sqlite_where=sa.text("late_at IS NOT NULL"),
    )
    op.create_table(
        "ingest_inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("delivery", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ingest_inbox_received", "ingest_inbox", ["received_at"], unique=False)
    op.create_index(
        "ix_ingest_inbox_waiting",
        "ingest_inbox",
        ["received_at", "id"],
        unique=False,
        sqlite_where=sa.text("outcome IN ('parked', 'refused')"),
        postgresql_where=sa.text("outcome IN ('parked', 'refused')"),
    )
    op.create_table(
        "ingest_log",
        sa.Column("txid", sa.BigInteger(), server_default=column.own_transaction(), nullable=False),
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("time", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id", name="uq_ingest_log_id"),
        sqlite_autoincrement=True,
    )
    column.set_storage("ingest_log", autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0)
    column.create_postgres_index("ix_ingest_log_order", "ingest_log", ["txid", "position"])
    op.create_table(
        "ingest_notice",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "timer_catalogue",
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("activated_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "timer_cursor",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )
    op.create_table(
        "timer_event",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", column.INSTANT, nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timer_event_incident", "timer_event", ["incident"], unique=False)
    op.create_table(
        "timer_forgotten",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=False),
        sa.Column("late_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.create_index(
        "ix_timer_forgotten_late",
        "timer_forgotten",
        ["late_at"],
        unique=False,
        postgresql_where=sa.text("late_at IS NOT NULL"),
        sqlite_where=sa.text("late_at IS NOT NULL"),
    )
    op.create_table(
        "timer_incident",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("catalogue", sa.String(length=80), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("plan", sa.String(length=120), nullable=False),
        sa.Column("customer", sa.String(length=300), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("opened_at", column.INSTANT, nullable=False),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timer_incident_contract", "timer_incident", ["contract"], unique=False)
    op.create_index(
        "ix_timer_incident_ended",
        "timer_incident",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("phase IN ('resolved', 'closed', 'cancelled', 'merged')"),
        sqlite_where=sa.text("phase IN ('resolved', 'closed', 'cancelled', 'merged')"),
    )
    op.create_index(
        "ix_timer_incident_open",
        "timer_incident",
        ["catalogue", "id"],
        unique=False,
        postgresql_where=sa.text("phase IN ('open', 'waiting')"),
        sqlite_where=sa.text("phase IN ('open', 'waiting')"),
    )
    op.create_table(
        "timer_log",
        sa.Column("txid", sa.BigInteger(), server_default=column.own_transaction(), nullable=False),
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("time", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id", name="uq_timer_log_id"),
        sqlite_autoincrement=True,
    )
    column.set_storage("timer_log", autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0)
    column.create_postgres_index("ix_timer_log_order", "timer_log", ["txid", "position"])
    op.create_table(
        "timer_partition",
        sa.Column("partition", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("partition"),
    )
    op.create_table(
        "timer_progress",
        sa.Column("partition", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("caught_up_through", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("partition"),
    )
    column.set_storage(
        "timer_progress", fillfactor=10, autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0
    )
    op.create_table(
        "timer_quarantine",
        sa.Column("clock_id", column.CLOCK_KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fire_at", column.INSTANT, nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", "kind"),
    )
    op.create_table(
        "timer_timer",
        sa.Column("clock_id", column.CLOCK_KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("fire_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", "kind"),
    )
    column.set_storage("timer_timer", autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0)
    op.create_index("ix_timer_timer_due", "timer_timer", ["partition", "fire_at"], unique=False)
    op.create_table(
        "timer_clock",
        sa.Column("id", column.CLOCK_KEY, nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("catalogue", sa.String(length=80), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("started_at", column.INSTANT, nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("original_due_at", column.INSTANT, nullable=True),
        sa.Column("stopped_at", column.INSTANT, nullable=True),
        sa.Column("breached_at", column.INSTANT, nullable=True),
        sa.Column("urgency", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("exempt", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("context", column.JSON_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["timer_incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    column.set_storage(
        "timer_clock", fillfactor=80, autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0
    )
    op.create_index("ix_timer_clock_incident", "timer_clock", ["incident"], unique=False)
    op.create_index(
        "ix_timer_clock_open",
        "timer_clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('running', 'paused')"),
        sqlite_where=sa.text("state IN ('running', 'paused')"),
    )
    op.create_table(
        "notifier_alert",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("incident", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("notice", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("metric", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("opened_at", column.INSTANT, nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("round", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("acknowledged_at", column.INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("acknowledged_via", sa.String(length=12), server_default=sa.text("''"), nullable=False),
        sa.Column("closed_at", column.INSTANT, nullable=True),
        sa.Column("close_reason", sa.String(length=30), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_alert_incident", "notifier_alert", ["incident"], unique=False)
    op.create_index("ix_notifier_alert_state", "notifier_alert", ["state", "opened_at"], unique=False)
    op.create_table(
        "notifier_attempt",
        sa.Column("delivery", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("finished_at", column.INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("failure", sa.String(length=30), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "number"),
    )
    op.create_table(
        "notifier_cursor",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )
    op.create_table(
        "notifier_delivery",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("occasion", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.String(length=200), nullable=False),
        sa.Column("then", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("alert", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("episode", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("incident", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("contract", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("notice", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("reason", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", column.INSTANT, nullable=False),
        sa.Column("lease", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("possibly_duplicate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failure", sa.String(length=30), server_default=sa.text("''"), nullable=False),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("follows", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("carried_by", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("html", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("payload", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", column.INSTANT, nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=False),
        sa.Column("finished_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_delivery_alert", "notifier_delivery", ["alert"], unique=False)
    op.create_index(
        "ix_notifier_delivery_carried",
        "notifier_delivery",
        ["carried_by"],
        unique=False,
        postgresql_where=sa.text("carried_by <> ''"),
        sqlite_where=sa.text("carried_by <> ''"),
    )
    op.create_index("ix_notifier_delivery_created", "notifier_delivery", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_notifier_delivery_due",
        "notifier_delivery",
        ["endpoint", "next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending', 'retrying') AND carried_by = ''"),
        sqlite_where=sa.text("state IN ('queued', 'sending', 'retrying') AND carried_by = ''"),
    )
    op.create_table(
        "notifier_endpoint",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "notifier_inbox",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_inbox_at", "notifier_inbox", ["at"], unique=False)
    op.create_table(
        "notifier_log",
        sa.Column("txid", sa.BigInteger(), server_default=column.own_transaction(), nullable=False),
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("time", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id", name="uq_notifier_log_id"),
        sqlite_autoincrement=True,
    )
    column.set_storage("notifier_log", autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0)
    column.create_postgres_index("ix_notifier_log_order", "notifier_log", ["txid", "position"])
    op.create_table(
        "notifier_step",
        sa.Column("alert", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("fire_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("alert", "round", "level"),
    )
    op.create_index("ix_notifier_step_due", "notifier_step", ["fire_at"], unique=False)
    op.create_table(
        "board_alert",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("alert", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("notice", sa.String(length=120), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_board_alert_alert", "board_alert", ["alert"], unique=False)
    op.create_index("ix_board_alert_incident", "board_alert", ["incident"], unique=False)
    op.create_index("ix_board_alert_notice", "board_alert", ["notice"], unique=False)
    op.create_table(
        "board_clock",
        sa.Column("id", column.CLOCK_KEY, nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("plan", sa.String(length=120), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("allowed", sa.String(length=80), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("warned", sa.String(length=40), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("started_at", column.INSTANT, nullable=True),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("due_seconds", sa.Float(), nullable=True),
        sa.Column("original_due_at", column.INSTANT, nullable=True),
        sa.Column("stopped_at", column.INSTANT, nullable=True),
        sa.Column("breached_at", column.INSTANT, nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_board_clock_incident", "board_clock", ["incident"], unique=False)
    op.create_index(
        "ix_board_clock_open",
        "board_clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("open"),
        sqlite_where=sa.text("open"),
    )
    op.create_table(
        "board_cursor",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )
    op.create_table(
        "board_delivery",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("notice", sa.String(length=120), nullable=False),
        sa.Column("alert", sa.String(length=200), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("recipient", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("possibly_duplicate", sa.Boolean(), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_board_delivery_incident", "board_delivery", ["incident"], unique=False)
    op.create_index("ix_board_delivery_notice", "board_delivery", ["notice"], unique=False)
    op.create_table(
        "board_event",
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("clock", column.CLOCK_KEY, nullable=True),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_board_event_clock", "board_event", ["clock"], unique=False)
    op.create_index("ix_board_event_incident", "board_event", ["incident", "topic"], unique=False)
    op.create_table(
        "board_forgotten",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=False),
        sa.Column("late_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.create_index(
        "ix_board_forgotten_late",
        "board_forgotten",
        ["late_at"],
        unique=False,
        postgresql_where=sa.text("late_at IS NOT NULL"),
        sqlite_where=sa.text("late_at IS NOT NULL"),
    )
    op.create_table(
        "board_inbox",
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("applied_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("topic", "id"),
    )
    op.create_index("ix_board_inbox_applied", "board_inbox", ["applied_at"], unique=False)
    op.create_table(
        "board_incident",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("opened_at", column.INSTANT, nullable=True),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_board_incident_ended",
        "board_incident",
        ["changed_at", "id"],
        unique=False,
        postgresql_where=sa.text("phase IN ('resolved', 'closed', 'cancelled', 'merged')"),
        sqlite_where=sa.text("phase IN ('resolved', 'closed', 'cancelled', 'merged')"),
    )
    op.create_table(
        "board_notice",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("published_at", column.INSTANT, nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_board_notice_published", "board_notice", ["published_at"], unique=False)


def downgrade() -> None:
    op.drop_table("board_notice")
    op.drop_table("board_incident")
    op.drop_table("board_inbox")
    op.drop_table("board_forgotten")
    op.drop_table("board_event")
    op.drop_table("board_delivery")
    op.drop_table("board_cursor")
    op.drop_table("board_clock")
    op.drop_table("board_alert")
    op.drop_table("notifier_step")
    op.drop_table("notifier_log")
    op.drop_table("notifier_inbox")
    op.drop_table("notifier_endpoint")
    op.drop_table("notifier_delivery")
    op.drop_table("notifier_cursor")
    op.drop_table("notifier_attempt")
    op.drop_table("notifier_alert")
    op.drop_table("timer_clock")
    op.drop_table("timer_timer")
    op.drop_table("timer_quarantine")
    op.drop_table("timer_progress")
    op.drop_table("timer_partition")
    op.drop_table("timer_log")
    op.drop_table("timer_incident")
    op.drop_table("timer_forgotten")
    op.drop_table("timer_event")
    op.drop_table("timer_cursor")
    op.drop_table("timer_catalogue")
    op.drop_table("ingest_notice")
    op.drop_table("ingest_log")
    op.drop_table("ingest_inbox")
    op.drop_table("ingest_forgotten")
    op.drop_table("ingest_event")
