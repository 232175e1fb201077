"""`python -m sla_platform.local up|down|fetch`: what `make up`, `make down` and `make test` call.

Lines to evaluate go to standard output, everything for people to standard error, so that
`eval "$(make -s up)"` sets the environment of a shell.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sla_platform.local import stack
from sla_platform.local.errors import LocalError
from sla_platform.local.kafka_jars import KAFKA_VERSION, java, kafka_jars
from sla_platform.local.postgres_binaries import find_installation


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands `up`, `down` and `fetch`.

    `up` starts local PostgreSQL and Kafka, `down` stops them, and `fetch` downloads Kafka's jars. The result is the
    exit code: 1 if `up` could not start a server, else 0.

    Args:
        arguments: The command line without the program. None means the command line of this process.
    """
    parser = argparse.ArgumentParser(prog="python -m sla_platform.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "fetch"))
    parser.add_argument("--folder", type=Path, default=Path("var"), help="where the data lie (default: var)")
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "up":
            return _up(chosen.folder.absolute())
        case "down":
            stack.down(chosen.folder.absolute(), _say)
        case _:
            _fetch()
    return 0


def _up(folder: Path) -> int:
    outcome = stack.up(folder, _say)
    for export in outcome.exports:
        sys.stdout.write(export.line() + "\n")
    for failure in outcome.failures:
        _say(str(failure))
    return 1 if outcome.failures else 0


def _fetch() -> None:
    """Get what the tests would otherwise fetch under their time limit; an absent part is no failure."""
    try:
        _say(f"PostgreSQL {find_installation().version} found")
    except LocalError as error:
        _say(str(error))
    try:
        java()
        kafka_jars()
        _say(f"Apache Kafka {KAFKA_VERSION} found")
    except LocalError as error:
        _say(str(error))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
