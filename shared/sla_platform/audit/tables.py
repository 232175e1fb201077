"""The two tables of an audit log: `<service>_audit`, the rows, and `<service>_audit_head`, how far it has come."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, MetaData, SmallInteger, String, Table, Text

from sla_domain import bounds
from sla_platform.store.types import Instant

ACTOR = 200
ACT = 60
OBJECT = 300
DIGEST = 64


@dataclass(frozen=True, slots=True)
class AuditTables:
    """The two database tables of one service's audit log: the acts, and the number and hash of the last act."""

    service: str
    rows: Table
    """A row for each act."""
    head: Table
    """A row with the number and hash of the last act. Writers lock it."""


def audit_tables(metadata: MetaData, service: str) -> AuditTables:
    """Declare and return the two tables of a service's audit log, in `metadata`.

    They are `<service>_audit` and `<service>_audit_head`. Writers number the rows (`seq`) in the order of their
    commits. Nothing is ever updated or deleted in `<service>_audit`.
    """
    rows = Table(
        f"{service}_audit",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("at", Instant, nullable=False),
        Column("actor", String(ACTOR), nullable=False),
        Column("act", String(ACT), nullable=False),
        Column("object", String(OBJECT), nullable=False),
        Column("contract", String(bounds.CONTRACT), nullable=False),
        Column("reason", Text, nullable=False),
        Column("before", String(DIGEST), nullable=False),
        Column("after", String(DIGEST), nullable=False),
        Column("details", Text, nullable=False),
        Column("previous", String(DIGEST), nullable=False),
        Column("hash", String(DIGEST), nullable=False),
        Index(f"ix_{service}_audit_contract", "contract", "seq"),
        Index(f"ix_{service}_audit_object", "object", "seq"),
        Index(f"ix_{service}_audit_at", "at"),
    )
    head = Table(
        f"{service}_audit_head",
        metadata,
        Column("id", SmallInteger, primary_key=True, autoincrement=False),  # always 1
        Column("seq", BigInteger, nullable=False),
        Column("hash", String(DIGEST), nullable=False),
    )
    return AuditTables(service, rows, head)
