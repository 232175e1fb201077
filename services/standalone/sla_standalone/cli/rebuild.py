"""`slad rebuild`: recompute what the board shows of every incident from its stored events."""

from __future__ import annotations

from typing import Annotated

import typer

from sla_board.service import rebuild_of
from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_standalone.cli.installation import NoInstallation, with_store
from sla_standalone.cli.output import WRONG, emit, progress, say, stop

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command `slad rebuild` to the application."""
    app.command("rebuild")(rebuild)


def rebuild(
    after: Annotated[str, typer.Option(help="Go on behind this incident, as an earlier run named it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would differ, and change nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute again what the board shows of every incident, from the events and facts that the board has stored.

    The services may keep running: the work is done in steps of at most 100 incidents, and a service waits for one step
    at most. Messages and alerts do not change. The store is that of SLAD_STORE_URL. Exit status: 0 done, or nothing
    would differ; 1 a dry run that found differences; 2 there is no store, or it is busy.
    """
    try:
        incidents, differing = with_store(Settings(), lambda store, time: _run(store, time, after, dry_run))
    except (BadSettings, NoInstallation) as error:
        stop(str(error))
    except StoreBusy as error:
        stop(f"the store takes no work, try again: {error}")
    if json:
        emit({"incidents": incidents, "differing": differing, "dry_run": dry_run})
    else:
        what = "would differ" if dry_run else "differed and are mended"
        say(f"{incidents} incidents computed anew, {len(differing)} {what}")
        for name in differing[:_SHOWN]:
            say(f"  {name}")
        if len(differing) > _SHOWN:
            say(f"  and {len(differing) - _SHOWN} more")
    if dry_run and differing:
        raise typer.Exit(WRONG)


async def _run(store: Store, time_source: TimeSource, after: str, dry_run: bool) -> tuple[int, list[str]]:
    incidents, differing = 0, list[str]()
    with progress("incidents") as advance:
        async for part in rebuild_of(store, time_source).run(after, dry_run=dry_run):
            incidents += part.incidents
            differing += part.differing
            advance(part.incidents)
    return incidents, differing
