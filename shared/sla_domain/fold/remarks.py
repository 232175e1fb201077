"""Remarks of one incident as they are collected: each once, and no more than people will read."""

from __future__ import annotations

from collections.abc import Iterator

from sla_domain.incident import Remark

MOST = 200  # of one kind of cause: what single events are like, or what they do


class Remarks:
    """The first `MOST` different remarks in their order, and how often there was another one."""

    __slots__ = ("_said", "left_out")

    def __init__(self) -> None:
        self._said: dict[Remark, None] = {}
        self.left_out = 0

    def branch(self) -> Remarks:
        """Remarks of their own, equal to these."""
        twin = Remarks()
        twin._said, twin.left_out = self._said.copy(), self.left_out
        return twin

    def add(self, remark: Remark) -> None:
        if len(self._said) < MOST:
            self._said[remark] = None
        elif remark not in self._said:
            self.left_out += 1

    def __iter__(self) -> Iterator[Remark]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)
