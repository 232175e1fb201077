"""`slad calendar eval --calendars FILE < ROWS`: business-time questions in, answers out, one JSON object a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from sla_domain.calendar import AtClose, CalendarBook, spec_from_layout, tzdata_version
from sla_domain.errors import InvalidCalendar
from sla_standalone.cli.calendar.arithmetic import RowAnswer, answer
from sla_standalone.cli.output import WRONG, note, progress, stop
from sla_standalone.cli.place import path

_SHOWN = 20
_STEP = 1_000


def register(app: typer.Typer) -> None:
    """Add the command `eval` to the group `slad calendar`."""
    app.command("eval")(evaluate)


@dataclass(slots=True)
class Score:
    """The counts that `slad calendar eval` prints at the end, such as the number of errors.

    Call `add` for the answer to each row (question).
    """

    rows: int = 0
    """The number of all answers."""
    errors: int = 0
    """The number of errors."""
    agree: int = 0
    """The number of answers that are as their row expects."""
    differ: list[RowAnswer] = field(default_factory=list)
    """The answers without error that are not as their row expects."""

    def add(self, one: RowAnswer) -> None:
        """Count the answer to one row.

        If the row states an expected result and the answer differs from it, the answer is appended to `differ`.
        """
        self.rows += 1
        self.errors += bool(one.error)
        self.agree += one.agrees is True
        if one.agrees is False:
            self.differ.append(one)

    @property
    def sound(self) -> bool:
        """Return True if no answer is an error and no answer differs from the result that its row expects."""
        return not self.errors and not self.differ

    def as_json(self) -> dict[str, Any]:
        """Return the counts of `slad calendar eval` as JSON values.

        - `rows`: the number of all answers.
        - `errors`: the number of errors.
        - `compared`: the number of answers without error whose row expects a result.
        - `agree`: how many of the compared answers are as expected.
        - `differ`: the answers that are not as expected (`id`, `result`, `expected`).
        - `tzdata`: the version of the zone data.
        """
        return {
            "rows": self.rows,
            "errors": self.errors,
            "compared": self.agree + len(self.differ),
            "agree": self.agree,
            "differ": [{"id": one.id, "result": one.result, "expected": one.expected} for one in self.differ],
            "tzdata": tzdata_version(),
        }


def evaluate(
    calendars: Annotated[Path, typer.Option(parser=path, help="JSON: calendar id to its layout.")],
    rows: Annotated[Path | None, typer.Argument(parser=path, help="JSON lines. Default: standard input.")] = None,
    at_close: Annotated[
        AtClose, typer.Option(help="Where a deadline goes that falls on a closing time; next_open as in Zendesk.")
    ] = AtClose.STAY,
    json: Annotated[bool, typer.Option("--json", help="The summary on stderr as JSON.")] = False,
) -> None:
    """Answer questions of business-time arithmetic (what is 4 working hours after this time?), one JSON object a line.

    Exit status: 0 all answered as expected, 1 a row differs or makes no sense, 2 no calendars.

    A row: {"id": …, "calendar": …, "op": "add", "start": …, "duration_s": …}. The op `between` has `end`; the op
    `add_working_days` has `working_days` and `mode`. Rows may state the result they expect in `expected`.
    """
    book = _book(calendars)
    score = Score()
    out = sys.stdout
    with _stream(rows) as stream, progress("rows") as advance:
        for one in _answers(stream, book, at_close):
            score.add(one)
            out.write(orjson.dumps(one.as_json()).decode() + "\n")
            if not score.rows % _STEP:
                advance(_STEP)
    out.flush()
    _tell(score, json)
    raise typer.Exit(0 if score.sound else WRONG)


def _answers(stream: Iterable[bytes], book: CalendarBook, at_close: AtClose) -> Iterator[RowAnswer]:
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield answer(line, number, book, at_close)


def _book(path: Path) -> CalendarBook:
    try:
        layouts = orjson.loads(path.read_bytes())
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    except orjson.JSONDecodeError as error:
        stop(f"{path} is not JSON: {error}")
    if not isinstance(layouts, dict) or not all(isinstance(layout, dict) for layout in layouts.values()):
        stop(f"{path}: an object of calendars is expected, id to layout")
    specs, problems = [], []
    for id_, layout in layouts.items():
        try:
            specs.append(spec_from_layout(id_, layout))
        except InvalidCalendar as error:
            problems.append(str(error))
    if problems:
        stop("\n".join(problems))
    return CalendarBook(specs)


@contextmanager
def _stream(rows: Path | None) -> Iterator[BinaryIO]:
    if rows is None:
        yield sys.stdin.buffer
        return
    try:
        stream = rows.open("rb")
    except OSError as error:
        stop(f"{rows}: {error.strerror}")
    with stream:
        yield stream


def _tell(score: Score, json: bool) -> None:
    if json:
        note(orjson.dumps(score.as_json()).decode())
        return
    for one in score.differ[:_SHOWN]:
        note(f"{one.id}: {one.result}, expected {one.expected}")
    if len(score.differ) > _SHOWN:
        note(f"… and {len(score.differ) - _SHOWN} more")
    compared = score.agree + len(score.differ)
    agreed = f", {score.agree} of {compared} agree with what was expected" if compared else ""
    note(f"{score.rows} rows, {score.errors} without an answer{agreed}")
