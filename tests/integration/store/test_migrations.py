"""The history of the database leads to exactly the tables the services use, on both dialects, and back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, bindparam, inspect, select, text
from tests.conformance.bus_rig import event

from sla_board.text_index import NAME
from sla_domain.rota import RotaId
from sla_notifier import tables as notifier
from sla_notifier.override import store as overrides
from sla_notifier.override.recorded import RecordedOverride
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command
from sla_platform.bus.kafka import ensure_topics
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadSettings
from sla_platform.local import KafkaBroker
from sla_platform.settings import Settings
from sla_platform.store import log as logs
from sla_platform.store import quarantine
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.store.types import ClockKey, Instant
from sla_standalone.migrate import at_head, downgrade, migrate, upgrade
from sla_standalone.migrations.compare import options
from sla_standalone.migrations.tables import METADATA
from sla_timer import tables as timer
from sla_timer import tables as timer_tables
from sla_timer.apply.decide import published_state_of

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _differences(connection: Connection) -> list[Any]:
    settings = options(connection.dialect.name)
    settings["compare_server_default"] = _other_default
    tables = list(METADATA)
    context = MigrationContext.configure(connection, opts={**settings, "target_metadata": tables})
    return list(compare_metadata(context, tables))


def _other_default(_context: object, _found: object, _wanted: object, there: str, _here: object, here: str) -> bool:
    """Dialects rewrite defaults ('' becomes ''::character varying): compare what is left of them."""
    return _plain(there) != _plain(here)


def _plain(default: str | None) -> str | None:
    if default is None:
        return None
    bare = default.split("::")[0] if "pg_current_xact_id" not in default else "txid"
    return bare.strip("()' ").lower()


async def test_the_newest_revision_is_what_the_services_use(store: Store) -> None:
    await upgrade(store)
    async with store.transaction() as connection:
        assert await connection.run_sync(_differences) == []


async def test_tests_that_create_tables_directly_get_the_same(store: Store) -> None:
    await create_all(store, METADATA)
    async with store.transaction() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_log_numbers_its_transactions_where_the_store_has_them(store: Store) -> None:
    await upgrade(store)
    log = next(metadata.tables["ingest_log"] for metadata in METADATA if "ingest_log" in metadata.tables)
    for number in range(2):
        async with store.transaction() as connection:
            await logs.append(connection, log, [event("github:1", number)])
    async with store.reading() as connection:
        first, second = (await connection.execute(text("SELECT txid FROM ingest_log ORDER BY position"))).scalars()
    assert (first, second) == (0, 0) if store.sqlite else 0 < first < second


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_storage_parameters_are_set(store: Store) -> None:
    await upgrade(store)
    wanted = {
        table.name: {f"{name}={value}" for name, value in table.info["postgresql_with"].items()}
        for metadata in METADATA
        for table in metadata.sorted_tables
        if "postgresql_with" in table.info
    }
    async with store.reading() as connection:
        rows = (
            await connection.execute(text("SELECT relname, reloptions FROM pg_class WHERE relname LIKE '%\\_%'"))
        ).all()
    found = {row.relname: set(row.reloptions or ()) for row in rows if row.relname in wanted}
    assert found == wanted
    assert "timer_clock" in wanted


async def test_going_back_removes_everything_and_forth_again_works(store: Store) -> None:
    await upgrade(store)
    await downgrade(store, "base")
    assert await _tables(store) == {"alembic_version"}
    await upgrade(store)
    assert await _tables(store) == {"alembic_version", *(table.name for table in _all_tables())}


async def test_what_the_timer_had_set_aside_is_brought_along(store: Store) -> None:
    await upgrade(store, "0002")
    clock, when = UUID("8590f00c-13a3-5120-a085-a0c87a3f99ad"), datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    old = text(
        "INSERT INTO timer_quarantine (clock_id, kind, generation, fire_at, partition, error, at)"
        " VALUES (:clock, 'breach', 2, :at, 3, 'refused', :at)"
    ).bindparams(bindparam("clock", type_=ClockKey), bindparam("at", type_=Instant))
    async with store.transaction() as connection:
        await connection.execute(old, {"clock": clock, "at": when})
    await upgrade(store)
    async with store.reading() as connection:
        (kept,) = await quarantine.page(connection, timer_tables.quarantine, "quarantined", 0, 10)
        whole = await quarantine.find(connection, timer_tables.quarantine, kept.id)
    assert whole is not None
    assert (kept.part, kept.event, kept.partition, kept.error) == ("tick", f"{clock}/2/breach", 3, "refused")
    assert (kept.first_at, kept.own["clock_id"]) == (when, clock)
    assert orjson.loads(whole.data)["kind"] == "breach"
    await downgrade(store, "0002")
    async with store.transaction() as connection:
        await connection.execute(old, {"clock": clock, "at": when})


async def test_migrating_twice_at_once_is_migrating_once(store: Store) -> None:
    stores = [Store(store.url.render_as_string(hide_password=False), patient=True) for _ in range(3)]
    await asyncio.gather(*(upgrade(one) for one in stores))
    for one in stores:
        await one.close()
    assert await at_head(store) is None


async def test_a_migration_that_fails_leaves_the_database_as_it_was(store: Store) -> None:
    async with store.transaction() as connection:
        await connection.execute(text("CREATE TABLE notifier_attempt (other INTEGER)"))  # in the way of the revision
    with pytest.raises(Exception, match="already exists"):
        await upgrade(store)
    assert await _tables(store) == {"notifier_attempt"}


async def test_readiness_tells_whether_the_database_fits(store: Store) -> None:
    ready = partial(at_head, store)
    assert await ready() == "the database has no schema: run `slad migrate`"
    await upgrade(store)
    assert await ready() is None
    async with store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await ready() is None  # a later release has migrated; this one is being replaced


async def test_migrate_does_both(postgres_url: str, kafka_broker: KafkaBroker, unique: str) -> None:
    settings = Settings(store_url=postgres_url, bus_url=kafka_broker.url, bus_prefix=unique, partitions=4)
    await migrate(settings)
    await migrate(settings)
    assert await ensure_topics(settings) == []
    store = Store(postgres_url)
    assert await at_head(store) is None
    await store.close()
    with pytest.raises(BadSettings, match="SLAD_PARTITIONS"):
        await migrate(settings.model_copy(update={"partitions": 5}))


def _all_tables() -> list[Table]:
    return [table for metadata in METADATA for table in metadata.sorted_tables]


async def _tables(store: Store) -> set[str]:
    """All but the shadows of SQLite's index of texts, which come and go with it."""
    async with store.transaction() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    texts = {name for name in found if name.startswith(NAME)}
    assert texts == set() or "board_listed" in found
    return set(found) - texts


