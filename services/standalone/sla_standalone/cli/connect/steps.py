"""The steps of `slad connect`: writing the source, the webhook, what is left to do by hand, the test and the wait."""

from __future__ import annotations

import os
import secrets
import time
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx2
import typer

from sla_catalogue import CatalogueInvalid, Source
from sla_catalogue.system import SecretMaker, plain_step
from sla_ingest.auth import CannotSign
from sla_platform.timesource import SystemTime
from sla_standalone.cli.connect.hook import HookRefused, MadeHook
from sla_standalone.cli.connect.order import GIVEN_SECRET, ConnectOrder, HookOrder, at_terminal, given_secret
from sla_standalone.cli.connect.place import (
    Writing,
    compiled_after,
    known_source,
    made_secret,
    writing_of,
)
from sla_standalone.cli.connect.trial import (
    READY_SECONDS,
    SentTest,
    deliveries_path,
    sample_outcome,
    send_test,
    until_ready,
    wait_for_delivery,
)
from sla_standalone.cli.connect.written import NotInserted, difference
from sla_standalone.cli.mapping import outcome_json
from sla_standalone.cli.output import MISUSED, WRONG, note, say, stop
from sla_standalone.cli.remote import open_client, stop_refused

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_TIMEOUT = httpx2.Timeout(20, connect=5)


def present_source(order: ConnectOrder) -> Source | None:
    """Return the catalogue's source that the user wants to connect; None if the catalogue does not have it yet.

    The command ends if the source has another dialect (format of deliveries) than the ticketing system that the user
    named.

    Args:
        order: Which ticketing system to add as a source, and to which catalogue.
    """
    found = _source_in_catalogue(order)
    if found is not None and found.dialect is not order.system.dialect:
        stop(f"the source {order.source} has the dialect {found.dialect.value}: name another one with --source")
    return found


def _source_in_catalogue(order: ConnectOrder, secret: str = "", status: int = MISUSED) -> Source | None:
    """The source as the catalogue has it; `secret`: one that the environment may lack, "" for the kept one."""
    variable = order.place.variable
    known = (secret or order.place.kept()) if variable else ""
    extra = {variable: known} if known else {}
    try:
        return known_source(order.catalogue, order.source, extra)
    except CatalogueInvalid as invalid:
        stop(str(invalid), status)


def connect_new(order: ConnectOrder, hook: HookOrder | None, *, yes: bool, dry_run: bool) -> bool:
    """Add a source to the catalogue, and create its webhook, or print how the user creates it.

    Returns whether the source was added: False for a dry run, or if the user declines. Errors end the command.

    Args:
        order: Which ticketing system to add as a source, and to which catalogue.
        hook: The webhook to create through the system's API. None means that the user creates it by hand.
        yes: Whether to write without asking.
        dry_run: Whether to print only what would be written.
    """
    try:
        writing = writing_of(order.catalogue, order.into, order.system, order.source, order.place, order.keys)
        compiled_after(order.catalogue, writing, order.source)
    except (NotInserted, OSError) as why:
        stop(f"{order.into or order.catalogue}: {getattr(why, 'strerror', None) or why}")
    except CatalogueInvalid as invalid:
        stop(str(invalid))
    say(difference(writing.before, writing.after, str(writing.file)))
    if dry_run:
        note("nothing was written")
        return False
    if not yes and at_terminal() and not typer.confirm("Write this?", default=True, err=True):
        note("nothing was written")
        return False
    if not yes and not at_terminal():
        stop("nothing was written: say --yes")
    if hook is None:
        _by_hand(order, writing)
        return True
    with httpx2.Client(timeout=_TIMEOUT, trust_env="127.0.0.1" not in hook.address) as client:
        if hook.api.theirs:
            made = _made(client, order, hook, "")
            _write(order, writing, made.secret)
            _await_service(order, made.secret)
        else:
            secret = order.place.kept() or made_secret(order.system.secret)
            _write(order, writing, secret)
            _await_service(order, secret)
            made = _made(client, order, hook, secret)
        _tell_made(order, made)
    return True


def _by_hand(order: ConnectOrder, writing: Writing) -> None:
    secret = _secret(order)
    if not secret:
        # The sender shows the secret only when its webhook is there.
        print_steps(order, secret_known=False)
        secret = given_secret(order.system)
        if not secret:
            stop(f"nothing was written yet: do the steps above, and call this again with the secret in {GIVEN_SECRET}")
        _write(order, writing, secret)
        return
    _write(order, writing, secret)
    print_steps(order)


def _secret(order: ConnectOrder) -> str:
    """One that is kept already, one that the sender made, or a new one; "" if the sender has yet to make it."""
    kept = order.place.kept()
    if kept:
        note("the secret that is there already is used")
        return kept
    if order.system.secret is SecretMaker.THEIRS:
        return os.environ.get(GIVEN_SECRET, "").strip()
    return made_secret(order.system.secret)


def _write(order: ConnectOrder, writing: Writing, secret: str) -> None:
    try:
        order.place.keep(secret)
        writing.write()
    except OSError as error:
        stop(f"{error.filename or writing.file}: {error.strerror}", WRONG)
    note(f"written: {writing.file}")
    if order.place.file is None:
        if order.place.kept() != secret:
            note(f"give slad this variable, and start it again: {order.place.variable}={secret}")
    else:
        note(f"the secret is in {order.place.file}, which only you can read")


# -- the webhook


def _made(client: httpx2.Client, order: ConnectOrder, hook: HookOrder, secret: str) -> MadeHook:
    try:
        return hook.api.make(client, hook.address, hook.token, hook.target, order.address, secret, time.sleep)
    except HookRefused as refused:
        _refused(order, refused)


