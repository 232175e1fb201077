"""A name by which others know slad is never taken away, and never given to something else."""

from __future__ import annotations

import ast
from itertools import pairwise

import pytest
from tests.golden.names.names import _metrics, _problems, _words, frozen, names

NOW = names()
FROZEN = [(release, kind, lines) for release, kinds in frozen().items() for kind, lines in kinds.items()]


@pytest.mark.parametrize(("release", "kind", "lines"), FROZEN, ids=[f"{release}-{kind}" for release, kind, _ in FROZEN])
def test_every_frozen_name_is_still_there(release: str, kind: str, lines: list[str]) -> None:
    assert [name for name in lines if name not in NOW[kind]] == [], f"{kind} of {release}: see README.md"


def test_a_release_has_every_kind_and_all_names_of_the_one_before() -> None:
    releases = list(frozen().values())
    assert all(set(kinds) == set(NOW) for kinds in releases)
    assert all(lines and lines == sorted(set(lines)) for kinds in releases for lines in kinds.values())
    for before, after in pairwise(releases):
        assert all(set(before[kind]) <= set(after[kind]) for kind in NOW)


def test_what_others_know_is_found_in_code() -> None:
    tree = ast.parse(
        "Counter('slad_x_total', 'Xs.')\n"
        "raise Problem(404, 'no-such-x', 'No such x')\n"
        "class XReason(StrEnum):\n    GONE = 'gone'\n    '''It is gone.'''\n"
        "class Other(StrEnum):\n    GONE = 'gone'\n"
    )
    assert [*_metrics(tree), *_problems(tree), *_words(tree)] == ["slad_x_total", "no-such-x", "XReason gone"]


def test_well_known_names_are_among_them() -> None:
    assert "slad_timer_quarantined" in NOW["metrics"]
    assert "no-such-contract" in NOW["problems"]
    assert "SLAD_STORE_URL" in NOW["settings"]
    assert {"timer_clock", "ingest_forgotten"} <= set(NOW["tables"])
    assert "CloseReason taken_back" in NOW["words"]
