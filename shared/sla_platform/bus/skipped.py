"""Rows that stay where they are although they cannot be processed: in quarantine, and passed over for an hour.

This is for loops that look for what is to be done in tables that others read, too: a contract whose objectives are
counted, a report that is due, an incident that is old. Such a row cannot be taken out of its table, and a loop that
failed at it would come back to it at once, after every restart, and to nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from sla_platform.bus.quarantine import Quarantine
from sla_platform.rows import one_row
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow

SKIPPED_SECONDS = 3600.0


class SkippedRows:
    """Remembers the rows that a loop of a service failed to process, so that the loop leaves them out for an hour.

    Process each row by `tried`, which quarantines a row that fails. Ask `skips` whether to leave a row out. A row is
    identified by a text, its key. A row that was left out is processed again after an hour, or by a replay from the
    quarantine. Create one object for each loop.

    Args:
        part: The name of the loop, for the quarantine. It has at most 20 characters.
        again: Function to call with the key of a row, to process the row for a replay. It raises the error if the row
            fails again.
        seconds: How long a row is left out.
        clock: Returns a monotonic time in seconds. Do not pass slad's own clock, which may be simulated.
    """

    def __init__(
        self,
        quarantine: Quarantine,
        part: str,
        again: Callable[[str], Awaitable[object]],
        seconds: float = SKIPPED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quarantine = quarantine
        self._part = part
        self._again = again
        self._seconds = seconds
        self._clock = clock
        self._until: dict[str, float] = {}
        quarantine.register_replay(part, self._replay)

    def __len__(self) -> int:
        return sum(1 for key in list(self._until) if self.skips(key))

    def skips(self, key: str) -> bool:
        """Return whether the row failed within the last hour and is to be left out."""
        return self._until.get(key, 0.0) > self._clock()

    async def tried(self, key: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Process one row by awaiting `work`; return whether that succeeded.

        A row that fails goes to the quarantine, and `skips` is True for it from now on. If the cause is not known,
        `work` is tried up to three times first.

        Raises:
            Retryable: Something other than the row failed, such as the database. The row is not skipped.
        """
        error = await one_row(work)
        if error is None:
            self._until.pop(key, None)
            return True
        await self.skip(key, error)
        return False

    async def skip(self, key: str, error: Exception) -> None:
        """Store the row in the quarantine, and skip it from now on.

        Args:
            error: Why the row failed.

        Raises:
            StoreBusy: The row could not be stored.
        """
        row = QuarantineRow(
            part=self._part, position=f"{self._part}/{key}", key=key, event=key, type="row", headers={},
            data=key.encode("utf-8", "replace"),
        )  # fmt: skip
        await self._quarantine.put(row, error)
        self._until[key] = self._clock() + self._seconds

    async def _replay(self, entry: QuarantineEntry) -> None:
        key = entry.data.decode()
        await self._again(key)
        self._until.pop(key, None)
