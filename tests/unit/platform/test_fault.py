"""Whose fault an error is, and what becomes of the rows beside the one at fault."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Sequence

import pytest
from sqlalchemy import create_engine, exc, text

from sla_domain.errors import BeyondHorizon
from sla_platform import rows
from sla_platform.errors import BadEnvelope, BadSettings, BusUnavailable, Fenced, Retryable, StoreBusy
from sla_platform.fault import Fault, error_text, fault_of
from sla_platform.rows import ATTEMPTS, in_parts, one_row

PASSING = [
    StoreBusy(), BusUnavailable(), BadSettings(), MemoryError(), TimeoutError(), ConnectionResetError(),
    OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENOSPC, "No space left on device"),
    FileNotFoundError(errno.ENOENT, "a template"), ModuleNotFoundError("half an upgrade"), EOFError(),
    RuntimeError("can't start new thread"), ExceptionGroup("", [ValueError(), OSError()]),
]  # fmt: skip
THE_ROWS = [
    ValueError(), OverflowError(), TypeError(), KeyError("at"), IndexError(), RecursionError(), UnicodeDecodeError(
        "utf-8", b"\xff", 0, 1, "no"), BadEnvelope(), BeyondHorizon(),
]  # fmt: skip
UNKNOWN = [AttributeError(), ZeroDivisionError(), AssertionError(), OSError(errno.ENAMETOOLONG, "too long"),
           IsADirectoryError(errno.EISDIR, "America"), RuntimeError("something")]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "fault"),
    [(each, fault) for fault, all_ in zip((Fault.PASSING, Fault.ROW, Fault.UNKNOWN), (PASSING, THE_ROWS, UNKNOWN),
     strict=True) for each in all_],
    ids=repr,
)  # fmt: skip
def test_an_error_is_judged_by_what_it_is(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_what_was_raised_from_a_passing_error_is_passing() -> None:
    wrapped = ValueError("the template")
    wrapped.__cause__ = OSError(errno.EMFILE, "Too many open files")
    assert fault_of(wrapped) is Fault.PASSING


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("SELECT * FROM nowhere", Fault.PASSING),
        ("SELECT absent FROM kept", Fault.PASSING),
        ("INSERT INTO kept (id) VALUES (1)", Fault.ROW),
        ("SELECT json('{')", Fault.ROW),
        ("SELECT abs(-9223372036854775808)", Fault.ROW),
    ],
)
def test_the_database_says_whether_it_was_the_row(statement: str, fault: Fault) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE kept (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO kept VALUES (1)"))
        with pytest.raises(exc.SQLAlchemyError) as caught:
            connection.execute(text(statement))
    engine.dispose()
    assert fault_of(caught.value) is fault
    assert statement not in error_text(caught.value)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM,
                                  sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR])  # fmt: skip
def test_a_database_file_in_trouble_is_nobodys_row(code: int) -> None:
    said = sqlite3.OperationalError("trouble")
    said.sqlite_errorcode = code
    assert fault_of(exc.OperationalError("SELECT 1", {}, said)) is Fault.PASSING


class Refused(Exception):
    """What a driver of PostgreSQL raises."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("refused")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("22001", Fault.ROW), ("22021", Fault.ROW), ("23505", Fault.ROW), ("21000", Fault.ROW), ("54000", Fault.ROW),
        ("0A000", Fault.PASSING), ("42P01", Fault.PASSING), ("42501", Fault.PASSING), ("28P01", Fault.PASSING),
        ("53300", Fault.PASSING), ("57014", Fault.PASSING), ("40P01", Fault.PASSING), ("08006", Fault.PASSING),
        ("XX000", Fault.UNKNOWN),
    ],
)  # fmt: skip
def test_a_state_of_postgresql_says_whether_it_was_the_row(state: str, fault: Fault) -> None:
    assert fault_of(exc.DBAPIError("SELECT 1", {}, Refused(state))) is fault


async def test_an_unknown_error_is_tried_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAUSES", (0, 0))
    tried = 0

    async def work() -> None:
        nonlocal tried
        tried += 1
        raise AttributeError("a bug")

    assert isinstance(await one_row(work), AttributeError)
    assert tried == ATTEMPTS


async def test_an_unknown_error_that_passes_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAUSES", (0, 0))
    left = [AttributeError(), AttributeError()]

    async def work() -> None:
        if left:
            raise left.pop()

    assert await one_row(work) is None


async def test_the_neighbours_of_a_row_at_fault_go_on_in_order() -> None:
    done: list[int] = []
    aside: list[int] = []
    calls = 0

    async def work(numbers: Sequence[int]) -> None:
        nonlocal calls
        calls += 1
        if any(number in (17, 400) for number in numbers):
            raise ValueError
        done.extend(numbers)

    async def quarantine(number: int, error: Exception) -> None:
        aside.append(number)

    await in_parts(range(500), work, quarantine)
    assert done == [number for number in range(500) if number not in (17, 400)]
    assert aside == [17, 400]
    assert calls < 40, "halves, not one by one"


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EMFILE, "Too many open files"), StoreBusy()])
async def test_nothing_is_quarantined_for_the_surroundings(error: Exception) -> None:
    async def work(numbers: Sequence[int]) -> None:
        raise error

    async def quarantine(number: int, error: Exception) -> None:
        raise AssertionError("nothing is at fault here")

    for count in (1, 5):
        with pytest.raises(Retryable):
            await in_parts(range(count), work, quarantine)


async def test_who_lost_the_partition_hears_it_as_it_is() -> None:
    async def work(numbers: Sequence[int]) -> None:
        raise Fenced

    async def quarantine(number: int, error: Exception) -> None:
        raise AssertionError("nothing is at fault here")

    for count in (1, 5):
        with pytest.raises(Fenced):
            await in_parts(range(count), work, quarantine)
