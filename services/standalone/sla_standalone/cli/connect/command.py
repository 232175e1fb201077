"""`slad connect SYSTEM`: asks what is missing, and goes from the catalogue's YAML to the first delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sla_catalogue.system import system_names, system_of
from sla_standalone.cli.connect.answer import CUSTOMER, PRIORITIES, STAFF
from sla_standalone.cli.connect.order import ConnectOrder, at_terminal, hook_of, order_of, with_answers
from sla_standalone.cli.connect.steps import connect_new, present_source, print_steps, print_test, print_wait
from sla_standalone.cli.connect.trial import READY_SECONDS
from sla_standalone.cli.output import WRONG, note, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url

_WAIT_SECONDS = 120.0


def register(app: typer.Typer) -> None:
    """Add the command `slad connect` to the application."""
    app.command("connect")(connect)


def connect(
    system: Annotated[str, typer.Argument(help="A dialect, or a preset of a map. Without it: list them.")] = "",
    source: Annotated[str, typer.Option(help="The source's id. Default: the system's name.")] = "",
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="Catalogue directory or file. Default: SLAD_CATALOGUE.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(parser=path, help="A file of the catalogue to add it to. Default: a new one.")
    ] = None,
    secret_env: Annotated[
        str, typer.Option(help="The variable with the secret. Default: a file in the folder secrets.")
    ] = "",
    public_url: Annotated[str, typer.Option(help="Where senders reach slad. Default: SLAD_PUBLIC_URL.")] = "",
    target: Annotated[
        str, typer.Option("--repo", "--project", "--team", "--service", help="Make the webhook by the API, for this.")
    ] = "",
    api: Annotated[str, typer.Option(help="The API of a server of your own.")] = "",
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Do not use the API.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and stop.")] = False,
    customer: Annotated[str, typer.Option(help="The customer of all its tickets.")] = "",
    priorities: Annotated[str, typer.Option(help="Its words for the plan's priorities: 'High=P1, Low=P3'.")] = "",
    staff: Annotated[str, typer.Option(help="Your accounts there, and mail domains: 'bob, @desk.example'.")] = "",
    test: Annotated[
        bool | None,
        typer.Option(
            "--test/--no-test", help="Send a signed test delivery, which is not kept. At a terminal by default."
        ),
    ] = None,
    wait: Annotated[
        float | None, typer.Option(help="Seconds to wait for the first delivery; needs an admin's key.", min=0)
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Connect a ticketing system: add its source to the catalogue, create the secret, and show what to set up there.

    The webhook is created through the system's API where possible. No entry that the catalogue already has is changed.
    If the source is in the catalogue already, nothing is written; it can be tested (--test), and a delivery from it
    awaited (--wait). At a terminal the command asks for what is missing, and sends a test delivery (not with
    --no-test). At the end it says which steps are left to you. The token of a system's API comes from the environment,
    such as GITHUB_TOKEN. Exit status: 0 done, 1 something does not work yet, 2 the call makes no sense.
    """
    if not system:
        _list()
        return
    order = order_of(system, source, catalogue, into, secret_env, public_url)
    given = {CUSTOMER: customer, PRIORITIES: priorities, STAFF: staff}
    new = present_source(order) is None
    if new:
        order = with_answers(order, given, ask=at_terminal() and not yes)
        hook = None if by_hand else hook_of(order.system, target, api)
        if not connect_new(order, hook, yes=yes, dry_run=dry_run):
            return
    else:
        if any(given.values()):
            stop(f"{order.source} is in the catalogue already: write its customer, priorities and staff there")
        note(f"{order.source} is in the catalogue already: nothing is written")
        print_steps(order)
    seconds = (_WAIT_SECONDS if key and at_terminal() else 0.0) if wait is None else wait
    tested = at_terminal() if test is None else test
    good = print_test(order, READY_SECONDS if new else 0) if tested else True
    if seconds:
        good &= print_wait(order, url, key, seconds, new=new)
    _tell_left(order, tested=tested, waited=bool(seconds))
    raise typer.Exit(0 if good else WRONG)


def _tell_left(order: ConnectOrder, *, tested: bool, waited: bool) -> None:
    """Say what was not done, and how to do it."""
    again = f"slad connect {order.system.name}"
    again += f" --source {order.source}" if order.source != order.system.name else ""
    if not tested:
        note(f"not tested: {again} --test sends a signed delivery, which is not kept")
    if not waited:
        note(f"not awaited: {again} --wait 120 --key KEY, with an admin's key, says what becomes of the first delivery")


def _list() -> None:
    for name in system_names():
        found = system_of(name)
        by_api = f"; its API with {found.token}" if found.token else ""
        say(f"{name:<20} {'the preset of a map' if found.preset else found.title}{by_api}")
