"""Data on the ticketing systems that slad knows how to connect: a YAML file for each dialect and each preset of a map.

`slad connect` and the board say the same by them; a test compares the pages of docs/connect with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Any

from sla_catalogue.preset import preset_names, preset_text
from sla_catalogue.source import Dialect
from sla_catalogue.tree import read_tree
from sla_domain.rfc3339 import rfc3339

_SUFFIX = ".yaml"
_BY_BEARER = "Let it post to `{url}`, with the header `Authorization: Bearer` and the secret."
_MARKS = re.compile(r"\*\*?|`")


FACTS = ("when", "staff", "snapshot", "redelivered", "not known")
"""The questions that every system answers: which time counts, who is staff, what of the ticket a delivery shows, how a
redelivery is recognised, and what no delivery tells."""


class SecretMaker(StrEnum):
    """Who chooses the secret by which slad checks that deliveries come from the source."""

    OURS = "ours"
    """slad chooses it, and the user enters it at the ticketing system."""
    WHSEC = "whsec"
    """As `ours`, but written as Standard Webhooks require it."""
    THEIRS = "theirs"
    """The ticketing system chooses it, and the user gives it to slad."""


@dataclass(frozen=True, slots=True)
class SampleDelivery:
    """A sample of the webhook that a ticketing system sends for a new ticket. `slad connect` uses it as a test."""

    body: str
    """JSON, with placeholders for the time: `{now}`, `{plain}`, `{mail}`, `{seconds}` and `{millis}`."""
    headers: dict[str, str]

    def at(self, now: datetime) -> bytes:
        """Return the body of the sample, as if the ticket had been opened at the instant `now`.

        Args:
            now: An aware datetime.
        """
        utc = now.astimezone(UTC)
        seconds = int(utc.timestamp())
        filled = self.body.replace("{now}", rfc3339(utc, "seconds"))
        filled = filled.replace("{plain}", f"{utc:%Y-%m-%d %H:%M:%S}").replace("{seconds}", str(seconds))
        filled = filled.replace("{mail}", format_datetime(utc))
        return filled.replace("{millis}", str(seconds * 1000)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A kind of ticketing system, such as Jira, with what `slad connect` needs to know to connect one."""

    name: str
    """The name by which `slad connect` is called: that of a dialect, or of a preset of a map."""
    title: str
    dialect: Dialect
    preset: str = ""
    """The preset of the map that reads its deliveries. "" for a system with a dialect of its own."""
    secret: SecretMaker
    authentication: str = ""
    """Keys of the source's `authentication` besides the secret, as YAML. "" means that the dialect needs none."""
    token: str = ""
    """The environment variable with the token for its API. "" means that slad cannot create its webhooks."""
    steps: tuple[str, ...]
    """What to do at the ticketing system, as Markdown with the placeholders `{url}` and `{source}`."""
    lines: tuple[str, ...] = ()
    """Further lines of the source's YAML."""
    hints: tuple[str, ...] = ()
    """Lines of the source's YAML that are written as comments, for the user to fill in."""
    sample: SampleDelivery
    facts: Mapping[str, str]
    """What its deliveries tell, as Markdown: a text for each of `FACTS`."""
    traps: tuple[str, ...] = ()
    """What goes wrong, as Markdown."""

    @property
    def page(self) -> str:
        """Return the path of the system's page in the documentation."""
        return f"docs/connect/{self.name}.md"


class UnknownSystem(LookupError):
    """Raised if slad knows no ticketing system of this name. `known` lists the names that slad knows."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no system is called {name!r}")
        self.known = known


def system_names() -> tuple[str, ...]:
    """Return the names of all ticketing systems that `slad connect` knows, sorted: those of dialects and of presets."""
    return tuple(sorted({dialect.value for dialect in Dialect} | set(preset_names())))


def system_of(name: str) -> System:
    """Return the ticketing system with a name.

    Raises:
        UnknownSystem: No system has the name.
    """
    if name in preset_names():
        return _of_preset(name)
    if name not in {dialect.value for dialect in Dialect}:
        raise UnknownSystem(name, system_names())
    return _system(name, Dialect(name), _values(name), ())


def _system(name: str, dialect: Dialect, found: dict[str, Any], more: tuple[str, ...], preset: str = "") -> System:
    return System(
        name=name,
        title=found["title"],
        dialect=dialect,
        preset=preset,
        secret=SecretMaker(found.get("secret", SecretMaker.OURS.value)),
        authentication=found.get("authentication", ""),
        token=found.get("token", ""),
        steps=(*found["steps"], *more),
        lines=tuple(found.get("source", "").splitlines()),
        hints=tuple(found.get("hints", ())),
        sample=_sample(found["sample"]),
        facts=MappingProxyType(found["facts"]),
        traps=tuple(found.get("traps", ())),
    )


def filled_step(step: str, url: str, source: str) -> str:
    """Return a text of the instructions with the URL and the source's id filled in, still as Markdown.

    Args:
        step: A step of the instructions (`System.steps`), or a warning of what goes wrong (`System.traps`).
        url: The URL that the ticketing system sends to.
        source: The source's id.
    """
    return step.replace("{url}", url).replace("{source}", source)


def plain_step(step: str, url: str, source: str) -> str:
    """Return a step of the instructions as plain text for a terminal, with its placeholders filled.

    Args:
        step: The step, as in `System.steps`.
        url: The URL that the ticketing system sends to.
        source: The source's id.
    """
    return filled_step(_MARKS.sub("", step), url, source)


def _sample(found: dict[str, str]) -> SampleDelivery:
    name, _, value = found.get("headers", "").partition(": ")
    return SampleDelivery(found["body"], {name: value} if name else {})


def _of_preset(name: str) -> System:
    """The head of a preset's file says what to set up at the sender."""
    head = []
    for line in preset_text(name).splitlines():
        if not line.startswith("#"):
            break
        head.append(line.removeprefix("#").removeprefix(" "))
    usual = {"authentication": "kind: bearer", "steps": (_BY_BEARER,)}
    return _system(name, Dialect.MAPPED, usual | _values(name), ("\n".join(head),), preset=name)


def _values(name: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath(f"{name}{_SUFFIX}")
    tree = read_tree(file.read_text("utf-8"), file.name)
    assert isinstance(tree.data, dict) and not tree.problems, tree.problems  # noqa: PT018 - one file of ours
    found: dict[str, Any] = tree.data
    return found
