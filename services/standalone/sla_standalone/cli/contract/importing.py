"""`slad contract import CSV`: contracts of a table into a running service; all lines are checked first."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from sla_domain.normal import normal
from sla_standalone.cli.contract.service import ContractService, KnownContract, Misfit, WantedContract, unchanged
from sla_standalone.cli.contract.table import ERROR, TableLine, column_of, merge_with_stored, read_table
from sla_standalone.cli.output import WRONG, emit, note, progress, say
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client

_AT_ONCE = 4  # requests in flight
_NAMED = 20  # contracts named in a line; --json has all


def import_(
    table: Annotated[Path, typer.Argument(parser=path, metavar="CSV", help="The table, one contract a line.")],
    reason: Annotated[str, typer.Option(help="Why, for the history, of lines that do not say.")] = "",
    proceed: Annotated[
        bool, typer.Option("--continue", help="Take the lines that fit, and write the others to a file.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(parser=path, help="Where --continue writes the others. Default: CSV.rejects.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; write nothing.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create or change contracts from a table, one contract a line; if one line does not fit, nothing is written.

    All lines are checked first. Then they are written one after the other. The import stops if the service fails, or
    refuses a line although the check accepted it, because somebody has changed the contract meanwhile. The command then
    says what was written and what was not tried; import the same table again to go on. With --continue, the lines that
    fit are written although others do not fit. If the table has no column for a property of a contract, the property
    keeps its value. Importing the same table again changes nothing. Exit status: 0 all contracts are as in the table
    (with --dry-run: could be), 1 a line does not fit, 2 misuse or no service answers.
    """
    columns, lines = read_table(table, reason)
    with open_client(url, key) as client:
        run = _Import(ContractService(client), columns)
        run.check(lines)
        if not dry_run and (proceed or not run.refused):
            run.write(proceed=proceed)
    where = None
    if proceed and run.refused and not dry_run:
        where = rejects or table.with_name(f"{table.name}.rejects")
        _write_rejects(where, columns, run.refused)
    if json:
        emit(
            {
                "done": dict(run.done),
                "errors": [one.as_json() for one in run.refused],
                "rejects": where and str(where),
                "written": run.written,
                "not_tried": run.not_tried,
            }
        )
    else:
        for one in run.refused:
            for each in one.misfits:
                note(f"{one.line.wanted.place}: {one.said(each)}")
        say(", ".join(f"{count} {what}" for what, count in sorted(run.done.items())) or "the table has no lines")
        if where is not None:
            note(f"{len(run.refused)} lines not taken: {where}")
    raise typer.Exit(WRONG if run.refused else 0)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a table of contracts that was not written, with the reasons (`misfits`)."""

    line: TableLine
    misfits: tuple[Misfit, ...]

    def said(self, misfit: Misfit) -> str:
        """Return a reason for the refusal as text, such as `plan: there is no such plan`.

        The text begins with the name of the column that the reason concerns. It has no column if the reason concerns
        the whole line.
        """
        column = column_of(misfit)
        return f"{column}: {misfit.detail}" if column else misfit.detail

    def as_json(self) -> dict[str, object]:
        """Return the refused line as JSON values.

        `line` is the line's number in the table, and `contract` the contract's id. `errors` lists the reasons as
        objects with `column` (null for the whole line) and `detail`.
        """
        errors = [{"column": column_of(each) or None, "detail": each.detail} for each in self.misfits]
        return {"line": self.line.wanted.line, "contract": self.line.wanted.id, "errors": errors}


class _Import:
    """One import: what fits, and what does not."""

    def __init__(self, service: ContractService, columns: list[str]) -> None:
        self._service = service
        self._columns = columns
        self._fit: list[tuple[TableLine, WantedContract, KnownContract | None]] = []
        self.refused: list[RefusedLine] = []
        self.done: Counter[str] = Counter()
        self.written: list[str] = []
        self.not_tried: list[str] = []

    def check(self, lines: list[TableLine]) -> None:
        """Have the service check every line; nothing is written."""
        among = _among_each_other(lines)
        with progress("checking lines", len(lines)) as advance, ThreadPoolExecutor(_AT_ONCE) as pool:
            for line, (wanted, known, found) in zip(lines, pool.map(self._checked, lines), strict=True):
                wrong = (*among.get(line.wanted.line, ()), *found)
                if wrong:
                    self.refused.append(RefusedLine(line, wrong))
                elif unchanged(wanted, known):
                    self.done["unchanged"] += 1
                else:
                    self._fit.append((line, wanted, known))
                advance(1)
        if self.refused:
            self.done["do not fit"] = len(self.refused)
        if self._fit:
            self.done["fit"] = len(self._fit)

    def _checked(self, line: TableLine) -> tuple[WantedContract, KnownContract | None, tuple[Misfit, ...]]:
        wanted = line.wanted
        known = self._service.known(wanted.id) if wanted.id else None
        if known is not None:
            wanted = merge_with_stored(wanted, known.newest, self._columns)
        if unchanged(wanted, known):
            return wanted, known, ()
        if not wanted.reason:
            return wanted, known, (Misfit("/reason", "why? give a reason, or say --reason"),)
        return wanted, known, self._service.write(wanted, known, dry_run=True)

    def write(self, *, proceed: bool) -> None:
        """Write the lines that fit; unless `proceed`, stop at one that is refused after all."""
        self.done.pop("fit", None)
        with progress("writing contracts", len(self._fit)) as advance:
            for number, (line, wanted, known) in enumerate(self._fit):
                try:
                    found = self._service.write(wanted, known, dry_run=False)
                except httpx2.HTTPError:
                    self._stop(number)
                    raise
                if found:
                    self.refused.append(RefusedLine(line, found))
                    self.done["do not fit"] += 1
                    if not proceed:
                        self._stop(number + 1)
                        return
                else:
                    self.done["created" if known is None else "changed"] += 1
                    self.written.append(wanted.id)
                advance(1)

    def _stop(self, at: int) -> None:
        """Say what of the table is in the service, since not all is."""
        self.not_tried = [wanted.id for _, wanted, _ in self._fit[at:]]
        if self.not_tried:
            self.done["not tried"] = len(self.not_tried)
        said = f"stopped: written {_names(self.written)}; not tried {_names(self.not_tried)}"
        note(f"{said}; import the table again to go on")


def _names(contracts: list[str]) -> str:
    shown = ", ".join(contracts[:_NAMED]) or "none"
    return f"{shown} and {len(contracts) - _NAMED} others" if len(contracts) > _NAMED else shown


def _among_each_other(lines: list[TableLine]) -> dict[int, tuple[Misfit, ...]]:
    """What two lines say that cannot stand together: one id twice, or one customer at the same time. Line -> why."""
    found: dict[int, list[Misfit]] = {}
    ids: dict[str, TableLine] = {}
    customers: dict[str, list[TableLine]] = {}
    for line in lines:
        first = ids.setdefault(line.wanted.id, line)
        if first is not line:
            detail = f"{line.wanted.id} stands in line {first.wanted.line} already"
            found.setdefault(line.wanted.line, []).append(Misfit("/id", detail))
            continue
        for name in _customers(line.wanted):
            others = customers.setdefault(normal(name), [])
            for other in others:
                if _meet(line.wanted, other.wanted):
                    detail = f"{name} is a customer of {other.wanted.id} in line {other.wanted.line} at the same time"
                    found.setdefault(line.wanted.line, []).append(Misfit("/contract/customers", detail))
            others.append(line)
    return {number: tuple(each) for number, each in found.items()}


def _customers(wanted: WantedContract) -> Iterator[str]:
    names = wanted.section.get("customers")
    yield from (str(name) for name in (names if isinstance(names, list) else ()))


def _meet(one: WantedContract, other: WantedContract) -> bool:
    """By the days of `valid`, whose texts sort as days do; a bad one the service names."""
    spans = [each.section.get("valid") for each in (one, other)]
    (a, b), (c, d) = (
        (str(span.get("from") or ""), str(span.get("to") or "9999")) if isinstance(span, dict) else ("", "9999")
        for span in spans
    )
    return a < d and c < b


def _write_rejects(where: Path, columns: list[str], refused: list[RefusedLine]) -> None:
    with where.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        names = [name for name in columns if name != ERROR]
        out.writerow([*names, ERROR])
        for one in refused:
            said = "; ".join(map(one.said, one.misfits))
            out.writerow([*(one.line.cells.get(name, "") for name in names), said])
