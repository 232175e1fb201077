"""The names under which one incident goes on, and merges whose words are heard on the survivor"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KNOWN = """
INSERT INTO ingest_alias (name, kind, incident, since)
SELECT incident, 'merged', {survivor}, min(time) FROM ingest_event
WHERE type = 'io.slad.incident.merged.v1' AND {survivor} IS NOT NULL AND {survivor} <> incident
GROUP BY incident, {survivor}
"""


def upgrade() -> None:
    op.create_table(
        "ingest_alias",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("since", column.INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", "kind", "incident"),
    )
    op.create_index("ix_ingest_alias_incident", "ingest_alias", ["incident", "kind"])
    for service in ("timer", "board"):
        op.create_table(
            f"{service}_alias",
            sa.Column("name", sa.String(length=300), nullable=False),
            sa.Column("incident", sa.String(length=300), nullable=False),
            sa.PrimaryKeyConstraint("name"),
        )
        op.create_index(f"ix_{service}_alias_incident", f"{service}_alias", ["incident"])
    # What is said on a ticket that was merged before this release is heard on its survivor from now on.
    postgres = op.get_bind().dialect.name == "postgresql"
    survivor = "(CAST(data AS json) ->> 'merged_into')" if postgres else "json_extract(data, '$.merged_into')"
    op.execute(_KNOWN.format(survivor=survivor))


def downgrade() -> None:
    for service in ("timer", "board", "ingest"):
        op.drop_table(f"{service}_alias")
