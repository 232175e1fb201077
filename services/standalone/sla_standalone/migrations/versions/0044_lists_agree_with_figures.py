"""The list of incidents by opening, end and due instant; its verdicts are those that attainment counts

The board writes the rows of stored incidents anew while it runs.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0040"
branch_labels = None
depends_on = None

_INDEXES = {"ix_board_listed_opened": "opened_at", "ix_board_listed_ended": "ended_at", "ix_board_listed_due": "due_at"}


def upgrade() -> None:
    for name, column in _INDEXES.items():
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "board_listed", ["contract", column], postgresql_where=known, sqlite_where=known)
    # Where the list is being filled already, it is filled from the beginning.
    op.execute("UPDATE board_listing SET after = ''")
    op.execute(
        "INSERT INTO board_listing (id, after) SELECT 1, ''"
        " WHERE EXISTS (SELECT 1 FROM board_listed) AND NOT EXISTS (SELECT 1 FROM board_listing)"
    )


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="board_listed")
