"""`slad` as somebody types it: arguments and standard input in; exit status, output and words in return."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import orjson

from sla_standalone.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """One JSON value a line."""
        return [orjson.loads(line) for line in self.out.splitlines()]


def slad(*arguments: object, stdin: str | bytes = b"") -> Said:
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    typed: Sequence[str] = [str(argument) for argument in arguments]
    fed = stdin.encode() if isinstance(stdin, str) else stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(fed), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(typed)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        return Said(status, out.getvalue(), err.getvalue())
    finally:
        sys.stdin = before
    return Said(0, out.getvalue(), err.getvalue())
