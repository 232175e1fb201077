"""Audit logs, one a service and one of the installation, and the keys that are made"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
OWNERS = ("platform", "ingest", "timer", "notifier", "board")


def upgrade() -> None:
    for owner in OWNERS:
        _create_audit_log(owner)
    op.create_table(
        "platform_key",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=80), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("made_at", column.INSTANT, nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", column.INSTANT, nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_platform_key_changed", "platform_key", ["changed"])


def _create_audit_log(owner: str) -> None:
    op.create_table(
        f"{owner}_audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("after", sa.String(length=64), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(f"ix_{owner}_audit_at", f"{owner}_audit", ["at"])
    op.create_index(f"ix_{owner}_audit_contract", f"{owner}_audit", ["contract", "seq"])
    op.create_index(f"ix_{owner}_audit_object", f"{owner}_audit", ["object", "seq"])
    op.create_table(
        f"{owner}_audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("platform_key")
    for owner in OWNERS:
        op.drop_table(f"{owner}_audit_head")
        op.drop_table(f"{owner}_audit")
