"""`slad` and its commands: each module registers its own."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import typer
from pydantic import ValidationError

from sla_catalogue import CatalogueError, CatalogueInvalid
from sla_domain.errors import DomainError
from sla_platform.errors import PlatformError


def application(called: str = "") -> typer.Typer:
    """Return the command line of slad as a Typer application.

    To start faster, only the module of the called command is loaded, with all commands of that module. If no command
    has the name `called`, all commands are added.

    Args:
        called: The name of the command to run, such as `apply`.
    """
    from sla_standalone.cli import register

    app = typer.Typer(
        name="slad",
        help="The SLA daemon: watches support contracts and tells people before a promise breaks.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    register.commands(app, called)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line of slad, and end the process with an exit status by raising SystemExit.

    The exit status is 0 if the work is done, 1 if the work found something wrong, and 2 if the call or a setting makes
    no sense.

    Args:
        arguments: The arguments. None means those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?", not a traceback
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        application(given[0] if given else "")(args=given)
    except CatalogueInvalid as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - a command line prints
        sys.exit(1)
    except ValidationError as error:
        for item in error.errors():
            name = "SLAD_" + "_".join(str(part) for part in item["loc"]).upper()
            print(f"{name}: {item['msg']}", file=sys.stderr)  # noqa: T201 - as above
        sys.exit(2)
    except (PlatformError, DomainError, CatalogueError, OSError) as error:
        print(f"slad: {error}", file=sys.stderr)  # noqa: T201 - as above
        sys.exit(2)
    except Exception as error:
        if not _of_the_database(error):
            raise
        said = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"slad: the database refused: {said}", file=sys.stderr)  # noqa: T201 - as above
        sys.exit(2)


def _of_the_database(error: Exception) -> bool:
    """Without loading SQLAlchemy, which takes a third of the time of a command that needs no database."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return loaded is not None and isinstance(error, loaded.SQLAlchemyError)
