"""Where a page ended in a list of clocks that is dated, newest first; the next page goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from sla_platform.store.types import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class ClockCursor:
    """A position in a list of breaches or pauses, after which a page begins.

    The lists are sorted by instant, the newest first, then by clock.
    """

    at: datetime
    """The due instant that the clock passed, or when its pause began."""
    clock: UUID
    """Id of the clock."""

    def __str__(self) -> str:
        return f"{to_micros(self.at)}.{self.clock}"

    @classmethod
    def of(cls, text: str) -> ClockCursor:
        """Parse a cursor.

        Raises:
            ValueError: The text is no cursor.
        """
        micros, _, clock = text.partition(".")
        return cls(from_micros(int(micros)), UUID(clock))

    def behind(self, at: Any, clock: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return the two SQL conditions for the rows after this position.

        Both are needed. The first alone selects too many rows, but lets the database use an index.

        Args:
            at: The column by which the list is sorted, the latest first.
            clock: The column with the clock's id.
        """
        return at <= self.at, or_(at < self.at, and_(at == self.at, clock < self.clock))
