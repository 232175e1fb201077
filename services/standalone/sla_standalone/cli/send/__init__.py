"""`slad send SAMPLE --to URL`: post a delivery as its sender would, signed, and show the answer."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
import orjson
import typer
from rich.table import Table

from sla_catalogue.problem import did_you_mean
from sla_platform.timesource import SystemTime
from sla_standalone.cli.output import WRONG, emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, open_client
from sla_standalone.cli.send.sample import SAMPLES, Style, body_of, proof


def register(app: typer.Typer) -> None:
    """Add the command `slad send` to the application."""
    app.command("send")(send)


def send(
    sample: Annotated[
        str, typer.Argument(help="A sample's name, or a file with a payload. Without it: list them.")
    ] = "",
    to: Annotated[str, typer.Option(help="Where to. Default: the sample's own path on SLAD_URL.")] = "",
    secret: Annotated[
        str, typer.Option(help="The source's secret, or an API key for CloudEvents.", envvar="SLAD_SEND_SECRET")
    ] = "",
    style: Annotated[
        Style | None, typer.Option("--as", help="Whose headers and signature. Default: the sample's own; plain.")
    ] = None,
    incident: Annotated[
        int | None, typer.Option("--id", help="The incident's number, to go on with one. Default: a new one.", min=1)
    ] = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="NAME: VALUE, repeatable.")] = None,
    url: Annotated[str, typer.Option(help="A running service.", envvar="SLAD_URL")] = DEFAULT_URL,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Post a sample delivery, or a file, in place of a ticketing system, and show the response; to try out a service.

    Without an argument, list the samples. Exit status: 0 accepted, 1 refused, 2 the call makes no sense or no service
    answers.
    """
    if not sample:
        _list(json)
        return
    now, unique = SystemTime().now(), str(uuid.uuid4())
    number = incident or int(now.timestamp())
    known = SAMPLES.get(sample)
    if known is not None:
        body, headers, where = body_of(known, number, unique, now), dict(known.headers), to or url + known.path
    else:
        body, headers, where = _file(sample), {"Content-Type": "application/json"}, to
    chosen = style or (known.style if known is not None else Style.PLAIN)
    headers |= proof(chosen, secret, body, unique, now) | _headers(header or [])
    if not urlsplit(where).netloc:
        stop(f"where to? --to {url}/v1/webhooks/<source>")
    if not secret and chosen is not Style.PLAIN:
        note("unsigned: give --secret or set SLAD_SEND_SECRET")
    answer = _posted(where, body, headers)
    if json:
        emit({"url": where, "status": answer.status_code, "headers": _sent(headers), "answer": _body(answer)})
    else:
        note(f"POST {where} -> {answer.status_code}{' (known already)' if 'slad-duplicate' in answer.headers else ''}")
        say(_pretty(answer))
    raise typer.Exit(0 if answer.is_success else WRONG)


def _list(json: bool) -> None:
    if json:
        emit(
            [
                {"name": one.name, "as": one.style.value, "path": one.path, "title": one.title}
                for one in SAMPLES.values()
            ]
        )
        return
    table = Table("sample", "what it is", "goes to")
    for one in SAMPLES.values():
        table.add_row(one.name, one.title, one.path)
    table_console().print(table)


def _file(name: str) -> bytes:
    path = Path(name)
    if not path.is_file():
        hint = did_you_mean(name, SAMPLES)
        stop(f"{name} is neither a sample nor a file{f'; {hint}' if hint else ''}")
    return path.read_bytes()


def _headers(written: list[str]) -> dict[str, str]:
    found = {}
    for line in written:
        name, separator, value = line.partition(":")
        if not separator or not name.strip():
            stop(f"--header {line!r}: write NAME: VALUE")
        found[name.strip()] = value.strip()
    return found


def _posted(where: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    parts = urlsplit(where)
    with open_client(f"{parts.scheme}://{parts.netloc}") as client:
        return client.post(where, content=body, headers=headers)


def _sent(headers: dict[str, str]) -> dict[str, str]:
    """Without what proves the sender."""
    return {name: value for name, value in headers.items() if name.lower() not in ("authorization", "x-gitlab-token")}


def _body(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _pretty(answer: httpx2.Response) -> str:
    found = _body(answer)
    return found if isinstance(found, str) else orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()
