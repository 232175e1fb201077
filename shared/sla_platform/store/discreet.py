"""Errors of a database without the values in their texts: what people wrote must not get into logs.

SQLAlchemy leaves parameters out when it is told to (`hide_parameters`); PostgreSQL and its driver put values into the
message all the same (`DETAIL: Key (id)=(…)`, `invalid input for query argument $1: …`). They are taken out where the
error is born, so that logs, quarantined rows and answers hold none.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

HIDDEN = "[hidden]"
_VALUES = (
    # Everything behind it: values may hold line breaks, and what follows may be user data too.
    (re.compile(r"(DETAIL|CONTEXT):.*", re.DOTALL), rf"\1: {HIDDEN}"),
    (re.compile(r"(invalid input for query argument \$\d+: ).*?( \([^()]*\))?\Z", re.DOTALL), rf"\1{HIDDEN}\2"),
    (re.compile(r"(invalid input syntax for type [\w ]+: )\".*", re.DOTALL), rf"\1{HIDDEN}"),
    (re.compile(r"(invalid input value for enum [\w.\"]+: )\".*", re.DOTALL), rf"\1{HIDDEN}"),
    (re.compile(r"(value ).*( is out of range for type [\w ]+)", re.DOTALL), rf"\1{HIDDEN}\2"),
    (re.compile(r"(date/time field value out of range: )\".*", re.DOTALL), rf"\1{HIDDEN}"),
)


def without_values(text: str) -> str:
    """Return an error message of a database or driver, with `[hidden]` in place of the quoted values."""
    for pattern, plain in _VALUES:
        text = pattern.sub(plain, text)
    return text


def keep_values_out_of_errors(engine: AsyncEngine) -> None:
    """Remove column values and parameters of statements from all errors of this engine.

    The driver's errors that caused them (`__cause__`, `orig`) are changed in the same way. Without this, texts that
    people wrote would reach logs and responses, for example by PostgreSQL's `DETAIL: Key (id)=(…)`.
    """

    @event.listens_for(engine.sync_engine, "handle_error")
    def _hide(context: ExceptionContext) -> None:
        error: BaseException | None = context.sqlalchemy_exception or context.original_exception
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error, context.original_exception]
        while waiting:
            error = waiting.pop()
            if error is None or id(error) in seen:
                continue
            seen.add(id(error))
            _clean(error)
            waiting += [error.__cause__, error.__context__, getattr(error, "orig", None)]


def _clean(error: BaseException) -> None:
    if isinstance(error, UnicodeEncodeError):
        # It holds the whole text; its message needs the signs that cannot be encoded alone.
        error.object = " " * error.start + error.object[error.start : error.end]
        error.args = (error.encoding, error.object, error.start, error.end, error.reason)
    error.args = tuple(without_values(one) if isinstance(one, str) else one for one in error.args)
    holder: Any = error
    for name in ("detail", "context"):  # of PostgreSQL's own error
        if isinstance(getattr(holder, name, None), str):
            setattr(holder, name, HIDDEN)
