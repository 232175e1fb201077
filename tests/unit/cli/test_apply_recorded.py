"""`slad apply` leaves who did it in the audit log of the installation, where its store can be reached."""

from __future__ import annotations

import asyncio
import getpass
from pathlib import Path

import pytest
from tests.real.tables import migrate
from tests.unit.cli.invoke import slad

from sla_catalogue import load_catalogue
from sla_platform.apikey import tables
from sla_platform.audit.act import state_digest
from sla_platform.audit.chain import AuditRow, first_break
from sla_platform.audit.store import AuditFilter, head_of, oldest_first
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_standalone.cli.apply import record

TEXT = """
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}}
plans:
  plain:
    title: "%s"
    priorities: [{id: P1}]
    targets: [{metric: first_response, coverage: office, time: 1h}]
    escalation: none
contracts:
  one: {plan: plain, zone: Europe/Warsaw, customers: [One], default: true}
"""


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/slad.db"
    monkeypatch.setenv("SLAD_STORE_URL", url)
    return url


def catalogue(path: Path, title: str) -> Path:
    path.mkdir()
    (path / "all.yaml").write_text(TEXT % title)
    return path


def recorded(url: str) -> list[AuditRow]:
    async def read() -> list[AuditRow]:
        store = Store(url)
        rows = [row async for row in oldest_first(store, tables.audit, AuditFilter())]
        async with store.reading() as connection:
            assert first_break(rows, await head_of(connection, tables.audit)) is None
        await store.close()
        return rows

    return asyncio.run(read())


def test_who_applied_a_catalogue_is_on_record_with_what_it_was_before(store_url: str, tmp_path: Path) -> None:
    asyncio.run(migrate(Settings()))
    old, new = catalogue(tmp_path / "old", "Old"), catalogue(tmp_path / "new", "New")
    before, after = load_catalogue(old), load_catalogue(new)
    said = slad("apply", new, "--to", old, "--reason", "a new title")
    assert (said.status, "audit log" in said.err) == (0, False), said.err
    (row,) = recorded(store_url)
    assert (row.act, row.object, row.reason) == ("catalogue.applied", after.version, "a new title")
    assert row.actor == f"operator:{getpass.getuser()}"
    assert (row.before, row.after) == (state_digest({"text": before.text}), state_digest({"text": after.text}))


def test_a_dry_run_and_what_was_in_place_already_are_no_acts(store_url: str, tmp_path: Path) -> None:
    asyncio.run(migrate(Settings()))
    old, new = catalogue(tmp_path / "old", "Old"), catalogue(tmp_path / "new", "New")
    assert slad("apply", new, "--to", old, "--dry-run").status == 0
    assert slad("apply", old, "--to", old).status == 0
    assert recorded(store_url) == []


def test_without_a_store_it_is_applied_and_said_to_be_on_no_record(store_url: str, tmp_path: Path) -> None:
    old, new = catalogue(tmp_path / "old", "Old"), catalogue(tmp_path / "new", "New")
    said = slad("apply", new, "--to", old)
    assert said.status == 0
    assert "who applied it is not in the audit log: there is no database" in said.err
    assert load_catalogue(old).version == load_catalogue(new).version


def test_files_that_cannot_be_written_leave_no_record(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(migrate(Settings()))
    old, new = catalogue(tmp_path / "old", "Old"), catalogue(tmp_path / "new", "New")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record, "install", full)
    said = slad("apply", new, "--to", old)
    assert (said.status, "No space left" in said.err) == (2, True)
    assert recorded(store_url) == []
