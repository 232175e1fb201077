"""`slad demo`: within a minute a warning, a breach, an escalation and a mail, on an accelerated clock."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from sla_platform.settings import Settings
from sla_platform.telemetry import logs
from sla_platform.timesource import ScaledTime
from sla_standalone.compose import ALL
from sla_standalone.demo.feed import DemoFeed
from sla_standalone.mailbox import Mailbox, router
from sla_standalone.migrate import migrate
from sla_standalone.serve import serve

_err = Console(stderr=True)
TEXT = """[bold]slad demo[/bold]: time runs {speed:.0f} times as fast; nothing leaves this machine.

  board     {url}/
  mailbox   {url}/mailbox
  incident  {url}/incidents/demo:DEMO-1   (nobody answers it: warning, breach, escalation within a minute)

Acknowledge from a mail to stop the escalation. Ctrl-C ends the demo.
"""


def register(app: typer.Typer) -> None:
    """Add the command `slad demo` to the application."""
    app.command("demo")(demo)


def demo(
    port: Annotated[int, typer.Option(help="The one port of everything.")] = 8321,
    speed: Annotated[float, typer.Option(min=1, max=600, help="How many times faster than the wall clock.")] = 60.0,
    incidents: Annotated[int, typer.Option(min=1, max=10_000, help="How many incidents are opened.")] = 60,
) -> None:
    """Run slad with live data on an accelerated clock, with a local mailbox and a fresh database."""
    with tempfile.TemporaryDirectory(prefix="slad-demo-") as folder:
        raise typer.Exit(uvloop.run(_demo(Path(folder), port, speed, incidents)))


async def _demo(folder: Path, port: int, speed: float, incidents: int) -> int:
    logs.configure("WARNING", "auto")
    time_source = ScaledTime(speed)
    mailbox = Mailbox(time_source)
    server = await mailbox.open()
    settings = Settings(
        store_url=f"sqlite:///{folder}/demo.db",
        bus_url="embedded:",
        port=port,
        smtp_url=f"smtp+plain://127.0.0.1:{mailbox.port}",
        time=f"scaled:{speed}",
    )
    os.environ.setdefault("SLAD_DEMO_PAGER_URL", f"{settings.public_url}/demo/pager")
    await migrate(settings)
    feed = DemoFeed(settings.public_url, time_source, incidents)
    return await serve(
        settings,
        ALL,
        time_source=time_source,
        extra_routes=[router(mailbox)],
        extra_parts=[mailbox.part(server), feed.part()],
        ready=lambda _: _err.print(TEXT.format(url=settings.public_url, speed=speed), highlight=False),
    )
