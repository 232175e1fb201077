"""Whole audit logs from the files of an export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from sla_platform.audit.chain import AuditRow, row_of_json
from sla_standalone.cli.output import stop


def whole_logs(files: Iterable[Path]) -> dict[str, list[AuditRow]]:
    """Read complete audit logs from files that `slad audit export` wrote; return a mapping of service to rows.

    If a line is not part of an export, the command ends with a message.
    """
    found: dict[str, list[AuditRow]] = {}
    for file in files:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    record = orjson.loads(line)
                    if "head" in record:
                        found.setdefault(str(record["head"]["service"]), [])
                    else:
                        row = row_of_json(record)
                        found.setdefault(row.service, []).append(row)
                except (ValueError, TypeError, KeyError):
                    stop(f"{file}:{number}: no line of an export")
    return found
