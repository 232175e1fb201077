"""Whose time it was, the pauses of clocks, and the reasons of breaches"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board_unfolded",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("marked_at", column.INSTANT, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.create_index("ix_board_unfolded_marked", "board_unfolded", ["marked_at"])
    op.create_table(
        "board_breakdown",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("view", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", column.INSTANT, nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=True),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("going_on", sa.Text(), nullable=False),
        sa.Column("summed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "view", "subject"),
    )
    op.create_index(
        "ix_board_breakdown_summed",
        "board_breakdown",
        ["contract", "ended_at", "incident", "subject"],
        postgresql_where=sa.text("summed"),
        sqlite_where=sa.text("summed"),
    )
    op.create_table(
        "board_pause",
        sa.Column("clock", column.CLOCK_KEY, nullable=False),
        sa.Column("started_at", column.INSTANT, nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("waiting_on", sa.String(length=20), nullable=False),
        sa.Column("defect", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("ended_at", column.INSTANT, nullable=True),
        sa.Column("wall_seconds", sa.Float(), nullable=True),
        sa.Column("within_seconds", sa.Float(), nullable=True),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("clock", "started_at"),
    )
    op.create_index("ix_board_pause_started", "board_pause", ["started_at", "clock"])
    op.create_index("ix_board_pause_contract", "board_pause", ["contract", "started_at", "clock"])
    op.create_index("ix_board_pause_incident", "board_pause", ["incident"])
    op.create_table(
        "board_breach_reason",
        sa.Column("number", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("clock", column.CLOCK_KEY, nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_board_breach_reason_clock", "board_breach_reason", ["clock", "number"])
    op.create_index("ix_board_breach_reason_incident", "board_breach_reason", ["incident"])
    breached = sa.text("breached_at IS NOT NULL")
    for name, columns in (
        ("ix_board_clock_breached", ["contract", "breached_at", "id"]),
        ("ix_board_clock_breached_at", ["breached_at", "id"]),
    ):
        op.create_index(name, "board_clock", columns, postgresql_where=breached, sqlite_where=breached)
    # Every incident that the board knows is read once more, beside everything else.
    op.execute(
        "INSERT INTO board_unfolded (incident, marked_at, mark) SELECT id, changed_at, 'migrated' FROM board_incident"
    )


def downgrade() -> None:
    op.drop_index("ix_board_clock_breached_at", "board_clock")
    op.drop_index("ix_board_clock_breached", "board_clock")
    op.drop_table("board_breach_reason")
    op.drop_table("board_pause")
    op.drop_table("board_breakdown")
    op.drop_table("board_unfolded")
