"""How attainment counts clocks and incidents, how objectives stand, and the board's own log

What is stored is brought along: verdicts follow from the rows of clocks, exemptions from the facts that are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from sla_domain.attainment import JudgedClock, PromiseVerdict, contract_then, judge_request
from sla_domain.contract import ContractId
from sla_domain.event import EventId
from sla_domain.incident import ContractPeriod
from sla_standalone.migrations import column

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BATCH = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENDED = frozenset({"resolved", "closed", "cancelled", "merged"})
_UNDECIDED = sa.text("verdict = 'open'")
_clock = sa.table(
    "board_clock", sa.column("id", column.CLOCK_KEY), sa.column("incident", sa.String), sa.column("metric", sa.String),
    sa.column("cycle", sa.Integer), sa.column("contract", sa.String), sa.column("priority", sa.String),
    sa.column("state", sa.String), sa.column("due_at", column.INSTANT), sa.column("stopped_at", column.INSTANT),
    sa.column("breached_at", column.INSTANT), sa.column("verdict", sa.String), sa.column("decided_at", column.INSTANT),
    sa.column("decided_contract", sa.String), sa.column("decided_priority", sa.String), sa.column("exempt", sa.Text),
    sa.column("exempt_by", sa.Text),
)  # fmt: skip
_request = sa.table(
    "board_request", sa.column("incident", sa.String), sa.column("verdict", sa.String),
    sa.column("decided_at", column.INSTANT), sa.column("due_at", column.INSTANT), sa.column("metric", sa.String),
    sa.column("contract", sa.String), sa.column("entitlement", sa.String), sa.column("priority", sa.String),
    sa.column("exempt", sa.Text), sa.column("exempt_by", sa.Text),
)  # fmt: skip
_event = sa.table(
    "board_event", sa.column("position", column.BIG_ID), sa.column("type", sa.String),
    sa.column("clock", column.CLOCK_KEY), sa.column("data", sa.Text),
)  # fmt: skip
_period = sa.table("board_contract", sa.column("incident", sa.String), sa.column("periods", sa.Text))
_incident = sa.table("board_incident", sa.column("id", sa.String), sa.column("phase", sa.String))


def upgrade() -> None:
    empty = sa.text("''")
    for name, type_, default in (
        ("verdict", sa.String(length=8), sa.text("'open'")),
        ("decided_at", column.INSTANT, None),
        ("decided_contract", sa.String(length=120), empty),
        ("decided_priority", sa.String(length=60), empty),
        ("entitlement", sa.String(length=120), empty),
        ("exempt", sa.Text(), empty),
        ("exempt_by", sa.Text(), empty),
    ):
        op.add_column("board_clock", sa.Column(name, type_, server_default=default, nullable=default is None))
    op.create_table(
        "board_request",
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("decided_at", column.INSTANT, nullable=True),
        sa.Column("due_at", column.INSTANT, nullable=True),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("entitlement", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=False),
        sa.Column("exempt", sa.Text(), nullable=False),
        sa.Column("exempt_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident"),
    )
    _objectives()
    _judge(op.get_bind())
    op.create_index("ix_board_clock_decided", "board_clock", ["decided_contract", "decided_at"])
    op.create_index("ix_board_request_decided", "board_request", ["contract", "decided_at"])
    for name, table, contract in (
        ("ix_board_clock_undecided", "board_clock", "decided_contract"),
        ("ix_board_request_undecided", "board_request", "contract"),
    ):
        op.create_index(name, table, [contract, "due_at"], postgresql_where=_UNDECIDED, sqlite_where=_UNDECIDED)


def _objectives() -> None:
    op.create_table(
        "board_counted",
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("earliest", column.INSTANT, nullable=True),
        sa.Column("news", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_board_counted_contract", "board_counted", ["contract", "position"])
    op.create_table(
        "board_objective",
        *_key(),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_at", column.INSTANT, nullable=False),
        sa.Column("ends_at", column.INSTANT, nullable=False),
        sa.Column("percent", sa.String(length=12), nullable=False),
        *_counts(),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("told", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("changed_at", column.INSTANT, nullable=False),
        sa.Column("closed_at", column.INSTANT, nullable=True),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("contract", "entitlement", "objective", "period"),
    )
    op.create_index("ix_board_objective_ends", "board_objective", ["ends_at"])
    op.create_table(
        "board_amendment",
        *_key(),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", column.INSTANT, nullable=False),
        *_counts(),
        sa.Column("incident", sa.String(length=300), nullable=False),
        sa.Column("others", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("contract", "entitlement", "objective", "period", "number"),
    )
    _log()


def _key() -> list[sa.Column[Any]]:
    return [
        sa.Column("contract", sa.String(length=120), nullable=False),
        sa.Column("entitlement", sa.String(length=120), nullable=False),
        sa.Column("objective", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=12), nullable=False),
    ]


def _counts() -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in ("met", "missed", "exempt")]


def _log() -> None:
    op.create_table(
        "board_log",
        sa.Column("txid", sa.BigInteger(), server_default=column.own_transaction(), nullable=False),
        sa.Column("position", column.BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("time", column.INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id", name="uq_board_log_id"),
        sqlite_autoincrement=True,
    )
    column.set_storage("board_log", autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_cost_delay=0)
    column.create_postgres_index("ix_board_log_order", "board_log", ["txid", "position"])


def downgrade() -> None:
    for table in ("board_log", "board_amendment", "board_objective", "board_counted"):
        op.drop_table(table)
    op.drop_table("board_request")
    op.drop_index("ix_board_clock_undecided", "board_clock")
    op.drop_index("ix_board_clock_decided", "board_clock")
    for name in (
        "exempt_by", "exempt", "entitlement", "decided_priority", "decided_contract", "decided_at", "verdict",
    ):  # fmt: skip
        op.drop_column("board_clock", name)


def _judge(connection: sa.Connection) -> None:
    exempt = dict(_exemptions(connection))
    after = ""
    while names := _incidents_after(connection, after):
        after = names[-1]
        periods = _periods(connection, names)
        rows = connection.execute(sa.select(_clock).where(_clock.c.incident.in_(names))).all()
        judged: dict[str, list[JudgedClock]] = {}
        for row in rows:
            clock = _judged(row, periods.get(row.incident, ()), exempt.get(row.id, ("", "")))
            judged.setdefault(row.incident, []).append(clock)
        statement = sa.update(_clock).where(_clock.c.id == sa.bindparam("_id"))
        values = [_columns(row.id, clock) for row, clock in _pairs(rows, judged)]
        if values:
            connection.execute(statement, values)
        found = connection.execute(sa.select(_incident).where(_incident.c.id.in_(names))).all()
        phases = {row.id: row.phase for row in found}
        requests = [_request_row(name, clocks, phases.get(name, "") in _ENDED) for name, clocks in judged.items()]
        if requests:
            connection.execute(sa.insert(_request), requests)


def _pairs(rows: Any, judged: Mapping[str, list[JudgedClock]]) -> Iterator[tuple[Any, JudgedClock]]:
    by_id = {clock.id: clock for clocks in judged.values() for clock in clocks}
    for row in rows:
        yield row, by_id[str(row.id)]


def _incidents_after(connection: sa.Connection, after: str) -> list[str]:
    query = sa.select(_clock.c.incident).where(_clock.c.incident > after).distinct()
    return list(connection.execute(query.order_by(_clock.c.incident).limit(_BATCH)).scalars())


def _periods(connection: sa.Connection, names: list[str]) -> dict[str, tuple[ContractPeriod, ...]]:
    rows = connection.execute(sa.select(_period).where(_period.c.incident.in_(names))).all()
    return {row.incident: tuple(map(_read_period, orjson.loads(row.periods))) for row in rows}


def _read_period(one: Mapping[str, Any]) -> ContractPeriod:
    start = datetime.fromisoformat(one["start"])
    return ContractPeriod(ContractId(one["contract"]), one["customer"], start, EventId(one["event"]), one["named"])


def _exemptions(connection: sa.Connection) -> Iterator[tuple[Any, tuple[str, str]]]:
    """Clock → reason and author; the newest of a clock comes last."""
    position = -1
    while True:
        query = (
            sa.select(_event)
            .where(_event.c.position > position, _event.c.type == "io.slad.clock.amended.v1")
            .order_by(_event.c.position)
            .limit(_BATCH)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        position = rows[-1].position
        for row in rows:
            details = orjson.loads(row.data).get("details", {})
            if details.get("exempt") and row.clock is not None:
                yield row.clock, (details["exempt"], details.get("exempt_by", ""))


def _judged(row: Any, periods: tuple[ContractPeriod, ...], exempt: tuple[str, str]) -> JudgedClock:
    verdict, at = _verdict(row)
    contract = contract_then(periods, at) if at is not None else None
    return JudgedClock(
        id=str(row.id),
        incident=row.incident,
        metric=row.metric,
        cycle=row.cycle,
        verdict=verdict,
        at=at,
        due_at=_read(row.due_at),
        contract=row.contract if contract is None else str(contract),
        priority=row.priority,
        exempt=exempt[0],
        exempt_by=exempt[1],
    )


def _verdict(row: Any) -> tuple[PromiseVerdict, datetime | None]:
    stopped, breached = _read(row.stopped_at), _read(row.breached_at)
    if row.state == "met" and stopped is not None:
        return PromiseVerdict.MET, stopped
    if row.state == "missed" and (breached or stopped) is not None:
        return PromiseVerdict.MISSED, breached or stopped
    if row.state not in ("running", "paused"):
        return PromiseVerdict.NONE, None
    return (PromiseVerdict.OPEN, None) if breached is None else (PromiseVerdict.MISSED, breached)


def _read(stored: Any) -> datetime | None:
    """SQLite keeps instants as microseconds."""
    return _EPOCH + stored * _MICROSECOND if isinstance(stored, int) else stored


def _written(at: datetime | None) -> Any:
    return at if at is None or column.on_postgres() else (at - _EPOCH) // _MICROSECOND


def _columns(id_: Any, clock: JudgedClock) -> dict[str, Any]:
    return {
        "_id": id_,
        "verdict": clock.verdict.value,
        "decided_at": _written(clock.at),
        "decided_contract": clock.contract,
        "decided_priority": clock.priority,
        "exempt": clock.exempt,
        "exempt_by": clock.exempt_by,
    }


def _request_row(incident: str, clocks: list[JudgedClock], ended: bool) -> dict[str, Any]:
    found = judge_request(clocks, ended)
    return {
        "incident": incident,
        "verdict": PromiseVerdict.NONE.value if found is None else found.verdict.value,
        "decided_at": None if found is None else _written(found.at),
        "due_at": None if found is None else _written(found.due_at),
        "metric": "" if found is None else found.metric,
        "contract": "" if found is None else found.contract,
        "entitlement": "",
        "priority": "" if found is None else found.priority,
        "exempt": "" if found is None else found.exempt,
        "exempt_by": "" if found is None else found.exempt_by,
    }
