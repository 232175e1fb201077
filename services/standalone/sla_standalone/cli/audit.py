"""`slad audit list|export|verify`: who did what, and whether the audit log is unaltered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx2
import orjson
import typer
from rich.table import Table

from sla_platform.audit.chain import AuditHead, AuditRow, ChainBreak, first_break, row_of_json
from sla_standalone.cli.output import MISUSED, WRONG, emit, note, say, stop, table_console
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

LOGS = ("platform", "ingest", "timer", "notifier", "board")
_PAGE = 500
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Log = Annotated[str, typer.Option("--log", help="Only this one: platform, ingest, timer, notifier or board.")]
_Actor = Annotated[str, typer.Option(help="Only acts of this one, such as key:ops, person:anna, operator:root.")]
_Act = Annotated[str, typer.Option(help="Only such acts, such as alert.acknowledged.")]
_Object = Annotated[str, typer.Option(help="Only acts on this alert, delivery, key …, by its id.")]
_Since = Annotated[str, typer.Option(help="From this instant on, such as 2026-11-22T10:00:00+01:00.")]
_Until = Annotated[str, typer.Option(help="Before this instant.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad audit …` to the application."""
    group = typer.Typer(
        name="audit", help="Who did what: listed, exported, and checked for tampering.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command("export")(export)
    group.command("verify")(verify)
    app.add_typer(group)


def list_(
    url: Url = DEFAULT_URL,
    key: Key = "",
    log: _Log = "",
    actor: _Actor = "",
    act: _Act = "",
    object: _Object = "",
    since: _Since = "",
    until: _Until = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000)] = 50,
    json: _Json = False,
) -> None:
    """List the acts of people and keys in the audit logs of all services, the newest first.

    Needs a key with the scope admin. A key of one contract shows only the acts on that contract. Exit status: 0 listed,
    2 the call makes no sense or a service does not answer.
    """
    asked = _asked(actor, act, object, since, until)
    with open_client(url, key) as client:
        found = [one for name in _served(client, log) for one in _newest(client, name, asked, limit)]
    found.sort(key=lambda one: (one["at"], one["service"], one["seq"]), reverse=True)
    if json:
        emit({"acts": found[:limit]})
    elif not found:
        note("no such act is on record")
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("at", "who", "did", "to", "contract", "reason", "place"):
            table.add_column(column, overflow="fold")
        for one in found[:limit]:
            table.add_row(
                one["at"][:19] + "Z", one["actor"], one["act"], one["object"], one["contract"], one["reason"],
                f"{one['service']}/{one['seq']}",
            )  # fmt: skip
        table_console().print(table)


def export(
    url: Url = DEFAULT_URL,
    key: Key = "",
    log: _Log = "",
    actor: _Actor = "",
    act: _Act = "",
    object: _Object = "",
    since: _Since = "",
    until: _Until = "",
    heads: Annotated[bool, typer.Option("--heads", help="Only where each log ends, for --against.")] = False,
) -> None:
    """Print the audit logs as JSON lines, the oldest act first.

    The last line of each log is its head: the number and hash of the last row. If an option leaves acts out, there is
    no head, and the lines cannot be verified. Needs a key with the scope admin. Exit status: 0 printed, 2 the call
    makes no sense or a service does not answer.
    """
    asked = _asked(actor, act, object, since, until)
    with open_client(url, key) as client:
        for name in _served(client, log):
            for line in _lines(client, name, asked):
                if not heads or "head" in line:
                    typer.echo(orjson.dumps(line).decode())