async def test_a_database_that_a_newer_release_has_migrated_is_left_alone_with_a_reason(store: Store) -> None:
    await upgrade(store)
    async with store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadSettings, match="revision 9999, which this release does not know"):
        await upgrade(store)


async def test_marks_told_by_the_release_before_get_their_due_instants(store: Store) -> None:
    """What a later event needs to know them by, whatever it does to the numbers in their keys."""
    await upgrade(store, "0002")
    clock, nobody = uuid4(), uuid4()
    told = "started 0/warn-75 0/breach -0/breach 0/breach~1 1/breach @cause=ab"
    async with store.transaction() as connection:
        await connection.execute(timer.incident.insert(), [_incident()])
        await connection.execute(timer.clock.insert(), [_clock(clock, told, store.sqlite)])
        facts = [
            _fact(f"{owner}/{key}", at)
            for owner, key, at in (
                (clock, "0/warn-75", NINE), (clock, "0/breach", NINE + HOUR), (clock, "0/breach~1", NINE + 2 * HOUR),
                (nobody, "0/breach", NINE),
            )
        ]  # fmt: skip
        await logs.append(connection, timer.log, facts)
    await upgrade(store)
    async with store.reading() as connection:
        row = (await connection.execute(select(timer.clock))).one()
    read = published_state_of(row)
    assert read.keys == frozenset(told.split()[:-1])
    assert read.cause == "ab"
    assert {key: meaning.at for key, meaning in read.meanings.items()} == {
        "0/warn-75": NINE,
        "0/breach": NINE + HOUR,
        "0/breach~1": NINE + 2 * HOUR,
    }
    await downgrade(store, "0002")
    await upgrade(store)


def _incident() -> dict[str, Any]:
    return {
        "id": "demo:1", "partition": 0, "catalogue": "v", "contract": "acme", "plan": "p", "customer": "c",
        "priority": "P1", "phase": "open", "opened_at": NINE, "changed_at": NINE, "told": "",
    }  # fmt: skip


def _clock(id_: UUID, told: str, text_only: bool) -> dict[str, Any]:
    return {
        "id": id_, "incident": "demo:1", "partition": 0, "contract": "acme", "metric": "resolution", "cycle": 0,
        "priority": "P1", "catalogue": "v", "state": "running", "generation": 1, "started_at": NINE, "told": told,
        "context": "{}" if text_only else {},
    }  # fmt: skip


