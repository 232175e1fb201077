"""The output of commands: results on stdout, messages on stderr, and exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from sla_platform.telemetry.inert import ORDERS, inert

WRONG = 1
MISUSED = 2
Advance = Callable[[int], None]


class _InertConsole(Console):
    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(inert(text), **options)


def table_console() -> Console:
    """Return a new console for printing tables on stdout.

    The console replaces control characters in texts (`inert`). Call this function for each table: `sys.stdout` may be
    another one at the next table, as in tests.
    """
    wide = None if sys.stdout.isatty() else 2_000  # a pipe has no width that a cell should be cut for
    return _InertConsole(highlight=False, markup=False, width=wide)


def message_console() -> Console:
    """Return a new console for printing messages on stderr.

    The console replaces control characters in texts (`inert`).
    """
    return _InertConsole(stderr=True, highlight=False, markup=False)


def say(text: str, *, nl: bool = True) -> None:
    """Print a text on stdout, with replacements for its control characters (`inert`).

    Args:
        nl: Whether a line break follows.
    """
    typer.echo(inert(text), nl=nl)


def emit(value: Any) -> None:
    """Print a result as indented JSON on stdout."""
    typer.echo(_dumps(value))


def emit_streamed(value: Mapping[str, Any]) -> None:
    """Print a result as indented JSON on stdout, without holding the whole result in memory.

    An iterator in `value` is printed as an array; its items are read and printed one by one.
    """
    for piece in _pieces(value, "\n"):
        typer.echo(piece, nl=False)
    typer.echo()


def _pieces(value: Any, line: str) -> Iterator[str]:
    inner = f"{line}  "
    if isinstance(value, Mapping) and any(isinstance(part, Iterator | Mapping) for part in value.values()):
        separator = "{"
        for name, part in value.items():
            yield f"{separator}{inner}{_dumps(name)}: "
            yield from _pieces(part, inner)
            separator = ","
        yield f"{line}}}"
    elif isinstance(value, Iterator):
        separator = "["
        for part in value:
            yield f"{separator}{inner}{_dumps(part).replace(chr(10), inner)}"
            separator = ","
        yield "[]" if separator == "[" else f"{line}]"
    else:
        yield _dumps(value).replace("\n", line)


def _dumps(value: Any) -> str:
    written = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return ORDERS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)  # the same JSON


def note(message: str) -> None:
    """Print a message on stderr."""
    typer.echo(inert(message), err=True)


def stop(message: str, status: int = MISUSED) -> NoReturn:
    """Print `slad:` and a message on stderr, and end the command by raising typer.Exit.

    Args:
        status: The exit status. The default is 2, for a call that makes no sense.
    """
    typer.echo(inert(f"slad: {message}"), err=True)
    raise typer.Exit(status)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Advance]:
    """Show a progress bar during the `with` block, if stderr is a terminal.

    Yields a function that advances the bar by a number of steps.

    Args:
        title: The text before the bar.
        total: The number of all steps. If None, the number is not known and the bar only shows activity.
    """
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    shape = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*shape, TimeRemainingColumn(), console=message_console(), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)
