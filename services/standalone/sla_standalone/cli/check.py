"""`slad check DIR`: all problems of a catalogue at once, and its own tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, assert_never

import typer

from sla_catalogue import FileProblem, FindingLevel, ScenarioResult, load_catalogue
from sla_catalogue import check_files as check_catalogue
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.output import WRONG, emit, note, say, stop
from sla_standalone.cli.place import path
from sla_standalone.rehearsal.scenario import run_all_scenarios


class Format(StrEnum):
    """The forms in which `slad check` prints problems."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    """Workflow commands that annotate files on GitHub."""


def register(app: typer.Typer) -> None:
    """Add the command `slad check` to the application."""
    app.command("check")(check)


def check(
    path: Annotated[
        Path | None, typer.Argument(parser=path, help="Catalogue directory or file. Default: SLAD_CATALOGUE.")
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Also run the `tests:` of the files.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print problems.")] = Format.TEXT,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Warn of what ends soon as of this day.")
    ] = None,
) -> None:
    """Report all problems of a catalogue at once; with --tests, also run its own tests.

    Warns when known holidays, or the years for which calendars are computed, end within 90 days. Exit status: 0 sound
    (warnings are possible), 1 problems or failed tests, 2 no such path.
    """
    where = path or Settings().catalogue
    if not where.exists():
        stop(f"{where}: no such file or directory")
    problems = check_catalogue(where, today=(today or SystemTime().now()).date())
    failed = any(problem.severity is FindingLevel.ERROR for problem in problems)
    results = run_all_scenarios(where, load_catalogue(where)) if tests and not failed else ()
    _print(problems, results, Format.JSON if json else form, asked=tests)
    raise typer.Exit(WRONG if failed or not all(result.passed for result in results) else 0)


def problem_json(problem: FileProblem) -> dict[str, Any]:
    """Return a problem of a catalogue as JSON values: file, line, column, severity, code, message and hint."""
    return {
        "file": problem.file, "line": problem.line, "column": problem.column, "severity": problem.severity.value,
        "code": problem.code, "message": problem.message, "hint": problem.hint,
    }  # fmt: skip


def summary(problems: Sequence[FileProblem]) -> str:
    """Return how many errors and how many warnings there are, as text such as `2 error(s), 1 warning(s)`."""
    errors = sum(problem.severity is FindingLevel.ERROR for problem in problems)
    return f"{errors} error(s), {len(problems) - errors} warning(s)"


def _print(problems: Sequence[FileProblem], results: Sequence[ScenarioResult], form: Format, *, asked: bool) -> None:
    match form:
        case Format.JSON:
            emit(_json(problems, results))
        case Format.GITHUB:
            for line in (*map(_annotation, problems), *_failures(results)):
                say(line)
        case Format.TEXT:
            for problem in problems:
                say(str(problem))
            note(summary(problems))
        case _:
            assert_never(form)
    if asked and form is not Format.JSON:
        _tell(results)


def _json(problems: Sequence[FileProblem], results: Sequence[ScenarioResult]) -> dict[str, Any]:
    errors = sum(problem.severity is FindingLevel.ERROR for problem in problems)
    return {
        "errors": errors,
        "warnings": len(problems) - errors,
        "problems": [problem_json(problem) for problem in problems],
        "scenarios": [
            {
                "name": result.scenario.name,
                "line": result.scenario.line,
                "passed": result.passed,
                "clauses": list(result.scenario.clauses),
                "failures": list(result.failures),
            }
            for result in results
        ],
    }


def _tell(results: Sequence[ScenarioResult]) -> None:
    for result in results:
        clauses = f" [{', '.join(result.scenario.clauses)}]" if result.scenario.clauses else ""
        note(f"{'ok  ' if result.passed else 'FAIL'} {result.scenario.name}{clauses}")
        for failure in result.failures:
            note(f"     {failure}")
    note(f"{sum(result.passed for result in results)} of {len(results)} scenarios hold")


# -- workflow commands, as GitHub reads them from a job's output


def _annotation(problem: FileProblem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    return (
        f"::{problem.severity.value} file={_property(problem.file)},line={problem.line},col={problem.column},"
        f"title={_property(problem.code)}::{_data(problem.message + hint)}"
    )


def _failures(results: Sequence[ScenarioResult]) -> list[str]:
    lines = []
    for result in results:
        file, _, line = result.scenario.line.rpartition(":")
        for failure in result.failures:
            place = f"file={_property(file)},line={line},title={_property(result.scenario.name)}"
            lines.append(f"::error {place}::{_data(failure)}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
