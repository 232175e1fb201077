"""Opening a log of incidents: JSON lines of CloudEvents, or a table with its mapping file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sla_catalogue import Source, SourceId
from sla_standalone.cli.output import progress, stop
from sla_standalone.replay import (
    BadLog,
    BadMapping,
    LineReader,
    ReplayHistory,
    VerdictAttribute,
    read_lines,
    read_mapping,
    read_table,
)


def open_log(
    log: Path,
    mapping: Path | None,
    sources: Mapping[SourceId, Source],
    claimed: VerdictAttribute | None = None,
    jobs: int = 1,
) -> ReplayHistory:
    """Read a log of incidents (CSV or JSON lines), and return its lines grouped by incident.

    Close the result after use. A log that cannot be read ends the command.

    Args:
        mapping: The mapping file of a table (CSV). None for JSON lines.
        sources: The catalogue's sources.
        claimed: The attribute with another system's verdicts. None if there is no such attribute.
        jobs: The number of processes that read a large log.
    """
    try:
        with progress(f"reading {log.name}") as advance:
            if mapping is not None:
                return read_table(log, read_mapping(mapping), advance)
            return read_lines(log, LineReader(sources, claimed), advance, jobs)
    except (BadLog, BadMapping) as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename or log}: {error.strerror}")
    except UnicodeDecodeError as error:
        stop(f"{mapping or log} is not UTF-8: {error.reason}")
