"""The odd requests are pure: a seed repeats them, and no request changes what later ones are made of."""

from __future__ import annotations

import copy
import random

from tests.fuzz import mutate
from tests.fuzz.seeds import cloud_events


def test_a_change_reaches_no_other_tree() -> None:
    before = copy.deepcopy((mutate.INSTANTS, mutate.TEXTS, mutate.OTHERS))
    rng = random.Random(7)
    seeds = [seed.body for seed in cloud_events("key")]
    for _ in range(5_000):
        mutate.encoded(rng, mutate.changed(rng, rng.choice(seeds)))
    assert before == (mutate.INSTANTS, mutate.TEXTS, mutate.OTHERS)


def test_a_seed_repeats_its_bodies() -> None:
    seeds = [seed.body for seed in cloud_events("key")]

    def bodies() -> list[bytes]:
        rng = random.Random(11)
        return [mutate.encoded(rng, mutate.changed(rng, rng.choice(seeds))) for _ in range(500)]

    assert bodies() == bodies()