def _refused(order: ConnectOrder, refused: HookRefused) -> NoReturn:
    note(f"the webhook was not made: {refused}")
    note("by hand it goes like this:")
    print_steps(order)
    raise typer.Exit(WRONG)


def _tell_made(order: ConnectOrder, made: MadeHook) -> None:
    say(f"The webhook {made.id} is made: {order.system.title} sends to {order.address}")
    if made.ping is not None:
        try:
            made.ping()
        except HookRefused as refused:
            note(f"{order.system.title} was asked for a test delivery and sends none: {refused}")


def print_steps(order: ConnectOrder, *, secret_known: bool = True) -> None:
    """Print what to set up at the ticketing system by hand, with the URL and the source's id filled in.

    Args:
        order: The ticketing system, and the source in the catalogue.
        secret_known: Whether to print how to read the secret. Pass False if the ticketing system has not chosen the
            secret yet.
    """
    say(f"At {order.system.title}:")
    for number, step in enumerate(order.system.steps, 1):
        lines = plain_step(step, order.address, order.source).splitlines()
        say(f"  {number}. {lines[0]}")
        for line in lines[1:]:
            say(f"     {line}")
    if secret_known and order.place.file is not None:
        say(f"The secret: cat {order.place.file}")
    say(f"More, with its traps: {order.system.page}")
    if urlsplit(order.address).hostname in _THIS_MACHINE:
        note("only this machine reaches that address: say --public-url, or set SLAD_PUBLIC_URL")


# -- the test


def print_test(order: ConnectOrder, seconds: float) -> bool:
    """Test a source, print the results, and return whether the running service accepted a signed test delivery.

    The test also translates a sample delivery, and prints the events that slad would take from it. For some sources
    slad cannot sign a delivery. Then no test delivery is sent, and the result is True.

    Args:
        order: The ticketing system, and the source in the catalogue.
        seconds: How long the service may take to read the changed catalogue. 0 for a source that it knows already.
    """
    source = _proven(order)
    found = outcome_json(sample_outcome(source, order.system.sample, SystemTime().now()).outcome)
    _tell_outcome("an opening by it would be", found)
    try:
        answer = _test(order, source, seconds)
    except CannotSign as why:
        note(f"no test delivery can be sent: {why}")
        return True
    say(answer.said)
    return answer.good


def _proven(order: ConnectOrder) -> Source:
    found = _source_in_catalogue(order)
    assert found is not None
    return found


def _test(order: ConnectOrder, source: Source, seconds: float) -> SentTest:
    local = "127.0.0.1" in order.address or "localhost" in order.address
    with httpx2.Client(timeout=_TIMEOUT, trust_env=not local) as client:
        return until_ready(
            lambda: send_test(client, source, order.address, secrets.token_hex(8), SystemTime().now()), seconds
        )


def _await_service(order: ConnectOrder, secret: str) -> None:
    """Before a system sends its ping: until the running service has read the changed catalogue."""
    source = _source_in_catalogue(order, secret, WRONG)
    assert source is not None
    answer = _test(order, source, READY_SECONDS)
    if not answer.good:
        note(f"slad does not take its deliveries yet, so a first ping may fail: {answer.said}")


def _tell_outcome(title: str, found: dict[str, Any]) -> None:
    reason = found.get("reason")
    if reason is not None:
        say(f"{title} {found['outcome']}: {reason['text']}{': ' + reason['detail'] if reason['detail'] else ''}")
    for event in found.get("events", ()):
        stated = {**(event["snapshot"] or {}).get("attributes", {}), **event["attributes"]}
        more = ", ".join(f"{name} {stated[name]}" for name in ("priority", "customer", "title") if stated.get(name))
        say(f"{title} {found['outcome']}: {event['kind']} {event['incident']}{f' ({more})' if more else ''}")
        for remark in event["remarks"]:
            say(f"  remark: {remark['text']}")


# -- the first delivery


def print_wait(order: ConnectOrder, url: str, key: str, seconds: float, *, new: bool) -> bool:
    """Wait for a source's first delivery, and print what became of it.

    Returns True if a delivery came and slad understood it.

    Args:
        order: The ticketing system, and the source in the catalogue.
        url: The URL of the running service.
        key: The key for its API.
        seconds: How long to wait.
        new: Whether the source was added just now. If so, a delivery that has already come counts too.
    """
    with open_client(url, key) as client:
        fetch = partial(_last_deliveries, client, order.source)
        known = frozenset() if new else frozenset(one["id"] for one in fetch())
        note(f"waiting up to {seconds:.0f} seconds for a delivery of {order.source} …")
        came = wait_for_delivery(fetch, known, seconds)
    if not came:
        note(f"nothing came: look at the delivery log of {order.system.title}; slad sources shows what is seen of it")
        return False
    for one in came:
        what = ", ".join(f"{event['kind']} {event['incident']}" for event in one["events"])
        why = ": ".join(part for part in (one["reason"], one["detail"]) if part)
        say(f"{one['received_at']} {one['outcome']}: {what or why or one['delivery']}")
    return all(one["outcome"] in ("accepted", "ignored") for one in came)


def _last_deliveries(client: httpx2.Client, source: str) -> list[dict[str, Any]]:
    answer = client.get(deliveries_path(source), params={"limit": 20})
    if answer.status_code == httpx2.codes.NOT_FOUND:
        return []  # the service has not read the changed catalogue yet
    if answer.is_error:
        stop_refused(answer)
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found
