"""`slad replay LOG`: judges past incidents by a plan in virtual time. It writes nothing and sends nothing."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_standalone.cli.book import catalogue_at, contract_in, instant_of
from sla_standalone.cli.log import open_log
from sla_standalone.cli.output import WRONG, emit_streamed, note, progress, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.replayed import show_replay
from sla_standalone.replay import Played, ReplayHistory, ReplayRules, VerdictAttribute, play
from sla_standalone.replay.report import (
    agreement_json,
    attainment_json,
    difference_json,
    log_json,
    remarked_json,
    totals_json,
    verdicts_json,
)

_WORTH_HELP = 12_000_000  # bytes of a log; below it starting other processes costs more than it saves


def register(app: typer.Typer) -> None:
    """Add the command `slad replay` to the application."""
    app.command("replay")(replay)


def replay(
    log: Annotated[Path, typer.Argument(parser=path, help="JSON lines of CloudEvents, or CSV with --map.")],
    plan: Annotated[
        Path | None, typer.Option(parser=path, help="A catalogue file with the plan and a contract under it.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="A catalogue directory; the same as --plan.")
    ] = None,
    contract: Annotated[str, typer.Option(help="Judge every incident under this contract.")] = "",
    mapping: Annotated[Path | None, typer.Option("--map", parser=path, help="How to read the CSV.")] = None,
    against: Annotated[
        Path | None, typer.Option(parser=path, help="Another catalogue: which outcomes would change?")
    ] = None,
    against_contract: Annotated[str, typer.Option(help="The other contract. Default: as --contract.")] = "",
    verdict: Annotated[str, typer.Option(help="An attribute with somebody else's verdict, for logs of events.")] = "",
    verdict_metric: Annotated[str, typer.Option(help="The metric that verdict is about.")] = "resolution",
    expect: Annotated[float | None, typer.Option(help="Exit 1 below this agreement.", min=0, max=1)] = None,
    until: Annotated[str, typer.Option(help="What happened later has not happened (UTC without an offset).")] = "",
    jobs: Annotated[int, typer.Option(help="Processes; 0 chooses.", min=0, max=64)] = 0,
    each: Annotated[bool, typer.Option("--each", help="Also print the verdict of every incident.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with every verdict.")] = False,
) -> None:
    """Judge the past incidents of a log by a plan, or by two plans to compare.

    Printed are the verdicts, the attainment by priority and month, how often another system's verdicts in the log
    agree, and which verdicts differ between the two plans. Exit status: 0 done, 1 lines could not be read or the
    agreement is below --expect, 2 the call makes no sense.
    """
    if plan is not None and catalogue is not None:
        stop("--plan and --catalogue are two names for one thing: give one of them")
    book = catalogue_at(plan or catalogue)
    rules = [_rules_of(book, contract, shipped=plan is None and catalogue is None)]
    compared = against is not None or bool(against_contract)
    if compared:
        other = book if against is None else catalogue_at(against)
        rules.append(_rules_of(other, against_contract or contract, shipped=False))
    claimed = VerdictAttribute(verdict, verdict_metric) if verdict else None
    end = instant_of(until, "UTC", "--until") if until else None
    chosen = jobs or _processes(log)
    with open_log(log, mapping, book.sources, claimed, chosen) as history:
        played = _played(history, rules, end, chosen, each or json)
        if json:
            emit_streamed(_json(log, rules, played))
        else:
            show_replay(rules, played, each=each)
    raise typer.Exit(_status(played, expect))


def _rules_of(book: Catalogue, contract: str, *, shipped: bool) -> ReplayRules:
    if contract:
        return ReplayRules(book, contract_in(book, contract).id)
    if shipped:
        known = ", ".join(sorted(book.rulebook.contracts))
        stop(f"by which plan? Give --plan or --catalogue, or --contract with one of the shipped: {known}")
    return ReplayRules(book)


def _processes(log: Path) -> int:
    return (os.cpu_count() or 1) if log.exists() and log.stat().st_size >= _WORTH_HELP else 1


def _played(history: ReplayHistory, rules: list[ReplayRules], until: datetime | None, jobs: int, each: bool) -> Played:
    with progress("judging lines", history.lines) as advance:
        return play(history, rules, until=until, jobs=jobs, each=each, advance=advance)


def _json(log: Path, rules: list[ReplayRules], played: Played) -> dict[str, Any]:
    figures, records = played.figures, played.records
    return {
        "log": str(log),
        **log_json(played),
        "plan": _rules_json(rules[0]),
        "totals": totals_json(figures.totals),
        "attainment": attainment_json(figures.attainment),
        "agreement": agreement_json(figures.agreement, records) if figures.compares else None,
        "against": None if len(rules) == 1 else _rules_json(rules[1]) | difference_json(figures.changes, records),
        "verdicts": verdicts_json(records),
        "remarked": remarked_json(records),
    }


def _rules_json(one: ReplayRules) -> dict[str, Any]:
    rules = one.catalogue.rulebook
    contract = None if one.contract is None else rules.contracts[ContractId(one.contract)]
    return {
        "catalogue": one.catalogue.version,
        "contract": None if contract is None else contract.id,
        "holidays": rules.holidays_version,
        "tzdata": rules.tzdata_version,
    }


def _status(played: Played, expect: float | None) -> int:
    status = WRONG if played.rejected else 0
    if expect is None:
        return status
    ratio = played.figures.agreement.whole.ratio
    if ratio is None:
        stop("--expect needs a verdict to compare with: `verdict:` in the mapping, or --verdict")
    if ratio < expect:
        note(f"the agreement of {ratio:.4f} is below {expect}")
        return WRONG
    return status
