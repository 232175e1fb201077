"""Versions as people write them, compared with tolerance, and ranges such as `>=2.0,<2.4` (PLANS H6, H7).

A version is split at dots, dashes, underscores, pluses, and between digits and letters; a leading `v` is dropped. The
numbers before the first word compare as numbers, missing ones are 0 (`2.0` is `2.0.0`); then the rest. A word that
announces a release (`rc`, `beta`, `alpha`, `dev`, `pre`, `snapshot`) comes before the release, any other word (`p1`,
`sp2`, `hotfix3`) after it. A range is a list of comparisons joined by commas, all of which hold: `=`, `==`, `!=`, `<`,
`<=`, `>`, `>=`; a bare version means equality, `2.3.*` every version that begins so, `*` or nothing any version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, takewhile, zip_longest

from sla_domain.errors import InvalidNotice

_PART = re.compile(r"[0-9]+|[^\W\d_]+")
_DIGIT = re.compile(r"\d", re.ASCII)
_BEFORE = frozenset({"dev", "snapshot", "alpha", "a", "beta", "b", "pre", "preview", "rc", "cr", "m", "milestone"})
_COMPARISON = re.compile(r"\s*(==|=|!=|<=|>=|<|>)?\s*(\S.*?)\s*")
_NUMBER, _WORD_AFTER, _WORD_BEFORE = 1, 2, 0
_Part = tuple[int, int, str]
_ZERO: _Part = (_NUMBER, 0, "")


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    version: str

    def holds(self, version: str) -> bool:
        if self.version.endswith("*"):
            same = _begins(version, self.version.rstrip("*").rstrip("."))
            return same is not (self.operator == "!=")
        order = compare(version, self.version)
        match self.operator:
            case "=":
                return order == 0
            case "!=":
                return order != 0
            case "<":
                return order < 0
            case "<=":
                return order <= 0
            case ">":
                return order > 0
            case _:
                return order >= 0


@dataclass(frozen=True, slots=True)
class VersionRange:
    """All comparisons hold; without any, every version is in the range."""

    comparisons: tuple[Comparison, ...] = ()
    text: str = "*"

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises InvalidNotice."""
        stripped = text.strip()
        if stripped in ("", "*"):
            return cls()
        return cls(tuple(_comparison(part, text) for part in stripped.split(",")), stripped)

    def holds(self, version: str) -> bool:
        return all(comparison.holds(version) for comparison in self.comparisons)


def compare(left: str, right: str) -> int:
    """-1, 0 or 1."""
    (numbers, rest), (other_numbers, other_rest) = _split(left), _split(right)
    pairs = chain(zip_longest(numbers, other_numbers, fillvalue=_ZERO), zip_longest(rest, other_rest, fillvalue=_ZERO))
    return next((-1 if a < b else 1 for a, b in pairs if a != b), 0)


def _comparison(part: str, whole: str) -> Comparison:
    found = _COMPARISON.fullmatch(part)
    if found is None or not _DIGIT.search(found[2]):
        raise InvalidNotice(f"{whole!r} is no version range: write one such as >=2.0,<2.4")
    operator = {"==": "=", None: "="}.get(found[1], found[1])
    if found[2].endswith("*") and operator not in ("=", "!="):
        raise InvalidNotice(f"{part.strip()!r} cannot be compared: use * only without an operator or with !=")
    return Comparison(operator, found[2])


def _parts(version: str) -> tuple[_Part, ...]:
    return tuple(_ranked(re.sub(r"^[vV](?=\d)", "", version.strip()).casefold()))


def _split(version: str) -> tuple[tuple[_Part, ...], tuple[_Part, ...]]:
    """The release numbers, and what follows from the first word on."""
    parts = _parts(version)
    numbers = tuple(takewhile(lambda part: part[0] == _NUMBER, parts))
    return numbers, parts[len(numbers) :]


def _ranked(version: str) -> Iterator[_Part]:
    for text in _PART.findall(version):
        if text.isdigit():
            yield (_NUMBER, int(text), "")
        else:
            yield (_WORD_BEFORE if text in _BEFORE else _WORD_AFTER, 0, text)


def _begins(version: str, start: str) -> bool:
    wanted = _parts(start)
    return _parts(version)[: len(wanted)] == wanted
