"""Processing rows so that one that fails does not hold up the others.

Used by every loop that takes rows: the bus hands batches over by it, the tick, the re-planner, the notifier's loops
and the relay work by it. Whose fault an error is, `sla_platform.fault` decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from sla_platform.errors import Fenced
from sla_platform.fault import Fault, as_retryable, error_text, fault_of, raised_at

_log = structlog.get_logger(__name__)
T = TypeVar("T")

ATTEMPTS = 3
PAUSES = (0.1, 0.3)  # seconds before the second and the third attempt


async def one_row(work: Callable[[], Awaitable[object]]) -> Exception | None:
    """Process one row (event, timer, …) by awaiting `work`; return None on success, else the error for the quarantine.

    If the row is at fault (`fault_of`), its error is returned at once. If the cause is not known, `work` is tried up to
    three times, with pauses of 0.1 and 0.3 s. The caller must quarantine a row with an error (put it aside for people).

    Raises:
        Retryable: The surroundings are at fault, such as the network.
        Fenced: Another instance owns the work.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await work()
        except Fenced:
            raise
        except Exception as error:
            match fault_of(error):
                case Fault.PASSING:
                    raise as_retryable(error) from error
                case Fault.UNKNOWN if attempt < ATTEMPTS:
                    _log.error("row.failed", attempt=attempt, error=error_text(error)[:500], at=raised_at(error))
                    await asyncio.sleep(PAUSES[attempt - 1])
                case _:
                    return error
        else:
            return None
    raise AssertionError("the last attempt returns")


async def in_parts(
    rows: Sequence[T],
    work: Callable[[Sequence[T]], Awaitable[object]],
    quarantine: Callable[[T, Exception], Awaitable[None]],
) -> None:
    """Call `work` with all rows. If that fails, call it with each half, and so on down to single rows.

    After an error, `work` may get rows again that it has processed before, and must recognise them.

    Args:
        quarantine: Function to call with a row that fails alone, and its error. The rows after it are still processed.

    Raises:
        Retryable: The surroundings fail, such as the network.
        Fenced: Another instance owns the work.
    """
    if not rows:
        return
    if len(rows) == 1:
        error = await one_row(lambda: work(rows))
        if error is not None:
            await quarantine(rows[0], error)
        return
    try:
        await work(rows)
    except Fenced:
        raise
    except Exception as error:
        if fault_of(error) is Fault.PASSING:
            raise as_retryable(error) from error
        _log.warning("rows.split", rows=len(rows), error=error_text(error)[:500])
    else:
        return
    middle = len(rows) // 2
    await in_parts(rows[:middle], work, quarantine)
    await in_parts(rows[middle:], work, quarantine)
