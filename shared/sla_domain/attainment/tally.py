"""How many promises were met, missed, exempt and are open: what every figure is made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests or clocks of a period were met or missed.

    `exempt`: those that were decided and do not count. `open`: those that will be decided in the period, as far as is
    known.
    """

    met: int = 0
    missed: int = 0
    exempt: int = 0
    open: int = 0

    @property
    def decided(self) -> int:
        """Return how many count: met and missed."""
        return self.met + self.missed

    @property
    def share(self) -> Fraction | None:
        """Return met ÷ (met + missed), from 0 to 1; None if nothing was decided."""
        return Fraction(self.met, self.decided) if self.decided else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.met + other.met, self.missed + other.missed, self.exempt + other.exempt, self.open + other.open
        )
