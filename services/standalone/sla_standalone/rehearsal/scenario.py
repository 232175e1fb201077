"""The `tells:` of a catalogue's tests: a rehearsal of each, what left against what was expected."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from sla_catalogue import Catalogue, ScenarioResult, run_scenarios, scenario_events
from sla_catalogue.assembly.scenario import ExpectedMessage, Scenario
from sla_domain.calendar import load_zone
from sla_domain.event import IncidentEvent, IncidentId
from sla_standalone.rehearsal.rehearsal import rehearsal, rehearsal_settings
from sla_standalone.rehearsal.told import ToldLine, contract_customer, told

_INCIDENT = IncidentId("test:INC-1")


def run_all_scenarios(files: Path, catalogue: Catalogue) -> tuple[ScenarioResult, ...]:
    """Run all tests of a catalogue, also those about who is notified (`tells`), and return their results in order.

    For each test with `tells`, the services run on an empty database with a clock of their own, and send nothing. This
    takes some seconds.

    Args:
        files: The catalogue's folder or file.
        catalogue: The catalogue that was read from `files`.
    """
    return tuple(
        result
        if result.scenario.tells is None
        else replace(result, failures=(*result.failures, *_untold(result.scenario, files, catalogue)))
        for result in run_scenarios(catalogue)
    )


def _untold(scenario: Scenario, files: Path, catalogue: Catalogue) -> Sequence[str]:
    customer = scenario.attributes.get("customer") or contract_customer(catalogue, scenario.contract, scenario.opened)
    if customer is None:
        return (f"no customer's incident of {scenario.opened:%Y-%m-%d} falls under the contract: nobody is told",)
    named = replace(scenario, attributes=dict(scenario.attributes) | ({"customer": customer} if customer else {}))
    with tempfile.TemporaryDirectory(prefix="slad-test-") as folder:
        lines = asyncio.run(_rehearse(named, Path(folder), files, catalogue))
    zone = load_zone(catalogue.rulebook.contracts[scenario.contract].zone)
    return tuple(told_otherwise(scenario.tells or (), lines, zone))


async def _rehearse(scenario: Scenario, folder: Path, files: Path, catalogue: Catalogue) -> tuple[ToldLine, ...]:
    events = sorted(scenario_events(scenario, _INCIDENT), key=lambda event: event.received_at)
    async with rehearsal(folder, rehearsal_settings(folder, files), scenario.opened) as run:
        for at, some in groupby(events, key=_received):
            await run.go(at)
            await run.happen(some)
        await run.go(scenario.now)
        return await told(run, catalogue)


def _received(event: IncidentEvent) -> datetime:
    return event.received_at


def told_otherwise(expected: Sequence[ExpectedMessage], lines: Sequence[ToldLine], zone: ZoneInfo) -> Iterator[str]:
    """Yield a text for each difference between the messages that a test expects and those of its rehearsal.

    A difference is an expected message that was not sent, or a sent message that was not expected.

    Args:
        expected: The messages that a test expects.
        lines: The messages of the rehearsal. Messages that reached nobody, or began to wait for the end of quiet
            hours, are ignored.
        zone: The time zone of the instants in the texts.
    """
    rest = [line for line in lines if line.unsent is None and line.held_until is None]
    for each in expected:
        found = next((line for line in rest if _is(each, line)), None)
        if found is None:
            details = ", ".join(filter(None, (each.by, each.language)))
            yield f"not told: {_spell(each.at, zone)} {each.what} to {each.to}" + (f" ({details})" if details else "")
        else:
            rest.remove(found)
    for line in rest:
        address = ", ".join(filter(None, (f"{line.channel}:{line.address}", line.language)))
        yield f"told, not expected: {_spell(line.at, zone)} {line.what} to {line.person or 'nobody known'} ({address})"


def _is(expected: ExpectedMessage, line: ToldLine) -> bool:
    return (
        timedelta() <= line.at - expected.at < timedelta(minutes=1)
        and (expected.to, expected.what) == (line.person, line.what)
        and expected.by in (None, f"{line.channel}:{line.address}")
        and expected.language in (None, line.language)
    )


def _spell(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
