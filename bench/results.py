"""Figures are kept: one JSON line a run in bench/results.jsonl, the newest of each command as a table in RESULTS.md."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from sla_platform.timesource import SystemTime

LINES = Path(__file__).with_name("results.jsonl")
TABLE = Path(__file__).with_name("RESULTS.md")
_BEGIN, _END = "<!-- table: written by python -m bench -->", "<!-- end of the table -->"


def keep(figures: dict[str, Any], load_before: float) -> None:
    """Print the figures and append them. `load_before`: the machine's load when the run began, before its own."""
    command = f"{Path(sys.argv[0]).stem} {shlex.join(sys.argv[1:])}".strip()
    line = {
        "at": SystemTime().now().isoformat(timespec="seconds"), "bench": command, "cpus": os.cpu_count(),
        "load_before": round(load_before, 1),
    } | {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}  # fmt: skip
    print("  ".join(f"{name}={value}" for name, value in line.items()))
    with LINES.open("a") as out:
        out.write(json.dumps(line) + "\n")


def load() -> float:
    """Processes that want a processor, over the last minute."""
    return os.getloadavg()[0]


def write_table() -> None:
    """Put the newest line of each command into RESULTS.md between its marks; what stands around them stays."""
    newest: dict[str, dict[str, Any]] = {}
    for line in LINES.read_text().splitlines() if LINES.exists() else ():
        figures = json.loads(line)
        newest[f"{figures['bench']} {figures.get('system', '')}"] = figures
    rows = ["| command | when (UTC) | load before | figures |", "|---|---|---|---|"]
    for figures in newest.values():
        hidden = {"at", "bench", "cpus", "load_before"} | {
            name for name, value in figures.items() if value in (0, False)
        }
        hidden -= {"double", "missed", "lost", "early"}
        told = ", ".join(f"{name} {value:,}" if isinstance(value, int | float) else f"{name} {value}"
                         for name, value in figures.items() if name not in hidden)  # fmt: skip
        rows.append(f"| `{figures['bench']}` | {figures['at'][:16]} | {figures['load_before']} | {told} |")
    before, _, rest = TABLE.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    TABLE.write_text(f"{before}{_BEGIN}\n\n" + "\n".join(rows) + f"\n\n{_END}{after}")
