"""The tables of an installation, which no service owns: the keys that were made, and who did what to them.

`platform_key` is the one table that every process reads and no service writes
(docs/decisions/0037-who-did-what-and-keys.md).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, MetaData, String, Table

from sla_domain import bounds
from sla_platform.apikey.key import NAME
from sla_platform.audit.tables import ACTOR, audit_tables
from sla_platform.store.types import Instant

SCOPES = 80

metadata = MetaData()

audit = audit_tables(metadata, "platform")

key = Table(
    "platform_key",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # the place of key.made in platform_audit
    Column("name", String(NAME), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("scopes", String(SCOPES), nullable=False),  # divided by spaces
    Column("contract", String(bounds.CONTRACT)),
    Column("expires", Date),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(ACTOR), nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", String(ACTOR), nullable=False),
    Column("changed", BigInteger, nullable=False),  # the place of the last act on it: grows in the order of the commits
    Index("ix_platform_key_changed", "changed"),
)
