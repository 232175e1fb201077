"""`make chaos`: everything goes wrong at once, on both profiles, and an oracle says whether slad kept its word.

SLAD_CHAOS_SECONDS: of the whole run (120). SLAD_CHAOS_SEED: to see a run again. SLAD_CHAOS_PROFILES: `embedded`,
`production` or both. SLAD_CHAOS_ONLY, SLAD_CHAOS_WITHOUT: kinds of faults by name, with commas (see registry.py).
SLAD_CHAOS_FOLDER: where logs and databases stay; else they go when all is well.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from tests.chaos.faults import play_the_clock
from tests.chaos.oracle import Expected, Oracle, Record, expected
from tests.chaos.receivers import SHORT_HANG_SECONDS, Receivers
from tests.chaos.registry import KINDS, LONG_SECONDS, held, manners
from tests.chaos.verdict import table
from tests.chaos.watch import wall
from tests.chaos.world import Server, World, installation
from tests.e2e.fleet import Fleet, Profile

from sla_platform.local import FAST, KafkaBroker, PostgresServer

OVERHEAD_SECONDS = 36.0  # of a profile's share: starting, playing to the end, waiting for what is still to come
LEAST_SECONDS = 15.0
PATIENCE_SECONDS = 50.0
BROKEN_SECONDS = 10.0
AFTERWARDS_SECONDS = 2.0  # for what should not come any more
PLAYED_OUT_SECONDS = 90.0
INCIDENTS_PER_SECOND = 2.0


def main() -> int:
    seed = int(os.environ.get("SLAD_CHAOS_SEED") or random.SystemRandom().randrange(1_000_000))
    total = float(os.environ.get("SLAD_CHAOS_SECONDS") or 120)
    profiles = [Profile(name) for name in _names("SLAD_CHAOS_PROFILES") or list(Profile)]
    enabled = frozenset(_names("SLAD_CHAOS_ONLY") or KINDS) - set(_names("SLAD_CHAOS_WITHOUT"))
    if unknown := enabled - KINDS.keys():
        print(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}", file=sys.stderr)
        return 2
    kept = os.environ.get("SLAD_CHAOS_FOLDER")
    folder = Path(kept or tempfile.mkdtemp(prefix="slad-chaos-"))
    of_one = f" SLAD_CHAOS_PROFILES={profiles[0].value}" if len(profiles) == 1 else ""
    again = f"SLAD_CHAOS_SEED={seed} SLAD_CHAOS_SECONDS={total:g}{of_one} make chaos"
    print(f"chaos: {again}", flush=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))
    good = True
    for profile in profiles:
        seconds = max(total / len(profiles) - OVERHEAD_SECONDS, LEAST_SECONDS)
        (folder / profile.value).mkdir(parents=True, exist_ok=True)
        good &= asyncio.run(_profile(folder / profile.value, profile, seed, seconds, enabled, total))
    if good and not kept:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"logs and databases: {folder}")
    print(f"\nchaos: {'slad kept its word' if good else 'slad did not keep its word'}; again: {again}")
    return 0 if good else 1


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


async def _profile(
    folder: Path, profile: Profile, seed: int, seconds: float, enabled: frozenset[str], total: float
) -> bool:
    begun = wall()
    http, mail = manners(enabled)
    receivers = Receivers(seed, http, mail)
    if total < LONG_SECONDS:
        receivers.hang_seconds = SHORT_HANG_SECONDS
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(receivers.open())
        world = await stack.enter_async_context(_started(folder, profile, seed, seconds, enabled, receivers))
        started = wall()
        await _under_chaos(world)
        expectations = {played.incident: expected(played, world.watch) for played in world.player.played}
        await _calm(world, expectations)
        oracle = Oracle(_record(world, await world.shown()), expectations)
        text, good = table(world, oracle, await world.early(), started - begun, wall() - started)
    (folder / "verdict.txt").write_text(text)  # what is printed may be lost in a pipe
    print(text, flush=True)
    return good


@asynccontextmanager
async def _started(
    folder: Path, profile: Profile, seed: int, seconds: float, enabled: frozenset[str], receivers: Receivers
) -> AsyncIterator[World]:
    more: dict[str, str] = {}
    servers: dict[str, Server] = {}
    async with AsyncExitStack() as stack:
        if profile is Profile.PRODUCTION:
            postgres = PostgresServer(folder / "postgres", settings=FAST)
            stack.callback(postgres.discard)
            broker = KafkaBroker(folder / "kafka")
            stack.callback(broker.discard)
            await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(broker.start))
            more = {"SLAD_STORE_URL": await postgres.create_database("chaos"), "SLAD_BUS_URL": broker.url}
            servers = {
                "database": Server(lambda: postgres.stop("immediate"), postgres.start),
                "broker": Server(broker.kill, broker.start),
            }

        async def prepare(fleet: Fleet) -> None:
            if profile is Profile.PRODUCTION:
                await asyncio.to_thread(fleet.migrate)
                await play_the_clock(more["SLAD_STORE_URL"])

        rate = INCIDENTS_PER_SECOND
        world = await stack.enter_async_context(
            installation(folder, profile, seed, seconds, enabled, receivers, more, prepare, rate, held(enabled))
        )
        world.servers, world.store_url = servers, more.get("SLAD_STORE_URL", "")
        yield world


async def _under_chaos(world: World) -> None:
    """The load, and beside it everything that is switched on; then the load comes to its end in peace."""
    beside = [
        asyncio.create_task(_guarded(world, name, kind.beside), name=name)
        for name, kind in KINDS.items()
        if name in world.enabled and world.profile in kind.profiles and kind.beside is not None
    ]
    supervisor = asyncio.create_task(world.supervise())
    playing = asyncio.create_task(world.player.run(world.enough))
    try:
        await asyncio.sleep(world.seconds)
        world.enough.set()
        people = {task for task in beside if task.get_name() == "acknowledgements"}
        # A restart or a leap under way is brought to its end; people go on answering.
        await asyncio.wait({*beside} - people or {playing}, timeout=PLAYED_OUT_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(PLAYED_OUT_SECONDS if not world.broken else 2 * BROKEN_SECONDS):
                await asyncio.shield(playing)
        await asyncio.sleep(AFTERWARDS_SECONDS)
    finally:
        for task in (*beside, playing, supervisor):
            task.cancel()
        await asyncio.gather(*beside, playing, supervisor, return_exceptions=True)
    with suppress(AssertionError):
        world.fleet.respawn()
        await world.fleet.ready(30)


async def _guarded(world: World, name: str, beside: object) -> None:
    try:
        await beside(world)  # type: ignore[operator]  # a coroutine function of the registry
    except Exception:
        world.broken.append(f"the driver failed in {name}: {traceback.format_exc(limit=3)[-400:]}")


async def _calm(world: World, expectations: dict[str, Expected]) -> None:
    """Until everything has been told that must be, or patience ends."""
    patience = PATIENCE_SECONDS if world.seconds < LONG_SECONDS else 4 * PATIENCE_SECONDS
    deadline = wall() + (patience if not world.broken else BROKEN_SECONDS)  # the verdict is there already
    while wall() < deadline and Oracle(_record(world, {}), expectations).missing():  # noqa: ASYNC110
        await asyncio.sleep(1.0)
    await asyncio.sleep(AFTERWARDS_SECONDS)


def _record(world: World, shown: dict[str, dict[str, object] | None]) -> Record:
    return Record(
        watch=world.watch,
        played=world.player.played,
        heard=world.receivers.heard,
        acknowledged=world.acknowledged,
        disturbed=world.disturbed,
        published=world.published,
        shown=shown,
    )


if __name__ == "__main__":
    sys.exit(main())
