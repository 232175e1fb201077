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

    Remarks on the present state are set by `hold` and removed by `drop`. Remarks on single events are added by `add`
    and are never removed. At most 200 (`MOST`) of these are kept. The attribute `left_out` is the number of those
    dropped beyond that.
    """

    __slots__ = ("_held", "_said", "left_out")

    def __init__(self) -> None:
        self._held: dict[Hashable, Remark] = {}
        self._said: dict[Remark, None] = {}
        self.left_out = 0

    def branch(self) -> Remarks:
        """Return an independent copy: changes of the copy leave this object unchanged, and vice versa."""
        twin = Remarks()
        twin._held, twin._said, twin.left_out = self._held.copy(), self._said.copy(), self.left_out
        return twin

    def hold(self, about: Hashable, remark: Remark) -> None:
        """Set the remark on a subject (a part of the incident's present state), and replace an earlier remark on it.

        The remark stays until `drop` is called for the subject.

        Args:
            about: Any hashable key for the subject.
        """
        self._held[about] = remark

    def drop(self, about: Hashable) -> None:
        """Remove the remark that `hold` set on the subject `about`, if there is one."""
        self._held.pop(about, None)

    @property
    def current(self) -> Iterator[Remark]:
        """Yield the remarks on the incident's present state."""
        return iter(self._held.values())

    @property
    def permanent(self) -> Iterator[Remark]:
        """Yield the remarks on single events, in the order in which they were added.

        There are at most 200. They are never removed.
        """
        return iter(self._said)

    def add(self, remark: Remark) -> None:
        """Add a permanent remark on a single event.

        An equal remark is added only once. At most 200 (`MOST`) such remarks are kept. Beyond that, new remarks are
        dropped and counted in `left_out`.
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
