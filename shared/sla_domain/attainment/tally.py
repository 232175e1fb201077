"""How many promises were met, missed, exempt and are open: what every figure is made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sla_domain.attainment.verdict import PromiseVerdict


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests or clocks of a period (such as a month) were met, missed, exempt or open."""

    met: int = 0
    missed: int = 0
    exempt: int = 0
    """How many requests or clocks a person exempted from the attainment."""
    open: int = 0
    """How many are still to be decided in the period, as far as is known."""

    @classmethod
    def of(cls, verdict: PromiseVerdict, number: int = 1) -> Tally:
        """Return the counts for `number` requests or clocks with the same verdict.

        Args:
            verdict: The verdict with which they are counted (`JudgedClock.counted`). `NONE` is not counted.
        """
        return cls() if verdict is PromiseVerdict.NONE else cls(**{verdict.value: number})

    @property
    def decided(self) -> int:
        """Return how many were met or missed."""
        return self.met + self.missed

    @property
    def share(self) -> Fraction | None:
        """Return met ÷ (met + missed), from 0 to 1. None if none was met or missed."""
        return Fraction(self.met, self.decided) if self.decided else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.met + other.met, self.missed + other.missed, self.exempt + other.exempt, self.open + other.open
        )
