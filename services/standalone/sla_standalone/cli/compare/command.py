"""The command `slad compare`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import catalogue_at, contract_in, instant_of
from sla_standalone.cli.compare.ours import OwnClocks, clocks_of_log, clocks_of_service
from sla_standalone.cli.compare.shown import comparison_json, show_comparison
from sla_standalone.cli.log import open_log
from sla_standalone.cli.output import WRONG, emit, note, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client
from sla_standalone.compare import (
    ENGINES,
    BadExport,
    Engine,
    ReadOptions,
    TheirClock,
    UnreadableRow,
    compare,
    read_export,
)


def register(app: typer.Typer) -> None:
    """Add the command `slad compare` to the application."""
    app.command("compare")(compare_with)


def compare_with(
    export: Annotated[Path, typer.Argument(parser=path, metavar="FILE", help="What the other engine exported.")],
    engine: Annotated[str, typer.Option(help=f"Whose: {', '.join(ENGINES)}.")],
    source: Annotated[
        str, typer.Option(help="A ticket is <source>:<its name> in slad. Default: its name is the whole id.")
    ] = "",
    metric: Annotated[
        list[str] | None, typer.Option(metavar="TARGET=METRIC", help="What they call a target is this metric of slad.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Of times without an offset in the export.")] = "UTC",
    tolerance: Annotated[int, typer.Option(help="Seconds that two instants may lie apart.", min=0)] = 60,
    log: Annotated[
        Path | None,
        typer.Option(parser=path, help="Judge this history instead of asking a service."),
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--map", parser=path, help="How to read the CSV.")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="With --log: whose rules. Default: shipped plans.")
    ] = None,
    contract: Annotated[str, typer.Option(help="With --log: under this contract, whoever the customer is.")] = "",
    until: Annotated[str, typer.Option(help="As of this instant (UTC without an offset).")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
    expect: Annotated[float | None, typer.Option(help="Exit 1 only below this share.", min=0, max=1)] = None,
    each: Annotated[bool, typer.Option("--each", help="Print every difference.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with every difference.")] = False,
) -> None:
    """Compare the verdicts and due instants of another SLA engine with slad's, and say why they differ.

    slad's verdicts come from a running service (the default), or are computed from a file of events and a catalogue
    (--log). Nothing is written or sent. Exit status: 0 all clocks agree (or the share of equal verdicts reaches
    --expect), 1 they do not or a row could not be read, 2 the call makes no sense.
    """
    reader = ENGINES.get(engine)
    if reader is None:
        stop(f"--engine {engine}: it is one of {', '.join(ENGINES)}")
    if zone not in available_timezones():
        stop(f"--zone {zone}: no such time zone")
    if log is None and (mapping or catalogue or contract):
        stop("--map, --catalogue and --contract judge a history: give --log, too")
    moment = instant_of(until, "UTC", "--until").astimezone(UTC) if until else None
    named = _metrics(metric or ())
    if log is None:
        now = moment or SystemTime().now().astimezone(UTC)
        theirs, rejects = _read(export, reader, ReadOptions(now, zone, named))
        with open_client(url, key) as client:
            ours = clocks_of_service(client, _tickets(theirs), source, now)
        lookup = {names[0]: ours.of(names) for names in _tickets(theirs)}
    else:
        ours = _of_log(log, mapping, catalogue, contract, moment)
        theirs, rejects = _read(export, reader, ReadOptions(ours.until, zone, named))
        lookup = {names[0]: ours.of(_with_source(names, source)) for names in _tickets(theirs)}
    measured = {*reader.metrics, *named.values()}
    found = compare(theirs, lookup, measured, ours.until, timedelta(seconds=tolerance))
    if json:
        emit({"engine": engine, "export": str(export), "until": ours.until} | comparison_json(found, rejects))
    else:
        show_comparison(engine, found, rejects, each=each)
        note(f"{len(theirs)} clocks of {engine}, as of {ours.until:%Y-%m-%d %H:%M}Z; nothing was written or sent")
    agrees = not found.differences if expect is None else (found.ratio or 0.0) >= expect
    if rejects or ours.rejected or not agrees:
        raise typer.Exit(WRONG)


def _metrics(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in given:
        target, mark, metric = one.rpartition("=")
        if not mark or not target.strip() or not metric.strip():
            stop(f"--metric {one!r}: write TARGET=METRIC, such as 'Priority 1 answer=first_response'")
        found[target.strip().lower()] = metric.strip()
    return found


def _read(export: Path, engine: Engine, options: ReadOptions) -> tuple[list[TheirClock], list[UnreadableRow]]:
    theirs: list[TheirClock] = []
    rejects: list[UnreadableRow] = []
    try:
        for one in engine.read(read_export(export), options):
            if isinstance(one, UnreadableRow):
                rejects.append(one)
            else:
                theirs.append(one)
    except BadExport as error:
        stop(str(error))
    if not theirs:
        for reject in rejects[:5]:
            note(f"row {reject.row}: {reject.reason}")
        stop(f"{export} has no target of any ticket; expected: {engine.exports}", WRONG if rejects else 2)
    return theirs, rejects


def _tickets(theirs: Sequence[TheirClock]) -> list[tuple[str, ...]]:
    return list({clock.names[0]: clock.names for clock in theirs}.values())


def _with_source(names: tuple[str, ...], source: str) -> tuple[str, ...]:
    return tuple(f"{source}:{name}" for name in names) if source else names


def _of_log(
    log: Path, mapping: Path | None, catalogue: Path | None, contract: str, until: datetime | None
) -> OwnClocks:
    book = catalogue_at(catalogue)
    if contract:
        contract_in(book, contract)
    with open_log(log, mapping, book.sources) as history:
        return clocks_of_log(history, book, contract, until)
