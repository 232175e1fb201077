"""`slad check DIR`: everything wrong with a catalogue at once, and its scenarios run as tests."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from sla_catalogue import Problem, Severity, load_catalogue, run_scenarios
from sla_catalogue import check as check_catalogue


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    path: Annotated[Path, typer.Argument(help="Catalogue directory or file.")],
    tests: Annotated[bool, typer.Option("--tests", help="Also run the `tests:` of the files.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print problems.")] = Format.TEXT,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Exit status: 0 sound (warnings are possible), 1 problems or failed scenarios, 2 no such path."""
    if not path.exists():
        typer.echo(f"slad: {path}: no such file or directory", err=True)
        raise typer.Exit(2)
    problems = check_catalogue(path)
    _print(problems, Format.JSON if json else form)
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    if tests and not failed:
        failed = not _scenarios(path)
    raise typer.Exit(1 if failed else 0)


def _print(problems: list[Problem], form: Format) -> None:
    match form:
        case Format.JSON:
            typer.echo(orjson.dumps([_plain(problem) for problem in problems], option=orjson.OPT_INDENT_2).decode())
        case Format.GITHUB:
            for problem in problems:
                typer.echo(
                    f"::{problem.severity.value} file={problem.file},line={problem.line},col={problem.column},"
                    f"title={problem.code}::{problem.message}"
                )
        case Format.TEXT:
            for problem in problems:
                typer.echo(str(problem))
            errors = sum(problem.severity is Severity.ERROR for problem in problems)
            typer.echo(f"{errors} error(s), {len(problems) - errors} warning(s)", err=True)


def _plain(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file, "line": problem.line, "column": problem.column, "severity": problem.severity.value,
        "code": problem.code, "message": problem.message, "hint": problem.hint,
    }  # fmt: skip


def _scenarios(path: Path) -> bool:
    """Run every scenario; True when all hold."""
    results = run_scenarios(load_catalogue(path))
    for result in results:
        typer.echo(f"{'ok  ' if result.passed else 'FAIL'} {result.scenario.name}", err=True)
        for failure in result.failures:
            typer.echo(f"     {failure}", err=True)
    typer.echo(f"{sum(result.passed for result in results)} of {len(results)} scenarios hold", err=True)
    return all(result.passed for result in results)
