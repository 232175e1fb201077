"""Structured logs: JSON in production, readable lines on a terminal; addresses and secrets never pass."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from sla_platform.telemetry.inert import inert

_SECRET_KEYS = re.compile(r"secret|token|password|authorization|signature|api[_-]?key|cookie", re.IGNORECASE)
# Tried at the start of a word only: at each character, a long word would take quadratic time.
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_MADE_KEY = re.compile(r"(?<=slad_)[0-9]+_[A-Za-z0-9_-]{43}")
# The token by which its holder acknowledges, confirms or ends a registration, or reads a support plan.
_LINK = re.compile(
    r"(?:(?<=/ack/)|(?<=/answers/)|(?<=/contacts/stop/)|(?<=/contacts/resume/)|(?<=/registrations/confirm/)|(?<=/registrations/end/)|(?<=/plans/))[^\s\"'/?#]+"
)


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace secrets and addresses in a log entry.

    The function is a processor of structlog. It changes and returns `entry`. Values under a key such as `password` or
    `token` become `[redacted]`. In other texts, logins in URLs, API keys of `slad key make` and tokens of links in
    mails become `[redacted]`; mail addresses become `[address]`.
    """
    for key, value in entry.items():
        entry[key] = _plain(key, value)
    return entry


def _plain(key: str, value: Any) -> Any:
    """A value as it may be shown, whatever it is nested in."""
    if _SECRET_KEYS.search(key):
        return "[redacted]"
    if isinstance(value, str):
        value = _MADE_KEY.sub("[redacted]", _LINK.sub("[redacted]", value))
        return _ADDRESS.sub("[address]", _USERINFO.sub("[redacted]@", value))
    if isinstance(value, Mapping):
        return {name: _plain(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain("", one) for one in value]
    return value


def _inert(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Others' words command no terminal; JSON escapes them by itself."""
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = inert(value)
    return entry


def configure(level: str, form: str) -> None:
    """Set up structlog and the standard library's logging to write to stderr in the same form.

    Args:
        level: The lowest level that is written, such as INFO.
        form: `json`, `console`, or `auto` (console on a terminal, JSON elsewhere).
    """
    json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(() if json else (_inert,)),
                renderer,
            ],
        )
    )
    handler.addFilter(_Quiet())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("mail.log", "apscheduler", "uvicorn.access", "httpx2", "httpcore2", "aiosqlite", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Quiet(logging.Filter):
    """aiokafka repeats itself every 100 ms while a broker is away; one line in ten seconds is enough."""

    _EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        key = f"{record.name}:{record.lineno}"
        fresh = record.created - self._last.get(key, 0.0) >= self._EVERY_SECONDS
        if fresh:
            self._last[key] = record.created
        return fresh
