"""`slad run`, `slad ingest|timer|notifier|board`, `slad migrate`, `slad config`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.resources import files
from string import Template
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.markup import escape

from sla_catalogue import load_catalogue
from sla_platform.settings import Settings
from sla_platform.telemetry import logs
from sla_platform.timesource import parse_time_source
from sla_standalone.cli.lines import lines_to_paste
from sla_standalone.compose import ALL, RunningProcess
from sla_standalone.mailbox import Mailbox
from sla_standalone.mailbox import router as mailbox_routes
from sla_standalone.migrate import migrate
from sla_standalone.serve import serve

Port = Annotated[int | None, typer.Option(help="Overrides SLAD_PORT.")]
_err = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add the commands that run services, and `migrate` and `config`, to the application."""
    app.command("run")(run)
    for name in ALL:
        app.command(name, help=f"Run the {name} service alone.")(_one(name))
    app.command("migrate")(migrate_command)
    app.command("config")(config)


def run(port: Port = None) -> None:
    """Run all services in one process, by default with SQLite and one port."""
    raise typer.Exit(uvloop.run(_run(_settings(port))))


async def _run(settings: Settings) -> int:
    await migrate(settings)
    chosen = load_catalogue(settings.catalogue).settings
    if settings.smtp_url or chosen.smtp is not None or not chosen.local:
        return await serve(settings, ALL, ready=lambda process: _welcome(settings, process, mailbox=False))
    # A catalogue for one's own machine that names no mail server: mails stay here, to be read on a page.
    time_source = parse_time_source(settings.time)
    mailbox = Mailbox(time_source)
    server = await mailbox.open()
    local = settings.model_copy(update={"smtp_url": f"smtp+plain://127.0.0.1:{mailbox.port}"})
    return await serve(
        local,
        ALL,
        time_source=time_source,
        extra_routes=[mailbox_routes(mailbox)],
        extra_parts=[mailbox.part(server)],
        ready=lambda process: _welcome(settings, process, mailbox=True),
    )


def migrate_command() -> None:
    """Bring the database to the newest schema and create missing topics."""
    settings = _settings(None)
    asyncio.run(migrate(settings))


def config() -> None:
    """Print the settings of this process, without secrets."""
    Console().print_json(data=_settings(None).shown())


def _one(name: str) -> Callable[[int | None], None]:
    def command(port: Port = None) -> None:
        raise typer.Exit(uvloop.run(serve(_settings(port), (name,))))

    command.__doc__ = f"Run the {name} service alone."
    return command


def _settings(port: int | None) -> Settings:
    settings = Settings() if port is None else Settings(port=port)
    logs.configure(settings.log_level, settings.log_format)
    return settings


def _welcome(settings: Settings, process: RunningProcess, *, mailbox: bool) -> None:
    """The addresses, and lines that work when pasted."""
    text = Template(files("sla_standalone.cli").joinpath("welcome.txt").read_text())
    where = {"url": settings.public_url, "store": process.context.store.url.database or "a database"}
    lines = lines_to_paste(process.context.catalogue.current, settings.public_url, process.context.time_source.now())
    where["lines"] = escape("\n\n".join(lines))
    where["mailbox"] = f"{settings.public_url}/mailbox" if mailbox else "none: mails leave by the configured server"
    _err.print(text.substitute(where), soft_wrap=True, highlight=False)
