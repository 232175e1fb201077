"""Revisions of notices, who was told of them, and who has registered for them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")
_OF_A_NOTICE = sa.text("notice <> ''")


def upgrade() -> None:
    op.add_column("ingest_notice", sa.Column("content", sa.Text(), server_default=_EMPTY, nullable=False))
    op.create_table(
        "ingest_notice_revision",
        sa.Column("notice", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", column.INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "revision"),
    )
    for table in ("notifier_alert", "notifier_delivery"):
        op.create_index(
            f"ix_{table}_notice", table, ["notice"], postgresql_where=_OF_A_NOTICE, sqlite_where=_OF_A_NOTICE
        )
    _notices()
    _told()
    _registrations()
    for name, kind, default in (
        ("revision", sa.Integer(), sa.text("1")),
        ("cause", sa.String(length=20), _EMPTY),
        ("withdrawn", sa.Boolean(), sa.text("false")),
        ("reason", sa.Text(), _EMPTY),
    ):
        op.add_column("board_notice", sa.Column(name, kind, server_default=default, nullable=False))


def _notices() -> None:
    op.create_table(
        "notifier_notice",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("published_at", column.INSTANT, nullable=False),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifier_notice_changed", "notifier_notice", ["changed_at"])
    # A notice of the release before stands in the alerts that it opened.
    op.execute(
        "INSERT INTO notifier_notice (id, revision, content, withdrawn, published_at, changed_at) "
        "SELECT notice, 1, content, false, coalesce(due_at, opened_at), opened_at FROM notifier_alert AS a "
        "WHERE kind = 'fix' AND id = (SELECT min(b.id) FROM notifier_alert AS b "
        "WHERE b.kind = 'fix' AND b.notice = a.notice)"
    )


def _told() -> None:
    op.create_table(
        "notifier_notice_told",
        sa.Column("notice", sa.String(length=120), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("occasion", sa.String(length=260), nullable=False),
        sa.Column("told_as", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Boolean(), nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("notice", "contract", "person"),
    )
    # Who was told by the release before, by the first message to each.
    op.execute(
        "INSERT INTO notifier_notice_told "
        "(notice, contract, person, occasion, told_as, kind, revision, staff, at) "
        "SELECT notice, contract, person, min(occasion), person, 'fix', 1, true, min(created_at) "
        "FROM notifier_delivery WHERE kind = 'fix' AND person <> '' AND state NOT IN ('cancelled', 'undeliverable') "
        "GROUP BY notice, contract, person"
    )


def _registrations() -> None:
    op.create_table(
        "notifier_registration",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("product_key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_at", column.INSTANT, nullable=False),
        sa.Column("requested_by", sa.String(length=200), server_default=_EMPTY, nullable=False),
        sa.Column("expires_at", column.INSTANT, nullable=False),
        sa.Column("confirmed_at", column.INSTANT, nullable=True),
        sa.Column("ended_at", column.INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(length=200), server_default=_EMPTY, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract", "address_key", "product_key", name="uq_notifier_registration_what"),
    )
    op.create_index("ix_notifier_registration_request", "notifier_registration", ["request"])
    op.create_index("ix_notifier_registration_person", "notifier_registration", ["person"])
    op.create_index("ix_notifier_registration_address", "notifier_registration", ["address_key"])
    op.create_table(
        "notifier_confirmation",
        sa.Column("of", sa.String(length=130), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("of", "day"),
    )


def downgrade() -> None:
    for name in ("reason", "withdrawn", "cause", "revision"):
        op.drop_column("board_notice", name)
    op.drop_table("notifier_confirmation")
    op.drop_table("notifier_registration")
    op.drop_table("notifier_notice_told")
    op.drop_table("notifier_notice")
    op.drop_index("ix_notifier_delivery_notice", "notifier_delivery")
    op.drop_index("ix_notifier_alert_notice", "notifier_alert")
    op.drop_table("ingest_notice_revision")
    op.drop_column("ingest_notice", "content")
