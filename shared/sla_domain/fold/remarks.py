"""Remarks of one incident as they are collected: each once, and no more than people will read.

Two sorts: what an event did or was like is said for ever (`add`); what holds now is said until it holds no more
(`hold`, `drop`), or the remark would become untrue.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from sla_domain.incident import Remark

MOST = 200  # of one kind of cause: what single events are like, or what they do


class Remarks:
    """The first `MOST` different remarks in their order, and how often there was another one."""

    __slots__ = ("_held", "_said", "left_out")

    def __init__(self) -> None:
        self._held: dict[Hashable, Remark] = {}
        self._said: dict[Remark, None] = {}
        self.left_out = 0

    def branch(self) -> Remarks:
        """Remarks of their own, equal to these."""
        twin = Remarks()
        twin._held, twin._said, twin.left_out = self._held.copy(), self._said.copy(), self.left_out
        return twin

    def hold(self, about: Hashable, remark: Remark) -> None:
        """Say this about something from now on, in place of what was said about it."""
        self._held[about] = remark

    def drop(self, about: Hashable) -> None:
        """What was said about this is true no more."""
        self._held.pop(about, None)

    @property
    def current(self) -> Iterator[Remark]:
        """Yield those that hold now."""
        return iter(self._held.values())

    @property
    def permanent(self) -> Iterator[Remark]:
        """Yield those on single events."""
        return iter(self._said)

    def add(self, remark: Remark) -> None:
        """Add a remark on a single event; beyond `MOST` different ones it is only counted."""
        if len(self._said) < MOST:
            self._said[remark] = None
        elif remark not in self._said:
            self.left_out += 1

    def __iter__(self) -> Iterator[Remark]:
        yield from self._held.values()
        yield from self._said

    def __len__(self) -> int:
        return len(self._held) + len(self._said)