def verify(
    file: Annotated[
        Path | None, typer.Argument(parser=path, metavar="FILE", help="An export. Default: ask the services.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
    log: _Log = "",
    against: Annotated[
        list[Path] | None,
        typer.Option(parser=path, metavar="FILE", help="An earlier export, or its --heads, kept elsewhere."),
    ] = None,
    json: _Json = False,
) -> None:
    """Check the hashes of the audit logs, and name the first row of each log that was tampered with.

    This finds a changed, deleted, inserted or moved row, and rows missing at the end. Somebody who can write to the
    database can also replace a whole log: only --against finds that, with an earlier export kept out of their reach.
    Needs a key with the scope admin. Exit status: 0 all logs are intact, 1 one is not, 2 the call makes no sense or a
    service does not answer.
    """
    if log and log not in LOGS:
        stop(f"--log {log}: it is one of {', '.join(LOGS)}")
    known = [_read(_file_lines(each), str(each)) for each in against or ()]
    if file is not None:
        read = _read(_file_lines(file), str(file))
    else:
        with open_client(url, key) as client:
            read = _read((line for name in _served(client, log) for line in _lines(client, name, {})), url)
    names = [name for name in LOGS if (log or name) == name and (name in read.heads or name in read.rows)]
    missing = sorted({name for one in known for name in one.hashes if (log or name) == name} - set(names))
    verdicts = [_verdict(name, read, known) for name in names]
    verdicts += [_Verdict(name, 0, None, ChainBreak(name, 1, "the whole log is missing")) for name in missing]
    _tell(verdicts, json)
    if any(one.broken is not None for one in verdicts):
        raise typer.Exit(WRONG)


@dataclass(frozen=True, slots=True)
class _Verdict:
    log: str
    rows: int
    head: AuditHead | None
    broken: ChainBreak | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What the lines of an export hold, by log."""

    rows: dict[str, list[AuditRow]] = field(default_factory=dict)
    heads: dict[str, AuditHead] = field(default_factory=dict)

    @property
    def hashes(self) -> dict[str, dict[int, str]]:
        found = {name: {head.seq: head.hash} for name, head in self.heads.items()}
        for name, rows in self.rows.items():
            found.setdefault(name, {}).update({row.seq: row.hash for row in rows})
        return found


def _verdict(name: str, read: _Read, known: Iterable[_Read]) -> _Verdict:
    rows, head = read.rows.get(name, []), read.heads.get(name)
    if head is None:
        why = "its head is missing: the export was filtered or cut"
        return _Verdict(name, len(rows), None, ChainBreak(name, len(rows) + 1, why))
    breaks = [first_break(rows, head, one.hashes.get(name, {})) for one in known] or [first_break(rows, head)]
    found = sorted((one for one in breaks if one is not None), key=lambda one: one.seq)
    return _Verdict(name, len(rows), head, found[0] if found else None)


def _tell(verdicts: list[_Verdict], json: bool) -> None:
    if json:
        emit(
            {
                "logs": [
                    {
                        "log": one.log,
                        "rows": one.rows,
                        "head": one.head and {"seq": one.head.seq, "hash": one.head.hash},
                        "break": one.broken and {"seq": one.broken.seq, "why": one.broken.why},
                    }
                    for one in verdicts
                ]
            }
        )
        return
    for one in verdicts:
        if one.broken is not None:
            say(f"{one.log}: row {one.broken.seq}: {one.broken.why}")
        elif one.head is not None:
            say(f"{one.log}: {one.rows} acts, whole; head {one.head.seq} {one.head.hash}")


def _asked(actor: str, act: str, object_: str, since: str, until: str) -> dict[str, str | int]:
    given = {"actor": actor, "act": act, "object": object_, "since": since, "until": until}
    return {name: value for name, value in given.items() if value}


def _served(client: httpx2.Client, log: str) -> Iterator[str]:
    """The logs behind this address; one that is not served there is named on stderr."""
    if log and log not in LOGS:
        stop(f"--log {log}: it is one of {', '.join(LOGS)}")
    for name in (log,) if log else LOGS:
        answer = client.get(f"/v1/audit/{name}", params={"limit": 1})
        if answer.status_code == httpx2.codes.NOT_FOUND:
            if log:
                stop(f"the log of {name} is not served at {client.base_url}", MISUSED)
            note(f"the log of {name} is not served at {client.base_url}: ask its own address")
        elif answer.status_code >= httpx2.codes.BAD_REQUEST:
            stop_refused(answer)
        else:
            yield name


def _newest(client: httpx2.Client, name: str, asked: Mapping[str, str | int], limit: int) -> Iterator[dict[str, Any]]:
    after, left = 0, limit
    while left > 0:
        page = fetch_json(client, f"/v1/audit/{name}", {**asked, "after": after, "limit": min(left, _PAGE)})
        yield from page["acts"]
        left -= len(page["acts"])
        if page["next"] is None:
            return
        after = page["next"]


def _lines(client: httpx2.Client, name: str, asked: Mapping[str, str | int]) -> Iterator[dict[str, Any]]:
    with client.stream("GET", f"/v1/audit/{name}/export", params=dict(asked)) as answer:
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            answer.read()
            stop_refused(answer)
        for line in answer.iter_lines():
            yield orjson.loads(line)


def _file_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield orjson.loads(line)
            except ValueError:
                stop(f"{file}:{number}: no line of an export")


def _read(lines: Iterable[Any], where: str) -> _Read:
    read = _Read()
    for number, line in enumerate(lines, 1):
        try:
            if "head" in line:
                head = line["head"]
                read.heads[head["service"]] = AuditHead(head["service"], int(head["seq"]), str(head["hash"]))
            else:
                row = row_of_json(line)
                read.rows.setdefault(row.service, []).append(row)
        except (ValueError, KeyError, TypeError):
            stop(f"{where}:{number}: no line of an export")
    return read
