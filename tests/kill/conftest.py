"""What the drills share: their seed, the table of their verdict, and processes that never outlive them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Ring, chosen_seed
from tests.kill.verdict import Verdict


@pytest.fixture
def seed() -> int:
    return chosen_seed()


@pytest.fixture
def killed_afterwards() -> Iterator[Callable[[Ring], Ring]]:
    """Hands a ring through and kills its fleet at the end, whatever happened."""
    fleets: list[Fleet] = []

    def keep(ring: Ring) -> Ring:
        fleets.append(ring.fleet)
        return ring

    yield keep
    for fleet in fleets:
        fleet.kill()


@pytest.fixture
def upheld(capsys: pytest.CaptureFixture[str]) -> Callable[[Verdict], None]:
    """Prints the verdict whether or not it holds, then fails the test if it does not."""

    def check(verdict: Verdict) -> None:
        with capsys.disabled():
            print(f"\n{verdict.table()}")
        assert verdict.holds, f"\n{verdict.table()}"

    return check
