"""`slad apply DIR`: check a catalogue, show what it changes, and install it where the services read theirs.

Services of a file-based deployment watch the folder that SLAD_CATALOGUE names and take a changed catalogue within
seconds, if it is sound; open clocks are then moved, ended verdicts stay. `apply` is the safe way to change that folder:
nothing is copied unless the files are sound, their own `tests:` hold, and nothing else would be lost (see `plan`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sla_catalogue import Catalogue, CatalogueInvalid, FindingLevel, load_catalogue, load_text
from sla_catalogue import check_files as check_catalogue
from sla_platform.audit.act import Command
from sla_platform.errors import PlatformError
from sla_platform.settings import Settings
from sla_standalone.cli.apply.changes import compare_catalogues
from sla_standalone.cli.apply.install import Installed
from sla_standalone.cli.apply.open_clocks import OpenClocks, compare_open_clocks
from sla_standalone.cli.apply.plan import InstallPlan, InstallRefused, plan_install
from sla_standalone.cli.apply.record import install_recorded
from sla_standalone.cli.apply.report import Report, as_json, print_report
from sla_standalone.cli.check import problem_json, summary
from sla_standalone.cli.inforce import stored_text
from sla_standalone.cli.operator import operator_command
from sla_standalone.cli.output import WRONG, emit, note, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, service_answers
from sla_standalone.rehearsal.scenario import run_all_scenarios


def register(app: typer.Typer) -> None:
    """Add the command `slad apply` to the application."""
    app.command("apply")(apply)


def apply(
    source: Annotated[
        Path, typer.Argument(parser=path, metavar="DIR", help="The catalogue to apply, a directory or a file.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show; copy nothing.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(parser=path, help="Where the services read. Default: SLAD_CATALOGUE, if that is set."),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            help="A running service: which of its open clocks would move? Dry runs ask this machine's.",
            envvar="SLAD_URL",
        ),
    ] = "",
    key: Key = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a catalogue, show what it would change, and copy it to where the services read theirs.

    Exit status: 0 the catalogue was applied or, with --dry-run, could be; 1 it has errors, or its own tests fail; 2 the
    call makes no sense, or the catalogue cannot be copied there.
    """
    if not source.exists():
        stop(f"{source}: no such file or directory")
    settings, command = Settings(), operator_command(reason)
    placed = to is not None or "catalogue" in settings.model_fields_set
    if not placed and not dry_run:
        stop("where do the services read? Say --to DIR, or set SLAD_CATALOGUE; slad's example is not written over")
    target = to or settings.catalogue
    new = _sound(source, json)
    failed = [result for result in run_all_scenarios(source, new) if not result.passed]
    old = _in_force(source, target)
    difference = None if old is None else compare_catalogues(old, new)
    seen = _seen(url, key, new) if url or dry_run else None
    plan = _planned(source, target) if placed and not failed and not _same_place(source, target) else None
    done = _installed(settings, plan, old, new, command) if plan is not None and not dry_run else None
    report = Report(target, old, new, difference, seen, done, tuple(failed), dry_run, placed)
    if json:
        emit(as_json(report))
    else:
        print_report(report)
    raise typer.Exit(WRONG if failed else 0)


def _seen(url: str, key: str, new: Catalogue) -> OpenClocks | None:
    """The open clocks of the service named; of this machine's, if there is one, where none was named."""
    if not url and not service_answers(DEFAULT_URL):
        note(f"no service answers at {DEFAULT_URL}: its open clocks were not looked at (--url)")
        return None
    return compare_open_clocks(url or DEFAULT_URL, key, new.rulebook)


def _sound(source: Path, json: bool) -> Catalogue:
    """The new catalogue; errors end the command."""
    problems = check_catalogue(source)
    if not any(problem.severity is FindingLevel.ERROR for problem in problems):
        return load_catalogue(source)
    if json:
        emit({"applied": False, "problems": [problem_json(problem) for problem in problems]})
    for problem in problems:
        note(str(problem))
    return stop(f"{source} is not applied: {summary(problems)}", WRONG)


def _in_force(source: Path, target: Path) -> Catalogue | None:
    """The files at the target; where those are the new ones already, the newest version a service has stored."""
    if not _same_place(source, target):
        try:
            return load_catalogue(target) if target.exists() else None
        except CatalogueInvalid:
            note(f"slad: {target} does not form a catalogue: nothing to compare with")
            return None
    try:
        text = stored_text(Settings())
    except PlatformError as error:
        note(f"slad: the store cannot say what is in force: {error}")
        return None
    return None if text is None else load_text(text)


def _same_place(source: Path, target: Path) -> bool:
    return target.exists() and source.resolve() == target.resolve()


def _planned(source: Path, target: Path) -> InstallPlan:
    """What is to be written; a target that cannot hold the catalogue ends the command, in a dry run too."""
    try:
        return plan_install(source, target)
    except InstallRefused as error:
        stop(f"{error}; nothing was changed")
    except OSError as error:
        stop(f"{error.filename or target} cannot be read: {error.strerror or error}")


def _installed(
    settings: Settings, plan: InstallPlan, old: Catalogue | None, new: Catalogue, command: Command
) -> Installed:
    try:
        done, unrecorded = install_recorded(settings, plan, old, new, command)
        if unrecorded:
            note(f"slad: who applied it is not in the audit log: {unrecorded}")
        return done
    except OSError as error:
        stop(f"{plan.target} cannot be written: {error.strerror or error}")
