"""What a call of `slad connect` asks for, with everything that was missing filled in."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from sla_catalogue.problem import did_you_mean
from sla_catalogue.system import (
    SECRETS,
    SOURCE_ID,
    SecretMaker,
    System,
    UnknownSystem,
    system_of,
    webhook_address,
)
from sla_platform.settings import Settings
from sla_standalone.cli.connect.answer import BadAnswer, key_lines, questions
from sla_standalone.cli.connect.hook import HOOKS, HookApi
from sla_standalone.cli.connect.place import SecretPlace
from sla_standalone.cli.output import note, stop

_ID = re.compile(SOURCE_ID, re.ASCII)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)
GIVEN_SECRET = "SLAD_CONNECT_SECRET"  # noqa: S105 - a variable's name
"""The variable with a secret that the sender made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOrder:
    """What the user wants `slad connect` to do: which ticketing system to add as a source, and to which catalogue."""

    system: System
    source: str
    """The source's id."""
    catalogue: Path
    into: Path | None
    """The file of the catalogue to write the source into. None means a new file, or the catalogue's single file."""
    place: SecretPlace
    address: str
    """The URL that the ticketing system sends its webhooks to."""
    keys: tuple[str, ...] = ()
    """Lines of the source's YAML that follow from what the user said, such as `customer: {constant: Acme}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookOrder:
    """What slad needs in order to create a webhook through the API of a ticketing system."""

    api: HookApi
    address: str
    """The URL of the API."""
    token: str
    target: str
    """What the webhook is created for, such as a repository. "" means everything that the token gives access to."""


def order_of(
    system: str, source: str, catalogue: Path | None, into: Path | None, secret_env: str, public_url: str
) -> ConnectOrder:
    """Return what the user wants `slad connect` to do, from the options. Options that cannot be used end the command.

    Args:
        system: The name of the ticketing system.
        source: The source's id. "" means the name of the system.
        catalogue: The folder or file of the catalogue. None means the catalogue of the settings.
        into: The file of the catalogue to write into. None means a new file, or the catalogue's single file.
        secret_env: The environment variable with the secret. "" means that the secret is kept in a file.
        public_url: The URL at which slad is reached from outside. "" means the URL of the settings.
    """
    settings = Settings()
    known = _system(system)
    name, where = source or known.name, catalogue or settings.catalogue
    if not _ID.fullmatch(name):
        stop(f"--source {name!r}: small letters, digits, dots and dashes, at most 60")
    if secret_env and not _VARIABLE.fullmatch(secret_env):
        stop(f"--secret-env {secret_env!r}: capital letters, digits and underscores, such as LINEAR_SECRET")
    if not where.exists():
        stop(f"{where}: no such file or directory; make it, or say --catalogue")
    if into is not None and (where.is_file() or not into.resolve().is_relative_to(where.resolve())):
        stop(f"--into {into}: not in the folder of the catalogue, {where}")
    beside = into.parent if into is not None else where if where.is_dir() else where.parent
    return ConnectOrder(
        system=known,
        source=name,
        catalogue=where,
        into=into,
        place=SecretPlace(file=None if secret_env else beside / SECRETS / name, variable=secret_env),
        address=webhook_address(public_url or settings.public_url, name),
    )


def hook_of(system: System, target: str, api: str) -> HookOrder | None:
    """Return the webhook that slad is to create through the system's API; None if the user creates it by hand.

    If the system needs a target and none is given, the user is asked at a terminal. Without a terminal, or without an
    answer, the result is None. Options that cannot be used end the command.

    Args:
        system: The ticketing system.
        target: What the webhook is created for, from the options, such as a repository. "" means not given.
        api: The URL of the API. "" means the API of the vendor's own service.
    """
    known = HOOKS.get(system.dialect) if system.token else None
    if known is None:
        if target:
            stop(f"slad makes no webhooks at {system.title} by an API: leave out --repo, --project, --team, --service")
        return None
    asked = at_terminal()
    token = os.environ.get(system.token, "")
    if not token and target and asked:
        token = typer.prompt(
            f"Token of {system.title} ({system.token})", hide_input=True, default="", show_default=False
        )
    if not token:
        if target:
            stop(f"the token of {system.title} is missing: set {system.token}, or make the webhook by hand (--by-hand)")
        return None
    if known.needs_target and not target:
        if not asked:
            return None
        target = typer.prompt(f"For {known.target}; nothing: by hand", default="", show_default=False)
        if not target:
            return None
    return HookOrder(api=known, address=(api or known.address).rstrip("/"), token=token, target=target)


def with_answers(order: ConnectOrder, given: Mapping[str, str], *, ask: bool) -> ConnectOrder:
    """Return a copy of `order` with the YAML lines for the new source that follow from the user's answers.

    An answer that cannot be used ends the command if it comes from an option. Otherwise the user is asked again.

    Args:
        order: Which ticketing system to connect, and how.
        given: Answers from options, as key of `questions` -> answer. "" means not given.
        ask: Whether to ask the user the questions that have no answer.
    """
    try:
        lines = list(key_lines(order.system, given))
    except BadAnswer as bad:
        stop(str(bad))
    for name, question in questions(order.system).items() if ask else ():
        if not given.get(name):
            lines += _asked(order.system, name, question)
    return replace(order, keys=tuple(lines))


def _asked(system: System, name: str, question: str) -> tuple[str, ...]:
    while True:
        try:
            return key_lines(system, {name: typer.prompt(question, default="", show_default=False, err=True)})
        except BadAnswer as bad:
            note(str(bad))


def at_terminal() -> bool:
    """Return whether the command runs at a terminal, where the user can be asked."""
    return sys.stdin.isatty()


def given_secret(system: System) -> str:
    """Return the secret that the ticketing system chose: from SLAD_CONNECT_SECRET, or typed by the user at a terminal.

    The result is "" if the user gives no secret, and also if slad itself chooses the secret for this system.
    """
    if system.secret is not SecretMaker.THEIRS:
        return ""
    given = os.environ.get(GIVEN_SECRET, "")
    if not given and at_terminal():
        given = typer.prompt(f"The secret that {system.title} shows", hide_input=True, default="", show_default=False)
    return given.strip()


def _system(name: str) -> System:
    try:
        return system_of(name)
    except UnknownSystem as unknown:
        meant = did_you_mean(name, unknown.known) or "slad connect lists them; any sender of JSON: slad connect mapped"
        stop(f"{unknown}; {meant}")
