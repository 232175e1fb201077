"""Deliveries are found by their incident"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ABOUT_ONE = sa.text("incident <> ''")


def upgrade() -> None:
    op.create_index(
        "ix_notifier_delivery_incident",
        "notifier_delivery",
        ["incident", "created_at"],
        sqlite_where=_ABOUT_ONE,
        postgresql_where=_ABOUT_ONE,
    )


def downgrade() -> None:
    op.drop_index("ix_notifier_delivery_incident", table_name="notifier_delivery")
