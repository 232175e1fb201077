"""`slad explain INCIDENT`: how the due instants of its clocks come about, from a running service or a log of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sla_domain.errors import CalendarError
from sla_domain.event import IncidentEvent
from sla_domain.explain import events_known_at
from sla_domain.fold import fold
from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import catalogue_at, contract_in, instant_of
from sla_standalone.cli.log import open_log
from sla_standalone.cli.output import WRONG, emit, note, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, incident_path, open_client
from sla_standalone.cli.words import Lang
from sla_standalone.replay import ReplayHistory
from sla_timer.answer import explained_json


def register(app: typer.Typer) -> None:
    """Add the command `slad explain` to the application."""
    app.command("explain")(explain)


def explain(
    incident: Annotated[str, typer.Argument(help="<source>:<its own id>, e.g. demo:DEMO-1.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    metric: Annotated[str, typer.Option(help="Only this one, e.g. resolution.")] = "",
    at: Annotated[str, typer.Option(help="As of this instant (UTC without an offset). Default: now.")] = "",
    lang: Lang = "en",
    events: Annotated[
        Path | None, typer.Option(parser=path, help="A log instead of a service: JSON lines, or CSV with --map.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--map", parser=path, help="How to read the CSV.")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="With --events: whose rules. Default: shipped plans.")
    ] = None,
    contract: Annotated[str, typer.Option(help="With --events: under this contract, whoever the customer is.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain the clocks of an incident: which time counted, which did not and why, and the due instant.

    Exit status: 0 explained, 1 no such incident or metric, 2 the call makes no sense.
    """
    moment = instant_of(at, "UTC", "--at").astimezone(UTC) if at else None
    if events is None:
        answer = _asked(url, key, incident, metric, moment, lang)
    else:
        answer = _read(events, mapping, catalogue, contract, incident, metric, moment, lang)
    if json:
        if not answer["clocks"]:
            _nothing(answer, metric)
        emit(answer)
        return
    say("\n".join(clock["text"] for clock in answer["clocks"]), nl=False)
    remarks = answer.get("remarks", ())  # a service of an older release sends none
    if remarks:
        say(f"\n{len(remarks)} remark(s) on the incident:" if lang == "en" else f"\n{answer['remarks_title']}")
    for remark in remarks:
        say(f"  {remark['kind']}: {remark['text']}" if lang == "en" else f"  {remark['text']}")
    if not answer["clocks"]:
        _nothing(answer, metric)  # the remarks say why


def _asked(url: str, key: str, incident: str, metric: str, at: datetime | None, lang: str) -> dict[str, Any]:
    parameters: dict[str, str | int] = {"lang": lang, "metric": metric}
    if at is not None:
        parameters["at"] = at.isoformat()
    with open_client(url, key) as client:
        return fetch_json(client, f"{incident_path(incident)}/explain", parameters)


def _read(
    log: Path,
    mapping: Path | None,
    catalogue: Path | None,
    contract: str,
    incident: str,
    metric: str,
    at: datetime | None,
    lang: str,
) -> dict[str, Any]:
    book = catalogue_at(catalogue)
    with open_log(log, mapping, book.sources) as history:
        events = _events_of(incident, history)
    if contract:
        forced = contract_in(book, contract)
        rules = replace(book.rulebook, default_contract=forced.id, by_customer={})
    else:
        rules = book.rulebook
    try:
        known = events_known_at(events, at) if at is not None else events
        folded = fold(known, rules) if known else None
        return explained_json(events[0].incident, folded, rules, at or SystemTime().now(), lang, metric)
    except CalendarError as error:
        stop(str(error), WRONG)


def _events_of(incident: str, history: ReplayHistory) -> Sequence[IncidentEvent]:
    """By slad's id, or by the sender's own where that is not ambiguous."""
    named, own, known, count = dict[str, list[Any]](), dict[str, list[Any]](), list[str](), 0
    for key, lines in history.each():
        count += 1
        known = sorted([*known, key])[:5]
        if incident in (key, key.partition(":")[2]):
            named[key] = lines
        elif incident.partition(":")[2] == key:
            own[key] = lines
    found = named or own
    if len(found) != 1:
        stop(f"no incident {incident!r} in the log; it has {count}, such as {', '.join(known)}", WRONG)
    ((key, lines),) = found.items()
    life = history.reader.life(key, lines)
    for reject in life.rejects:
        note(f"line {reject.line}: {reject.reason}")
    if not life.events:
        stop(f"nothing in the log about {incident!r} could be read", WRONG)
    return life.events


def _nothing(answer: dict[str, Any], metric: str) -> None:
    what = f"no clock of {metric}" if metric else "no clock"
    stop(f"{answer['incident']} has {what} at {answer['at']}", WRONG)
