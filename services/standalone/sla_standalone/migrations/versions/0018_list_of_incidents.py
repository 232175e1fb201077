"""The list of incidents, open and ended, with its numbers by month

Incidents that are stored already are entered in the list by the board while it runs.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sla_standalone.migrations import column

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("''")
    op.add_column("board_incident", sa.Column("ticket", sa.Text(), server_default=empty, nullable=False))
    op.add_column("board_incident", sa.Column("ended_at", column.INSTANT, nullable=True))
    op.create_table(
        "board_listed",
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("counts_at", column.INSTANT, nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("opened_at", column.INSTANT, nullable=True),
        sa.Column("ended_at", column.INSTANT, nullable=True),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("left_at", column.INSTANT, nullable=True),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("exempt", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    _create_text_index()
    rest = ["incident", "part", "verdict", "phase", "priority"]
    op.create_index("ix_board_listed_at", "board_listed", ["counts_at", *rest])
    op.create_index("ix_board_listed_contract", "board_listed", ["contract", "counts_at", *rest])
    op.create_index("ix_board_listed_customer", "board_listed", ["customer", "counts_at", "incident"])
    op.create_index("ix_board_listed_product", "board_listed", ["product", "counts_at", "incident"])
    op.create_index("ix_board_listed_verdict", "board_listed", ["verdict", "counts_at", "incident"])
    op.create_index("ix_board_listed_folded", "board_listed", ["folded"])
    op.create_index("ux_board_listed_row", "board_listed", ["incident", "contract", "part"], unique=True)
    whole = sa.text("part < 2")
    op.create_index(
        "ux_board_listed_incident",
        "board_listed",
        ["incident"],
        unique=True,
        postgresql_where=whole,
        sqlite_where=whole,
    )
    op.create_table(
        "board_listed_clock",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("clock", column.CLOCK_KEY, nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("counts_at", column.INSTANT, nullable=False),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("stopped_at", column.INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("incident", "contract", "part", "clock"),
    )
    for name, columns in (
        ("at", ["metric", "counts_at", *rest]),
        ("contract", ["contract", "metric", "counts_at", "incident"]),
        ("customer", ["customer", "metric", "counts_at", "incident"]),
        ("product", ["product", "metric", "counts_at", "incident"]),
        ("verdict", ["metric", "verdict", "counts_at", "incident"]),
    ):
        op.create_index(f"ix_board_listed_clock_{name}", "board_listed_clock", columns)
    op.create_table(
        "board_listed_count",
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "metric", "part", "contract", "customer", "product", "month", "priority", "phase", "verdict"
        ),
    )
    for name in ("contract", "customer", "product"):
        op.create_index(f"ix_board_listed_count_{name}", "board_listed_count", [name, "metric"])
    op.create_table(
        "board_listing",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("after", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    # The list has its row only while there is something to enter.
    op.execute(
        "INSERT INTO board_listing (id, after) SELECT 1, ''"
        " WHERE EXISTS (SELECT 1 FROM board_incident) OR EXISTS (SELECT 1 FROM board_clock)"
    )


def downgrade() -> None:
    op.drop_table("board_listing")
    op.drop_table("board_listed_count")
    op.drop_table("board_listed_clock")
    if not column.on_postgres() and "board_listed_text" in sa.inspect(op.get_bind()).get_table_names():
        op.drop_table("board_listed_text")
    op.drop_table("board_listed")
    op.drop_column("board_incident", "ended_at")
    op.drop_column("board_incident", "ticket")


def _create_text_index() -> None:
    """Where the database can have one: every search finds the same without it."""
    if column.on_postgres():
        op.execute("""DO $$ BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            CREATE INDEX ix_board_listed_search ON board_listed USING gin (search gin_trgm_ops);
        EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
            RAISE NOTICE 'no index of texts: %', SQLERRM;
        END $$""")
        return
    try:
        op.execute("""CREATE VIRTUAL TABLE board_listed_text USING fts5
            (search, content='board_listed', content_rowid='position', tokenize='trigram', detail='full')""")
    except sa.exc.OperationalError as error:
        if "no such module" not in str(error) and "no such tokenizer" not in str(error):
            raise
        return
    op.execute("""CREATE TRIGGER board_listed_text_come AFTER INSERT ON board_listed BEGIN
        INSERT INTO board_listed_text (rowid, search) VALUES (new.position, new.search); END""")
    op.execute("""CREATE TRIGGER board_listed_text_gone AFTER DELETE ON board_listed BEGIN
        INSERT INTO board_listed_text (board_listed_text, rowid, search)
        VALUES ('delete', old.position, old.search); END""")
