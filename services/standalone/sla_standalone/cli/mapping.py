"""`slad map`: what the map of a source makes of a delivery, without a running service; and the presets that ship."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from sla_catalogue import CatalogueInvalid, Dialect, Source, SourceId, load_sources
from sla_catalogue.preset import UnknownPreset, preset_names, preset_text
from sla_catalogue.problem import did_you_mean
from sla_ingest.dialect import Accepted, Delivery, Ignored, Outcome, Parked, Refused, TranslatedEvent
from sla_ingest.dialect.mapped_trial import MapTrial, try_map
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.output import WRONG, emit, say, stop
from sla_standalone.cli.place import path

_SHOWN = 120  # characters of a value in the text


class TrialFormat(StrEnum):
    """The forms in which `slad map try` prints its result."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands `slad map …` to the application."""
    group = typer.Typer(
        name="map", help="What the map of a source makes of a delivery; the presets that ship.", no_args_is_help=True
    )
    group.callback()(_group)
    group.command("try")(try_)
    group.command("preset")(preset)
    app.add_typer(group)


def _group() -> None: ...


def preset(
    name: Annotated[str, typer.Argument(help="The preset to print. Without it, the names are listed.")] = "",
) -> None:
    """List slad's presets (ready maps for certain ticketing systems), or print one with what to set up at the system.

    A map says where the parts of an event are in a delivery. Exit status: 0 printed, 2 no such preset.
    """
    if not name:
        for each in preset_names():
            say(each)
        return
    try:
        say(preset_text(name), nl=False)
    except UnknownPreset as unknown:
        stop(f"{unknown}; {did_you_mean(name, unknown.known) or 'slad map preset lists them'}")


def try_(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's id in the catalogue.")],
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="Catalogue directory or file. Default: SLAD_CATALOGUE.")
    ] = None,
    headers: Annotated[Path | None, typer.Option(parser=path, help="A file of lines `Name: value`.")] = None,
    form: Annotated[TrialFormat, typer.Option("--format", help="text or json.")] = TrialFormat.TEXT,
) -> None:
    """Read a delivery from standard input, and print the events into which a source's map translates it.

    A map says where the parts of an event are in a delivery. Also printed is what each expression of the map found, and
    which entries of `when` apply. Nothing is stored. Exit status: 0 understood, 1 not understood (parked), refused or
    failed, 2 the call makes no sense.
    """
    by = _source(source, catalogue or Settings().catalogue)
    settings = Settings()
    body = sys.stdin.buffer.read(settings.max_body_bytes + 1)
    if len(body) > settings.max_body_bytes:
        stop(f"the body has more than {settings.max_body_bytes} bytes, which is the most that slad takes in")
    delivery = Delivery(
        body=body, headers=_headers(headers), received_at=SystemTime().now(), max_depth=settings.max_depth
    )
    trials = try_map(delivery, by)
    if form is TrialFormat.JSON:
        emit({"source": by.id, "events": [_json(trial) for trial in trials]})
    else:
        for number, trial in enumerate(trials, 1):
            _print(trial, f"event {number} of {len(trials)}" if len(trials) > 1 else "")
    bad = any(isinstance(one.translation.outcome, Parked | Refused) or one.failed for one in trials)
    raise typer.Exit(WRONG if bad else 0)


def _source(name: str, where: Path) -> Source:
    if not where.exists():
        stop(f"{where}: no such file or directory")
    try:
        sources = load_sources(where)
    except CatalogueInvalid as invalid:
        stop(str(invalid))
    found = sources.get(SourceId(name))
    if found is None:
        stop(f"no source {name!r}; {did_you_mean(name, sources) or 'known: ' + (', '.join(sorted(sources)) or 'none')}")
    if found.dialect is not Dialect.MAPPED:
        stop(f"the source {name!r} has the dialect {found.dialect.value}, which is read without a map")
    return found


def _headers(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{file}: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            stop(f"{file}:{number}: a header is written as `Name: value`")
        if line.strip():
            found[name.strip().lower()] = value.strip()
    return found


# -- what is shown


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome of the translation of a delivery as JSON values.

    The key `outcome` has the outcome's name. An accepted or ignored delivery also has `events`, each with `remarks`. An
    ignored, parked or refused delivery has `reason`.
    """
    match outcome:
        case Accepted(events):
            return {"outcome": "accepted", "events": [_event_json(one) for one in events]}
        case Ignored(reason, detail, observed):
            shown = [] if observed is None else [_event_json(observed)]
            why = {"code": reason.code, "text": reason.value, "detail": detail}
            return {"outcome": "ignored", "reason": why, "events": shown}
        case Parked(reason, detail):
            return {"outcome": "parked", "reason": {"code": reason.code, "text": reason.value, "detail": detail}}
        case Refused():
            why = {"code": str(outcome.status), "text": outcome.title, "detail": outcome.detail}
            return {"outcome": "refused", "reason": why}
        case _:
            return {"outcome": "worked"}


def _event_json(one: TranslatedEvent) -> dict[str, Any]:
    event, seen = one.event, one.event.snapshot
    shown = None if seen is None else {"phase": seen.phase_text, "attributes": dict(seen.attributes)}
    return {
        "incident": event.incident, "kind": event.kind.value, "occurred_at": event.occurred_at.isoformat(),
        "quality": event.quality.value, "actor": event.actor.value, "actor_name": event.actor_name,
        "waiting_on": None if event.waiting_on is None else event.waiting_on.value, "reason": event.reason,
        "attributes": dict(event.attributes), "snapshot": shown, "remarks": [noted.as_json() for noted in one.remarks],
    }  # fmt: skip


def _json(trial: MapTrial) -> dict[str, Any]:
    return {
        "came": trial.event, "found": dict(trial.found), "failed": dict(trial.failed), "applied": list(trial.applied),
        "delivery": trial.translation.delivery, **outcome_json(trial.translation.outcome),
    }  # fmt: skip


def _print(trial: MapTrial, title: str) -> None:
    if title:
        say(title)
    for name, value in trial.found.items():
        mark = " <- applies" if name.startswith("when[") and int(name[5:-1]) in trial.applied else ""
        say(f"  {name:<16} {_short(value)}{mark}")
    for why in trial.failed.values():
        say(f"  failed: {why}")
    found = outcome_json(trial.translation.outcome)
    reason = found.get("reason")
    if reason is not None:
        more = f": {reason['detail']}" if reason["detail"] else ""
        say(f"{found['outcome']}: {reason['text']}{more}")
    for event in found.get("events", ()):
        words = [event["kind"], event["incident"], event["occurred_at"], f"({event['quality']})"]
        if event["waiting_on"]:
            words.append(f"waiting on {event['waiting_on']}")
        if event["actor"] != "unknown":
            words.append(f"by {event['actor']} {event['actor_name']}".rstrip())
        say(f"{found['outcome']}: {' '.join(words)}")
        stated = {**(event["snapshot"] or {}).get("attributes", {}), **event["attributes"]}
        if event["snapshot"]:
            stated = {"phase": event["snapshot"]["phase"] or "not known", **stated}
        for name, value in stated.items():
            say(f"    {name:<14} {_short(value)}")
        for remark in event["remarks"]:
            say(f"    remark: {remark['text']}{': ' + remark['detail'] if 'detail' in remark else ''}")


def _short(value: Any) -> str:
    if value is None:
        return "-"
    try:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, RecursionError):
        text = "(a value that is nested very deep)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
