"""`slad` as somebody types it: arguments and standard input in; exit status, output and words in return."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any, TextIO

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


class _Own(io.StringIO):
    """What one thread writes. Services that run in other threads meanwhile log to the standard output of all."""

    def __init__(self, others: TextIO | None) -> None:
        super().__init__()
        self._others = others
        self._thread = threading.get_ident()

    def write(self, text: str, /) -> int:
        if threading.get_ident() == self._thread:
            return super().write(text)
        return self._others.write(text) if self._others is not None else len(text)


def slad(*arguments: object, stdin: str | bytes = b"") -> Said:
    # To the streams of the process, which stay: a logger keeps the stream that it has found.
    out, err, before = _Own(sys.__stdout__), _Own(sys.__stderr__), sys.stdin
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
