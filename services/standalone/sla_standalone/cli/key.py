"""`slad key make|list|revoke`: API keys that are kept hashed in the store, by whoever may write to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from sla_catalogue.api_key import KeyScope
from sla_domain import bounds
from sla_platform.apikey.key import MadeKey, is_key_name
from sla_platform.apikey.store import NoSuchKey, WantedKey, list_keys, make_key, revoke_key
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_standalone.cli.installation import NoInstallation, with_store
from sla_standalone.cli.operator import operator_command
from sla_standalone.cli.output import WRONG, emit, note, say, stop, table_console

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]
_Answer = TypeVar("_Answer")


def register(app: typer.Typer) -> None:
    """Add the commands `slad key …` to the application."""
    group = typer.Typer(name="key", help="API keys: made, listed, revoked.", no_args_is_help=True)
    group.command("make")(make)
    group.command("list")(list_)
    group.command("revoke")(revoke)
    app.add_typer(group)


def make(
    name: Annotated[str, typer.Option(help="What it is for: small letters, digits, `.`, `_`, `-`.")],
    role: Annotated[list[KeyScope], typer.Option(help="What it allows; may be given several times.")],
    contract: Annotated[str, typer.Option(help="The only contract whose data it opens. Default: all.")] = "",
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC) without it. Default: never.")
    ] = None,
    reason: _Reason = "",
    json: _Json = False,
) -> None:
    """Make an API key and print it. It is shown only now: the store of SLAD_STORE_URL keeps only its hash.

    Every service accepts the key within two seconds. Exit status: 0 made, 2 the call makes no sense or the store cannot
    be reached.
    """
    wanted = WantedKey(
        name=name,
        scopes=frozenset(each.value for each in role),
        contract=contract or None,
        expires=None if expires is None else expires.date(),
    )

    async def work(store: Store, time_source: TimeSource) -> tuple[MadeKey, str]:
        _refuse_senseless(wanted, time_source.now().date())
        return await make_key(store, time_source, wanted, operator_command(reason))

    made, text = _with_store(work)
    if json:
        emit({"key": text} | _shown(made))
        return
    say(text)
    note(f"{made.id}: {_words(made)}. Keep it now: it is not shown again.")


def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that were revoked, too.")] = False, json: _Json = False
) -> None:
    """List the API keys that were made by `slad key make`, without the keys of the catalogue."""
    keys = _with_store(_listed)
    shown = [key for key in keys if every or key.revoked_at is None]
    if json:
        emit({"keys": [_shown(key) for key in shown]})
    elif not shown:
        note("no key was made here")
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("key", "allows", "made at", "made by", "revoked"):
            table.add_column(column, overflow="fold")
        for key in shown:
            revoked = "" if key.revoked_at is None else f"{_minute(key.revoked_at)} by {key.revoked_by}"
            table.add_row(key.id, _words(key), _minute(key.made_at), key.made_by, revoked)
        table_console().print(table)


def revoke(
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="As `list` shows it, such as grafana#12.")],
    reason: _Reason = "",
    json: _Json = False,
) -> None:
    """Revoke API keys, which cannot be undone. Every service refuses them within two seconds, on open streams too.

    Exit status: 0 all are revoked; 1 a key was not made by `slad key make`, or was already revoked, and then nothing is
    changed.
    """

    async def work(store: Store, time_source: TimeSource) -> list[MadeKey]:
        known = {key.id: key for key in await _listed(store, time_source) if key.revoked_at is None}
        if unknown := [name for name in keys if name not in known]:
            stop(f"no key in use is called {', '.join(unknown)}; `slad key list` shows them", WRONG)
        command = operator_command(reason)
        return [await revoke_key(store, time_source, known[name].number, command) for name in dict.fromkeys(keys)]

    try:
        done = _with_store(work)
    except NoSuchKey as error:
        stop(f"key number {error} was revoked by somebody else meanwhile", WRONG)
    if json:
        emit({"revoked": [_shown(key) for key in done]})
    else:
        for key in done:
            say(f"{key.id} is revoked")


async def _listed(store: Store, _time_source: TimeSource) -> list[MadeKey]:
    async with store.reading() as connection:
        return await list_keys(connection)


def _refuse_senseless(wanted: WantedKey, today: date) -> None:
    """What `slad check` refuses of a key in the catalogue, too."""
    if not is_key_name(wanted.name):
        stop(f"--name {wanted.name}: at most 60 small letters, digits, `.`, `_` and `-`, the first a letter or digit")
    if wanted.contract and (len(wanted.contract) > bounds.CONTRACT or not bounds.writable(wanted.contract)):
        stop("--contract: no contract has such an id")
    beyond = {KeyScope.ADMIN.value, KeyScope.NOTIFY.value} & set(wanted.scopes)
    if wanted.contract and beyond:
        stop(f"--role {beyond.pop()} concerns every contract, and the key is for {wanted.contract} alone")
    if wanted.expires is not None and wanted.expires <= today:
        stop(f"--expires {wanted.expires}: the key would never be valid")


def _with_store(work: Callable[[Store, TimeSource], Awaitable[_Answer]]) -> _Answer:
    try:
        return with_store(Settings(), work)
    except NoInstallation as error:
        stop(str(error))


def _words(key: MadeKey) -> str:
    of = f" of {key.contract}" if key.contract else ""
    until = f", until {key.expires}" if key.expires else ""
    return f"{', '.join(sorted(key.scopes))}{of}{until}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


def _shown(key: MadeKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "roles": sorted(key.scopes),
        "contract": key.contract,
        "expires": key.expires,
        "made_at": key.made_at,
        "made_by": key.made_by,
        "revoked_at": key.revoked_at,
        "revoked_by": key.revoked_by or None,
    }
