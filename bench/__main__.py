"""Every bench behind one command. Figures of timers are kept as JSON lines and shown as a table in bench/RESULTS.md.

    python -m bench                      all, small: some minutes
    python -m bench --full               all, in the sizes of the design: an hour
    python -m bench timers peers         some
    python -m bench --table              write the table of RESULTS.md anew from bench/results.jsonl
    python -m bench --list

`peers` needs other queues than slad does; `make bench` installs them.

Each runs in a process of its own, with PostgreSQL and Kafka started for it where it needs them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass

from bench.results import write_table


@dataclass(frozen=True, slots=True)
class Bench:
    """One kind: what it measures, and its command lines, small and full."""

    about: str
    small: tuple[str, ...]
    full: tuple[str, ...]


BENCHES = {
    "calendar": Bench("deadline arithmetic beside pandas", ("bench.business_calendar",), ("bench.business_calendar",)),
    "ingest": Bench("durable acceptance of webhooks", ("bench.ingest",), ("bench.ingest",)),
    "mapping": Bench("what a map costs", ("bench.mapping",), ("bench.mapping",)),
    "replay": Bench("a history through a plan", ("bench.replay --incidents 5000",), ("bench.replay",)),
    "timers": Bench(
        "fires at a rate, with more and more clocks open",
        ("bench.timers --open 10000 --rate 1000 --seconds 10", "bench.timers --open 100000 --rate 1000 --seconds 10"),
        tuple(
            f"bench.timers --open {count} --rate {rate} --seconds 60"
            for rate in (1000, 5000)
            for count in (10_000 if rate == 1000 else 300_000, 100_000 if rate == 1000 else 300_000, 1_000_000)
        ),
    ),
    "herd": Bench(
        "many clocks due at one instant",
        ("bench.timers --open 50000 --herd 10000",),
        ("bench.timers --open 1000000 --herd 10000", "bench.timers --open 1000000 --herd 50000"),
    ),
    "beside": Bench(
        "fires beside 1,000 random reschedules a second, and beside an old snapshot",
        (
            "bench.timers --open 50000 --rate 1000 --seconds 10 --reschedules 1000",
            "bench.timers --open 50000 --rate 1000 --seconds 10 --snapshot",
        ),
        (
            "bench.timers --open 1000000 --rate 1000 --seconds 60 --reschedules 1000",
            "bench.timers --open 1000000 --rate 1000 --seconds 60 --snapshot",
        ),
    ),
    "restart": Bench(
        "from a start to the first fire, and until everything overdue has fired",
        ("bench.timers --open 100000 --overdue 20000",),
        ("bench.timers --open 1000000 --overdue 100000",),
    ),
    "embedded": Bench(
        "the same on SQLite, with the stalls of the event loop",
        ("bench.timers --open 20000 --rate 1000 --seconds 10 --store sqlite",),
        ("bench.timers --open 100000 --rate 1000 --seconds 60 --store sqlite",),
    ),
    "peers": Bench(
        "slad, APScheduler and procrastinate with the same due instants, in alternation",
        ("bench.peers --due 1000 --seconds 0.1 --rounds 1",),
        ("bench.peers --due 5000 --seconds 0.1 --rounds 3", "bench.peers --due 5000 --seconds 10"),
    ),
    "apply": Bench(
        "events to clocks and facts, without a broker",
        ("bench.apply --events 6000",),
        ("bench.apply --events 40000", "bench.apply --events 40000 --store sqlite"),
    ),
    "pipeline": Bench(
        "the same through Kafka", ("bench.pipeline --events 6000",), ("bench.pipeline --events 40000",)
    ),
    "delivery": Bench(
        "from a due instant to mail and webhook", ("bench.delivery --incidents 40",),
        ("bench.delivery --incidents 400",),
    ),
    "storm": Bench(
        "many breaches of one contract, and another contract's pages", ("bench.storm --breaches 2000",),
        ("bench.storm --breaches 10000",),
    ),
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME")
    parser.add_argument("--full", action="store_true", help="the sizes of the design")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--table", action="store_true", help="only write the table anew")
    arguments = parser.parse_args()
    if arguments.list:
        for name, bench in BENCHES.items():
            print(f"{name:<10} {bench.about}")
        return 0
    failed = [] if arguments.table else [name for name in arguments.names or BENCHES if not ran(name, arguments.full)]
    write_table()
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def ran(name: str, full: bool) -> bool:
    good = True
    for line in BENCHES[name].full if full else BENCHES[name].small:
        print(f"\n$ python -m {line}", flush=True)
        good &= subprocess.run([sys.executable, "-m", *line.split()], check=False).returncode == 0
    return good


if __name__ == "__main__":
    sys.exit(main())
