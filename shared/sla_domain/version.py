"""Versions as people write them, compared with tolerance, and ranges such as `>=2.0,<2.4` (clause H6, H7).

A version is split at dots, dashes, underscores, pluses, and between digits and letters; a leading `v` is ignored. The
numbers before the first word compare as numbers, missing ones are 0 (`2.0` is `2.0.0`); then the rest. A word that
announces a release (`rc`, `beta`, `alpha`, `dev`, `pre`, `snapshot`) comes before the release, any other word (`p1`,
`sp2`, `hotfix3`) after it.

A range is one or more alternatives joined by `||`; an alternative is a list of comparisons joined by commas or spaces,
all of which hold: `=`, `==`, `!=`, `<`, `<=`, `>`, `>=` and a version. A bare version stands alone and means
equality, `2.3.*` and `2.3.x` every version that begins so, `*` or nothing any version.

A bare `4.2.3-4.2.5` is refused: Oracle's advisories write all versions from the one to the other in this way, Red Hat's
packages one version and its release (`4.18.0-305.25.1`). After `=` it is one version.
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
_COMPARISON = re.compile(r"(==|=|!=|<=|>=|<|>)?\s*([^\s,<>=!|]+)(?=[\s,]|$)")
_JOINT = re.compile(r"\s*,\s*|\s+")
_VERSION = re.compile(r"[\w.+:-]*\w\.?")  # a version that ends in a sign (`4.2+`) stands for more versions
_ANY_FROM_HERE = re.compile(r"(\.[xX*])+")
_NUMBERED = re.compile(r"[vV]?\d", re.ASCII)
_DOTTED = re.compile(r"[vV]?\d+\.[\w*]", re.ASCII)
_DASH = re.compile(r"[-:]")
_NUMBERS_FROM_TO = re.compile(r"([vV]?\d+)-([vV]?\d+)", re.ASCII)
GRAMMAR = (
    "comparisons (=, !=, <, <=, >, >= and a version) joined by commas or spaces, alternatives joined by ||, a bare "
    "version alone, 2.3.x or 2.3.* for every version that begins so: `>=2.0 <2.4.1 || 3.0.x`"
)
_NUMBER, _WORD_AFTER, _WORD_BEFORE = 1, 2, 0
_Part = tuple[int, int, str]
_ZERO: _Part = (_NUMBER, 0, "")
_SEVERAL = re.compile(r"[<>=!|*,]|\.[xX]$|\+$")


def names_one_version(text: str) -> bool:
    """Return whether a text is a single version, such as `4.2-sp1`, and not a range, such as `>=4.2`, `4.x` or `4.2+`.

    What a customer runs must be a single version. A range would be compared as a version that nobody runs.
    """
    return bool(text.strip()) and _SEVERAL.search(text.strip()) is None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on a version, such as `>=4.2`.

    With `=` or `!=`, a version such as `2.3.*` means every version that begins with `2.3`.
    """

    operator: str
    """=, !=, <, <=, > or >=."""
    version: str
    """The version to compare with, such as `4.2`."""

    def holds(self, version: str) -> bool:
        """Return whether `version` satisfies the condition.

        `2.0` equals `2.0.0` and is newer than `2.0-rc1`.
        """
        if self.version.endswith("*"):
            same = _begins(version, self.version.rstrip("*").rstrip("."))
            return same is not (self.operator == "!=")
        order = compare_versions(version, self.version)
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
    """A range of versions, such as `>=2.0 <2.4.1 || 3.0.x`."""

    alternatives: tuple[tuple[Comparison, ...], ...] = ()
    """The parts between `||`, each a list of comparisons. A version lies in the range if it satisfies all comparisons
    of one part. Without parts, every version lies in the range."""
    text: str = "*"
    """The range as written."""

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Return the range of versions that a text describes, such as `>=2.0 <2.4.1 || 3.0.x`.

        The texts "", `*` and `x` mean every version.

        Raises:
            InvalidNotice: The text does not follow the grammar (`GRAMMAR`).
        """
        stripped = text.strip()
        if stripped in ("", "*", "x", "X"):
            return cls()
        return cls(tuple(_alternative(part.strip(), text) for part in stripped.split("||")), stripped)

    def holds(self, version: str) -> bool:
        """Return whether the version lies in the range."""
        if not self.alternatives:
            return True
        return any(all(each.holds(version) for each in together) for together in self.alternatives)


def compare_versions(left: str, right: str) -> int:
    """Return -1, 0 or 1 if `left` is older than, equal to or newer than `right`.

    Missing numbers are 0, so `2.0` equals `2.0.0`. `2.0-rc1` is older than `2.0`, and `2.0-p1` is newer.
    """
    (numbers, rest), (other_numbers, other_rest) = _split(left), _split(right)
    pairs = chain(zip_longest(numbers, other_numbers, fillvalue=_ZERO), zip_longest(rest, other_rest, fillvalue=_ZERO))
    return next((-1 if a < b else 1 for a, b in pairs if a != b), 0)


def _alternative(written: str, whole: str) -> tuple[Comparison, ...]:
    found: list[Comparison] = []
    place = 0
    while place < len(written) or not found:
        token = _COMPARISON.match(written, place)
        if token is None:
            raise _unreadable(whole, written[place:] or written)
        bare = token[1] is None
        found.append(_comparison(token[1], token[2], whole))
        place = token.end()
        joint = _JOINT.match(written, place)
        if (joint is not None and joint.end() == len(written)) or (bare and (place < len(written) or len(found) > 1)):
            raise _unreadable(whole, written)
        place = place if joint is None else joint.end()
    return tuple(found)


def _comparison(written: str | None, version: str, whole: str) -> Comparison:
    operator = {"==": "=", None: "="}.get(written, written or "=")
    if written is None and (both := _from_to(version)) is not None:
        raise _unclear(whole, version, *both)
    start = _ANY_FROM_HERE.search(version)
    if start is not None and start.end() == len(version):
        if operator not in ("=", "!="):
            raise _unreadable(whole, f"{operator}{version}")
        version = f"{version[: start.start()]}.*"
    if not _VERSION.fullmatch(version.removesuffix("*")) or not _DIGIT.search(version) or ".." in version:
        raise _unreadable(whole, version)
    return Comparison(operator, version)


def _from_to(version: str) -> tuple[str, str] | None:
    """The first and the last version of a text that may mean all between them, such as `4.2.3-4.2.5` or `10-12`.

    `2.0-1` and `2024-01` are one version: a release of a version counts from 1, a year comes before its month.
    """
    if (numbers := _NUMBERS_FROM_TO.fullmatch(version)) is not None:
        return (numbers[1], numbers[2]) if compare_versions(numbers[1], numbers[2]) < 0 else None
    for dash in _DASH.finditer(version):
        first, last = version[: dash.start()], version[dash.end() :]
        begins = _DOTTED if dash[0] == ":" else _NUMBERED  # `1:2.4.38` is a version with Debian's epoch
        if begins.match(first) and _DOTTED.match(last):
            return first, last
    return None


def _unclear(whole: str, version: str, first: str, last: str) -> InvalidNotice:
    if "*" in version or _ANY_FROM_HERE.search(version):
        return _unreadable(whole, version)
    return InvalidNotice(
        f"{whole!r} may be one version or all from {first} to {last}: "
        f"write `>={first} <={last}` for all of them, `={version}` for one version"
    )


def _unreadable(whole: str, part: str) -> InvalidNotice:
    where = "" if part.strip() == whole.strip() else f" (at {part.strip()!r})"
    return InvalidNotice(f"{whole!r} is no version range{where}: write {GRAMMAR}")


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
