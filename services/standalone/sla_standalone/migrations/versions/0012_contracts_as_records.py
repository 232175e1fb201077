"""Contracts as records: ingest's own, the other services' copies, and whose incidents are to be judged anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_domain.normal import normal
from sla_standalone.migrations import column

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OPEN = sa.text("phase IN ('open', 'waiting')")
_SERVICES = ("ingest", "timer", "notifier", "board")


def upgrade() -> None:
    for service in _SERVICES:
        op.create_table(
            f"{service}_contract_record",
            sa.Column("id", sa.String(length=120), nullable=False),
            sa.Column("revision", sa.Integer(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("names", sa.Text(), nullable=False),
            sa.Column("record", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        op.create_index(f"ix_{service}_contract_record_seq", f"{service}_contract_record", ["seq"])
        op.create_table(
            f"{service}_contract_seq",
            sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("last", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        if service != "ingest":
            op.create_table(
                f"{service}_contract_cursor",
                sa.Column("log", sa.String(length=64), nullable=False),
                sa.Column("cursor", sa.String(length=64), nullable=False),
                sa.PrimaryKeyConstraint("log"),
            )
    _of_ingest()
    _of_timer()


def _of_ingest() -> None:
    op.create_table(
        "ingest_contract_entry",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("plan", sa.String(length=120), nullable=False),
        sa.Column("customers", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("next_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    ahead = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_ingest_contract_entry_next",
        "ingest_contract_entry",
        ["next_at"],
        postgresql_where=ahead,
        sqlite_where=ahead,
    )
    op.create_table(
        "ingest_contract_change",
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contract", "revision"),
    )


def _of_timer() -> None:
    op.create_table(
        "timer_pin",
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("revisions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "timer_replan",
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("customers", sa.Text(), nullable=False),
        sa.Column("after", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("contract"),
    )
    empty = sa.text("''")
    op.add_column(
        "timer_incident", sa.Column("customer_key", sa.String(length=300), server_default=empty, nullable=False)
    )
    connection = op.get_bind()
    incident = sa.table("timer_incident", sa.column("customer"), sa.column("customer_key"))
    names = connection.execute(sa.select(incident.c.customer).distinct().where(incident.c.customer != "")).scalars()
    for name in list(names):
        connection.execute(
            sa.update(incident).where(incident.c.customer == name).values(customer_key=normal(name)[:300])
        )
    op.create_index(
        "ix_timer_incident_customer",
        "timer_incident",
        ["customer_key", "id"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_timer_incident_customer", "timer_incident")
    op.drop_column("timer_incident", "customer_key")
    for table in ("timer_replan", "timer_pin", "ingest_contract_change", "ingest_contract_entry"):
        op.drop_table(table)
    for service in _SERVICES:
        if service != "ingest":
            op.drop_table(f"{service}_contract_cursor")
        op.drop_table(f"{service}_contract_seq")
        op.drop_table(f"{service}_contract_record")