def _fact(id_: str, at: datetime) -> Envelope:
    kind = "warned" if "warn" in id_ else "breached"
    return Envelope(
        topic=Topic.CLOCKS, id=id_, type=f"io.slad.clock.{kind}.v1", source="/slad/timer", subject="demo:1",
        key="demo:1", time=at, data=b"{}",
    )  # fmt: skip


async def test_who_was_told_of_a_notice_by_the_release_before_is_brought_along(store: Store) -> None:
    await upgrade(store, "0011")
    said = orjson.dumps({"id": "fix-1", "title": "t", "text": "x", "products": [], "published_at": NINE}).decode()
    at = bindparam("at", type_=Instant)
    alert = text(
        "INSERT INTO notifier_alert"
        " (id, kind, state, contract, notice, episode, occasion, content, policy, opened_at, due_at)"
        " VALUES (:id, 'fix', 'open', :contract, 'fix-1', 1, 'o', :said, '{}', :at, :at)"
    ).bindparams(at)
    delivery = text(
        "INSERT INTO notifier_delivery (id, occasion, kind, person, channel, address, endpoint, contract, notice,"
        " level, state, next_at, created_at, due_at)"
        " VALUES (:id, :occasion, 'fix', :person, 'email', 'a@b', 'email', :contract, 'fix-1',"
        " 1, :state, :at, :at, :at)"
    ).bindparams(at)
    async with store.transaction() as connection:
        for contract in ("acme", "beta"):
            await connection.execute(alert, {"id": contract, "contract": contract, "said": said, "at": NINE})
        for number, (person, contract, occasion, state) in enumerate(
            (
                ("anna", "acme", "notice/fix-1/acme", "sent"),
                ("anna", "acme", "notice/fix-1/acme#0.2", "sent"),
                ("ben", "beta", "notice/fix-1/beta", "queued"),
                ("", "beta", "notice/fix-1/beta", "undeliverable"),
            )
        ):
            values = {"person": person, "contract": contract, "occasion": occasion, "state": state}
            await connection.execute(delivery, values | {"id": f"dlv_{number}", "at": NINE})
    await upgrade(store)
    async with store.reading() as connection:
        notices = (await connection.execute(select(notifier.notice))).all()
        told = (await connection.execute(select(notifier.notice_told).order_by(notifier.notice_told.c.person))).all()
    assert [(row.id, row.revision, row.withdrawn, row.published_at) for row in notices] == [("fix-1", 1, False, NINE)]
    assert [(row.person, row.contract, row.occasion, row.told_as) for row in told] == [
        ("anna", "acme", "notice/fix-1/acme", "anna"),
        ("ben", "beta", "notice/fix-1/beta", "ben"),
    ]
    await downgrade(store, "0011")


async def test_overrides_follow_the_acts_that_the_release_before_has_recorded(store: Store) -> None:
    """They are numbered by their places in a log that this release did not begin."""
    await upgrade(store, "0016")
    done = Act(name=ActName.ALERT_ACKNOWLEDGED, command=Command(AuditActor(ActorKind.KEY, "ops")), object="alert-1")
    async with store.transaction() as connection:
        await audit.append(connection, notifier.audit, [done], NINE)
    await upgrade(store)
    async with store.transaction() as connection:
        place = await audit.next_place(connection, notifier.audit)
        made = RecordedOverride(
            number=place, changed=place, rota=RotaId("desk"), start=NINE, end=NINE + HOUR, person="anna",
            instead_of=None, by="ops", reason="", made_at=NINE,
        )  # fmt: skip
        await overrides.insert(connection, made)
    async with store.reading() as connection:
        assert await overrides.changed_since(connection, 0) == [made]
        assert await overrides.changed_since(connection, place) == []
    assert place == 2
    await downgrade(store, "0016")
    assert "notifier_rota_override" not in await _tables(store)
    await upgrade(store)


async def test_the_list_of_incidents_is_to_be_filled_where_an_earlier_release_has_stored_some(store: Store) -> None:
    await upgrade(store, "0017")
    async with store.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO board_incident (id, source, title, url, customer, priority, phase, changed_at, attributes,"
                " search) VALUES ('desk:1', 'desk', 'x', '', '', '', 'open', :at, '{}', 'x')"
            ).bindparams(bindparam("at", type_=Instant)),
            {"at": NINE},
        )
    await upgrade(store)
    async with store.reading() as connection:
        assert (await connection.execute(text("SELECT id, after FROM board_listing"))).all() == [(1, "")]
        assert (await connection.execute(text("SELECT ticket, ended_at FROM board_incident"))).all() == [("", None)]
    await downgrade(store, "base")
    await upgrade(store)
    async with store.reading() as connection:
        assert (await connection.execute(text("SELECT id FROM board_listing"))).all() == []
