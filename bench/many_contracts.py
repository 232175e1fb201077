"""How long a catalogue of many contracts takes to check, to load and to compile one by one.

`python -m bench.many_contracts` prints seconds of the processor, each in a process of its own. `--write FOLDER` writes
the catalogue only. Fifty plans, contracts in eleven zones; of ten contracts one has a target, one hours of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TARIFFS = 50
PER_FILE = 10
PLACES = (
    ("Europe/Warsaw", "PL", ""), ("Europe/Berlin", "DE", "BY"), ("Asia/Taipei", "TW", ""), ("Europe/Rome", "IT", ""),
    ("America/New_York", "US", "NY"), ("Europe/Paris", "FR", ""), ("Asia/Tokyo", "JP", ""), ("Asia/Dubai", "AE", ""),
    ("Europe/London", "GB", "ENG"), ("Australia/Sydney", "AU", "NSW"), ("America/Sao_Paulo", "BR", ""),
)  # fmt: skip


def plans() -> str:
    """Return the YAML of everything but the contracts: coverages, people, an escalation and the plans."""
    head = [
        "coverages:",
        '  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}',
        '  long: {hours: {mon-sat: "07:00-22:00"}, holidays: contract}',
        "  always: {hours: 24x7}",
        "people:",
        *(f"  p{number}: {{name: Person {number}, email: p{number}@example.com}}" for number in range(30)),
        "escalations:",
        "  desk: {levels: [{after: 0m, tell: on_call}, {after: 30m, tell: manager}]}",
        "settings: {default_contract: c0}",
        "plans:",
    ]
    return "\n".join([*head, *(line for number in range(TARIFFS) for line in _plan(number))]) + "\n"


def _plan(number: int) -> Iterator[str]:
    yield f"  plan{number}:"
    yield "    priorities: [{id: P1}, {id: P2}, {id: P3}, {id: P4}]"
    yield "    escalation: desk"
    yield "    targets:"
    times = [f"{metric}, by_priority: {{P1: {1 + number}h, P2: {2 + number}h, P3: {4 + number}h, P4: {8 + number}h}}"
             for metric in ("first_response", "resolution")]  # fmt: skip
    for each in times:
        yield f"      - {{metric: {each}, coverage: {('office', 'long', 'always')[number % 3]}, warn: [75%]}}"


def contract(number: int) -> str:
    """Return one contract's entry of the section `contracts`; `number` decides on all of it."""
    zone, country, subdivision = PLACES[number % len(PLACES)]
    lines = [
        f"  c{number}:",
        f"    title: Customer {number} GmbH",
        f"    customers: [Customer {number}, customer-{number}]",
        f"    plan: plan{number % TARIFFS}",
        f"    zone: {zone}",
        f"    country: {country}",
        f"    roles: {{on_call: [p{number % 30}], manager: [p{(number + 7) % 30}]}}",
        f"    products: [shop, portal-{number % 7}]",
        f"    people: {{it{number}: {{name: Contact {number}, email: c{number}@customer.example, side: customer}}}}",
    ]
    if subdivision:
        lines.append(f"    subdivision: {subdivision}")
    if number % 10 == 3:
        lines.append("    targets: [{metric: first_response, coverage: office, priority: P1, time: 30m}]")
    if number % 10 == 7:
        lines.append(
            f'    coverages: {{office: {{hours: {{mon-fri: "0{number % 3 + 7}:00-18:00"}}, holidays: contract}}}}'
        )
    return "\n".join(lines) + "\n"


def write(folder: Path, contracts: int, per_file: int = PER_FILE) -> None:
    """Write a catalogue of so many contracts into a folder, `per_file` in each file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.yaml").write_text(plans())
    for first in range(0, contracts, per_file):
        entries = [contract(number) for number in range(first, min(first + per_file, contracts))]
        (folder / f"contracts-{first:06}.yaml").write_text("contracts:\n" + "".join(entries))


_RUNS = {
    "check": "from sla_catalogue import check_files; found = check_files(folder, environment={})",
    "load": "from sla_catalogue import load_catalogue; found = load_catalogue(folder, environment={})",
    "stored": "from sla_catalogue import load_text; found = load_text(text)",
}


def processor(kind: str, folder: Path) -> tuple[float, float]:
    """Return (seconds of the processor, MB at the peak) that one way to read the folder takes, imports excepted."""
    text = "from sla_catalogue import load_catalogue; text = load_catalogue(folder, environment={}).text"
    program = (
        "import resource, time\nfrom pathlib import Path\nimport sla_standalone\nimport sla_catalogue\n"
        f"folder = Path({str(folder)!r})\n{text if kind == 'stored' else ''}\n"
        f"start = time.process_time()\n{_RUNS[kind]}\n"
        "print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    seconds, memory = out.split()
    return float(seconds), float(memory)


def main() -> None:
    """Measure, or write the catalogue."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contracts", type=int, nargs="*", default=[2_000, 10_000])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--write", type=Path)
    asked = options.parse_args()
    if asked.write is not None:
        write(asked.write, asked.contracts[0])
        return
    with tempfile.TemporaryDirectory() as name:
        for count in asked.contracts:
            folders = {"files of ten": Path(name) / f"{count}", "files of 2,000": Path(name) / f"{count}-big"}
            for folder, per_file in zip(folders.values(), (PER_FILE, 2_000), strict=True):
                write(folder, count, per_file)
            for label, folder in folders.items():
                for kind in _RUNS:
                    began = time.perf_counter()
                    runs = [processor(kind, folder) for _ in range(asked.rounds)]
                    wall = (time.perf_counter() - began) / asked.rounds
                    seconds, memory = min(runs)
                    print(f"{count:>7,} in {label:<15} {kind:<7} {seconds:6.2f} s {memory:5.0f} MB (wall {wall:.2f} s)")


if __name__ == "__main__":
    main()
