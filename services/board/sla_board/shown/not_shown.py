"""Making the parts of a page one by one: one that fails is named in its place, and the rest is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

_log = structlog.get_logger(__name__)
_Made = TypeVar("_Made")
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class NotShown:
    """A part of a page that cannot be shown because of an error. The page has a remark in its place."""

    part: str
    """The kind of part: row, event, fact, clock, drawing, attributes or notice."""
    id: str
    """The id among parts of this kind."""
    incident: str
    """The incident of the part. "" for a notice."""
    error: str
    """The name of the error's class. The error's message is not kept, because it may hold anything."""

    @property
    def remark(self) -> str:
        """Return the sentence that a page shows in place of this part."""
        return f"This {self.part} cannot be shown ({self.error}): the log says why. Everything else is right."


class Attempts:
    """Builds parts of pages so that one error does not spoil the page: `make` returns the part, or a NotShown.

    An error is logged and counted only if it is the first of its class for this part.

    Args:
        count: Called with the kind of the part, such as `row`, when an error is logged.
    """

    def __init__(self, count: Callable[[str], None] = lambda part: None) -> None:
        self._count = count
        self._known: set[tuple[str, str, str]] = set()

    def make(self, part: str, id_: str, incident: str, made: Callable[[], _Made]) -> _Made | NotShown:
        """Call `made`, a function that builds a part of a page. Return the part, or a NotShown after an Exception.

        `made` must not read from the store. Otherwise an error of a busy store would look like an error of the part.

        Args:
            part: The kind of the part, such as `row`.
            id_: The part's id.
            incident: The incident of the part. "" for a notice.
            made: Builds the part.
        """
        try:
            return made()
        except Exception as error:
            not_shown = NotShown(part, id_, incident, type(error).__name__)
            key = (part, id_, not_shown.error)
            if key not in self._known:
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known.add(key)
                self._count(part)
                _log.exception("board.cannot_be_shown", part=part, id=id_, incident=incident)
            return not_shown
