"""Which tests cannot know what day it is, as a run of them shows; `make test-on` leaves those out.

A test knows no day if nothing in it, and nothing in the fixtures that it uses, asks the system for the time, starts a
process or connects to a server. Only one function of slad asks the system (`make check` forbids any other), and what a
test's own file asks is seen in its text. SLAD_CLOCK_RECORD names the file to which a run adds these tests,
SLAD_CLOCK_KNOWN the file of an earlier run whose tests are left out.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Generator, Iterator
from functools import cache, wraps
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from sla_platform import timesource

RECORD, KNOWN = "SLAD_CLOCK_RECORD", "SLAD_CLOCK_KNOWN"
_ID = pytest.StashKey[str]()
_ASKS = ("datetime.now(", "time.time(", "date.today(", "utcnow(")
_asked = 0


def _counting(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def counted(*args: Any, **named: Any) -> Any:
        global _asked
        _asked += 1
        return function(*args, **named)

    return counted


class ClockRecord:
    """A plugin that notes which tests knew no day. `install` puts it into a run that is asked to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._timeless: list[str] = []
        self._fixtures: set[int] = set()
        """The fixtures in whose making something was asked."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        before = _asked
        try:
            return (yield)
        finally:
            if _asked != before:
                self._fixtures.add(id(fixturedef))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        before = _asked
        result = yield
        if _asked == before and not self._fixtures.intersection(_fixtures(item)) and not _names_the_clock(item.path):
            self._timeless.append(item.stash[_ID])
        return result

    def pytest_sessionfinish(self) -> None:
        with self._path.open("a") as file:  # each worker adds its own, in one piece
            file.write("".join(f"{each}\n" for each in self._timeless))


def install(config: pytest.Config) -> None:
    """Record the tests of this process if SLAD_CLOCK_RECORD names a file; before slad makes any time source."""
    if path := os.environ.get(RECORD):
        timesource._wall = _counting(timesource._wall)
        subprocess.Popen.__init__ = _counting(subprocess.Popen.__init__)  # type: ignore[method-assign]
        socket.socket.connect = _counting(socket.socket.connect)  # type: ignore[method-assign]
        socket.socket.connect_ex = _counting(socket.socket.connect_ex)  # type: ignore[method-assign]
        BaseProcess.start = _counting(BaseProcess.start)  # type: ignore[method-assign]
        config.pluginmanager.register(ClockRecord(Path(path)))


def without_known(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of a run what an earlier one has shown to know no day (SLAD_CLOCK_KNOWN)."""
    for item in items:
        item.stash[_ID] = item.nodeid  # a worker adds its group to the id afterwards
    if path := os.environ.get(KNOWN):
        known = frozenset(Path(path).read_text().splitlines())
        left_out = [item for item in items if item.nodeid in known]
        items[:] = [item for item in items if item.nodeid not in known]
        config.hook.pytest_deselected(items=left_out)


def _fixtures(item: pytest.Item) -> Iterator[int]:
    info = getattr(item, "_fixtureinfo", None)
    for definitions in info.name2fixturedefs.values() if info is not None else ():
        yield from map(id, definitions)


@cache
def _names_the_clock(path: Path) -> bool:
    text = path.read_text("utf-8")
    return any(each in text for each in _ASKS)
