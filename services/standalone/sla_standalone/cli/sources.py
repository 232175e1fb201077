"""`slad sources`: the state of the ticketing systems that send to a running service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from sla_domain.target_text import elapsed_text
from sla_standalone.cli.output import WRONG, emit, note, say, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client


def register(app: typer.Typer) -> None:
    """Add the command `slad sources` to the application."""
    app.command("sources")(sources)


def sources(
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the sources (ticketing systems that post to slad), each with its last delivery and expected silence.

    Also shown are the deliveries of the last 24 hours by outcome, those refused for a wrong signature, and remarks.
    Needs a key with the scope read. With a key of one contract, only the deliveries for this contract are counted. Exit
    status: 0 no source has been silent for longer than expected, 1 at least one has, 2 a service does not answer.
    """
    with open_client(url, key) as client:
        seen = fetch_json(client, "/v1/sources", {})
    late = [one["source"] for one in seen["sources"] if one["silent"]]
    if json:
        emit(seen)
    elif not seen["sources"]:
        say("the catalogue has no sources")
    else:
        _tell(seen["sources"])
    for name in late:
        note(f"{name} is silent for longer than expected: look at the delivery log of the ticketing system")
    for one in seen["sources"]:
        if one["unproven"]:
            why = "; ".join(f"{count}: {reason}" for reason, count in one["unproven"].items())
            note(f"{one['source']} was turned away for a bad proof, the last time at {one['unproven_at']} ({why})")
    raise typer.Exit(WRONG if late else 0)


def _tell(seen: list[Mapping[str, Any]]) -> None:
    table = Table(
        "source",
        "dialect",
        "last delivery",
        "silent for",
        "expected",
        "in 24 hours",
        "bad proof",
        "lag",
        "waiting",
        "remarks",
    )
    for one in seen:
        table.add_row(
            one["source"],
            one["dialect"],
            one["last_at"] or "never",
            _span(one["silent_seconds"]),
            _span(one["expected_silence_seconds"]),
            "too many" if one["last_day"] is None else _counts(one["last_day"]),
            "-" if not one["unproven"] else str(sum(one["unproven"].values())),
            _span(one["lag_seconds"]),
            "-" if one["waiting"] is None else str(one["waiting"]),
            _counts(one["remarks"]),
        )
    table_console().print(table)


def _span(seconds: float | None) -> str:
    return "-" if seconds is None else elapsed_text(timedelta(seconds=seconds))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "-"
