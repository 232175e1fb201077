"""How fast a history is replayed: a synthetic log of 50,000 incidents, as CloudEvents and as a table, through a plan.

    python -m bench.replay
    python -m bench.replay --incidents 50000 --jobs 2 --repeat 3

Timed is what `slad replay` does between opening the file and the finished figures, in this process and with workers.
The plan is the example catalogue's `silver`: two metrics in office hours with holidays, pauses, warnings.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from bench.results import keep, load

from sla_catalogue import load_catalogue
from sla_standalone.replay import LineReader, ReplayRules, parse_mapping, play, read_lines, read_table
from sla_standalone.replay.history import ReplayHistory

CUSTOMERS = ("Acme", "Formosa", "Hudson", "Polaris")
BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
MAPPING = """
source: bench
incident: number
at: updated_at
version: revision
times: {format: "%Y-%m-%d %H:%M:%S"}
attributes: {customer: customer, priority: priority, group: group}
states:
  column: state
  values: {New: open, Active: in_progress, Pending: waiting_customer, Resolved: resolved, Closed: closed}
events:
  - {event: opened, at: opened_at}
  - {event: responded, actor: staff, becomes: {state: Active}}
"""
_KINDS = {"New": "opened", "Active": "responded", "Pending": "waiting", "Back": "resumed", "Resolved": "resolved"}


def lives(count: int) -> Iterator[tuple[str, dict[str, str], list[tuple[str, datetime]]]]:
    """Six happenings each: opened, answered, waiting, back, resolved, closed."""
    dice = random.Random(11)
    for number in range(count):
        at = BEGIN + timedelta(minutes=dice.randrange(60 * 24 * 600))
        told = {"customer": dice.choice(CUSTOMERS), "priority": dice.choice(("P1", "P2", "P3", "P4"))}
        steps = []
        for state, mean in (
            ("New", 0),
            ("Active", 40),
            ("Pending", 90),
            ("Back", 300),
            ("Resolved", 400),
            ("Closed", 4000),
        ):
            at += timedelta(seconds=int(dice.expovariate(1 / mean) * 60) if mean else 0)
            steps.append((state, at))
        yield f"INC{number:07}", told, steps


def write_lines(path: Path, count: int) -> None:
    with path.open("wb") as stream:
        for number, told, steps in lives(count):
            for state, at in steps:
                kind = _KINDS.get(state, "closed")
                data: dict[str, str] = {"actor": "staff"} if kind != "opened" else dict(told)
                if kind == "waiting":
                    data["waiting_on"] = "customer"
                event = {
                    "specversion": "1.0", "id": f"{number}-{kind}", "source": "bench", "subject": number,
                    "type": f"io.slad.incident.{kind}.v1", "time": at.isoformat(), "data": data,
                }  # fmt: skip
                stream.write(orjson.dumps(event) + b"\n")


def write_table(path: Path, count: int) -> None:
    """Twenty columns, as exports have them, of which the mapping reads seven."""
    other = [f"column {n}" for n in range(13)]
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(
            ["number", "state", "opened_at", "updated_at", "revision", "customer", "priority", "group", *other]
        )
        for number, told, steps in lives(count):
            opened = f"{steps[0][1]:%Y-%m-%d %H:%M:%S}"
            for revision, (state, at) in enumerate(steps):
                shown = "Active" if state == "Back" else state
                cells = [number, shown, opened, f"{at:%Y-%m-%d %H:%M:%S}", revision, *told.values(), "desk"]
                out.writerow([*cells, *("some text" for _ in other)])


def timed(
    read: Callable[[int], ReplayHistory], ruling: ReplayRules, jobs: int, incidents: int
) -> tuple[float, float, float]:
    """Seconds to read the file, to judge what was read, and of CPU for both (this process and its workers)."""
    begun, used = time.perf_counter(), cpu()
    history = read(jobs)
    read_in = time.perf_counter() - begun
    with history:
        played = play(history, [ruling], jobs=jobs, each=False)
    assert played.incidents == incidents
    assert played.figures.attainment
    assert not played.rejected
    return read_in, time.perf_counter() - begun - read_in, cpu() - used


def cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--incidents", type=int, default=50_000)
    options.add_argument("--jobs", type=int, nargs="*", default=[1, 2])
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--catalogue", type=Path, default=Path("examples/catalogue"))
    asked, before = options.parse_args(), load()
    catalogue = load_catalogue(asked.catalogue)
    mapping = parse_mapping(MAPPING, "bench")
    with tempfile.TemporaryDirectory() as folder:
        lines, table = Path(folder, "log.jsonl"), Path(folder, "log.csv")
        write_lines(lines, asked.incidents)
        write_table(table, asked.incidents)
        ways: dict[str, Callable[[int], ReplayHistory]] = {
            "CloudEvents": lambda jobs: read_lines(lines, LineReader(catalogue.sources), jobs=jobs),
            "CSV": lambda _jobs: read_table(table, mapping),
        }
        print(f"{asked.incidents} incidents, 6 events each; best of {asked.repeat}")
        print(f"{'log':<12} {'jobs':>4} {'read s':>8} {'judge s':>8} {'incidents/s':>12} {'per CPU second':>15}")
        for name, read in ways.items():
            for jobs in asked.jobs:
                runs = [timed(read, ReplayRules(catalogue), jobs, asked.incidents) for _ in range(asked.repeat)]
                read_in, judged, _ = min(runs)
                rate, per_cpu = asked.incidents / (read_in + judged), asked.incidents / min(run[2] for run in runs)
                print(f"{name:<12} {jobs:>4} {read_in:>8.2f} {judged:>8.2f} {rate:>12,.0f} {per_cpu:>15,.0f}")
                figures = {"read_s": read_in, "judge_s": judged, "incidents_per_s": rate, "per_cpu_second": per_cpu}
                keep({"system": f"{name}, {jobs} jobs", "incidents": asked.incidents, **figures}, before)


if __name__ == "__main__":
    main()
