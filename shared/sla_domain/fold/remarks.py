"""Remarks of one incident as they are collected: each once, and no more than people will read.

Two sorts: a remark on a single event stays for ever (`add`); a remark on the present state is kept until it is no
longer true (`hold`, `drop`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from sla_domain.incident import Remark

MOST = 200  # of one kind of cause: what single events are like, or what they do


class Remarks:
    """The remarks (odd facts for people to see) of one incident.

    Those on its present state are set by `hold` and removed by `drop`; those on single events are added by `add` and
    stay, at most 200 (`MOST`). `left_out`: how many further ones on single events were not kept.
    """

    __slots__ = ("_held", "_said", "left_out")

    def __init__(self) -> None:
        self._held: dict[Hashable, Remark] = {}
        self._said: dict[Remark, None] = {}
        self.left_out = 0

    def branch(self) -> Remarks:
        """Return an independent copy: later changes of the copy or the original do not affect the other."""
        twin = Remarks()
        twin._held, twin._said, twin.left_out = self._held.copy(), self._said.copy(), self.left_out
        return twin

    def hold(self, about: Hashable, remark: Remark) -> None:
        """Set the remark on the subject `about` (any key), in place of an earlier one on it.

        It stays until `drop` is called for that subject.
        """
        self._held[about] = remark

    def drop(self, about: Hashable) -> None:
        """Remove the remark that `hold` set on the subject `about`, if there is one."""
        self._held.pop(about, None)

    @property
    def current(self) -> Iterator[Remark]:
        """Yield the remarks on the incident's present state: those that `hold` set and `drop` did not remove."""
        return iter(self._held.values())

    @property
    def permanent(self) -> Iterator[Remark]:
        """Yield the remarks on single events, in the order in which they were added by `add`.

        They are never removed. There are at most 200: further ones were only counted in `left_out`.
        """
        return iter(self._said)

    def add(self, remark: Remark) -> None:
        """Add a remark on a single event for good, unless the same was added before.

        There can be at most 200 (`MOST`); a further one is only counted in `left_out`.
        """
        if len(self._said) < MOST:
            self._said[remark] = None
        elif remark not in self._said:
            self.left_out += 1

    def __iter__(self) -> Iterator[Remark]:
        yield from self._held.values()
        yield from self._said

    def __len__(self) -> int:
        return len(self._held) + len(self._said)
