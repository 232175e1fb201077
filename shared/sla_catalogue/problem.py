"""What is wrong with a catalogue, where, and what to do about it; every problem is reported at once.

CatalogueError            anything this package raises
└── CatalogueInvalid      the files do not form a catalogue; carries every problem found
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

Path = tuple[str | int, ...]


class FindingLevel(StrEnum):
    """How severe a finding is."""

    ERROR = "error"
    """The catalogue cannot be used."""
    WARNING = "warning"
    """The catalogue can be used, and somebody should look at the finding."""


class Position(NamedTuple):
    """A place in a file: line and column, counted from 1.

    Line 0 and column 0 mean the file as a whole.
    """

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One error or warning about a catalogue, with its file, line and column."""

    file: str
    line: int
    column: int
    severity: FindingLevel
    code: str
    """A stable name of the kind of problem, such as `unknown-plan`, for scripts and searches."""
    message: str
    hint: str = ""
    """What to do. "" if not known."""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity.value} [{self.code}] {self.message}{hint}"


class CatalogueError(Exception):
    """Base of the errors about catalogues that this package raises."""


class CatalogueInvalid(CatalogueError):
    """Raised for files that are not a valid catalogue: correct what `problems` lists and check again."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        self.problems = tuple(problems)
        errors = [str(problem) for problem in problems if problem.severity is FindingLevel.ERROR]
        super().__init__("\n".join([f"the catalogue has {len(errors)} error(s)", *errors]))


@dataclass(slots=True)
class Findings:
    """A collection of the errors and warnings found while a catalogue is read.

    Each finding is about a value of the catalogue. The value is named by its path: the keys that lead to it, such as
    `("plans", "gold", "rank")`.
    """

    positions: Mapping[Path, Position]
    """Path -> file, line and column."""
    problems: list[FileProblem] = field(default_factory=list)

    def error(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """Report a problem that prevents the use of the catalogue.

        Args:
            path: Path of the value in the catalogue, such as `("plans", "gold", "rank")`.
            code: A stable name of the kind of problem, such as `unknown-plan`.
            message: What is wrong.
            hint: What to do. "" if not known.
        """
        self._add(FindingLevel.ERROR, path, code, message, hint)

    def warning(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """Report something that is allowed but probably not intended.

        Args:
            path: Path of the value in the catalogue, such as `("plans", "gold", "rank")`.
            code: A stable name of the kind of problem, such as `unused-metric`.
            message: What looks wrong.
            hint: What to do. "" if not known.
        """
        self._add(FindingLevel.WARNING, path, code, message, hint)

    def at(self, path: Path) -> Position:
        """Return the file, line and column of a value of the catalogue.

        For a missing value, the place of its nearest parent is returned.

        Args:
            path: Path of the value in the catalogue, such as `("plans", "gold", "rank")`.
        """
        for length in range(len(path), -1, -1):
            position = self.positions.get(path[:length])
            if position is not None:
                return position
        return Position()

    @property
    def has_errors(self) -> bool:
        """Return whether at least one error (not only warnings) was reported."""
        return any(problem.severity is FindingLevel.ERROR for problem in self.problems)

    def sorted(self) -> tuple[FileProblem, ...]:
        """Return the reported errors and warnings in the order of files and lines, each once."""
        return tuple(sorted(set(self.problems), key=lambda p: (p.file, p.line, p.column, p.code, p.message)))

    def _add(self, severity: FindingLevel, path: Path, code: str, message: str, hint: str) -> None:
        where = self.at(path)
        self.problems.append(FileProblem(where.file, where.line, where.column, severity, code, message, hint))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that suggests the known name most similar to a misspelt name.

    If no known name is similar, the hint lists all known names if there are at most 12. Otherwise, or if no name is
    known, the result is "".

    Args:
        word: The misspelt name.
        known: All known names.
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6) or _caseless(word, names)
    if near:
        return f"did you mean {near[0]!r}?"
    if names and len(names) <= 12:
        return f"known: {', '.join(names)}"
    return ""


def _caseless(word: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.casefold() == word.casefold()][:1]


def path_text(path: Path) -> str:
    """Return the path of a catalogue value as text, such as `plans.gold.targets[2].time`."""
    return "".join(_steps(path)).lstrip(".")


def _steps(path: Path) -> Iterator[str]:
    for step in path:
        yield f"[{step}]" if isinstance(step, int) else f".{step}"
