"""Data on the systems that `slad connect` knows: one YAML file for each dialect, and the presets of maps.

The pages of docs/connect have the same steps, word for word; a test compares them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from typing import Any

from sla_catalogue import Dialect
from sla_catalogue.preset import preset_names, preset_text
from sla_catalogue.tree import read_tree
from sla_domain.rfc3339 import rfc3339

_SUFFIX = ".yaml"
_PRESETS = "presets"
_BY_BEARER = "Let it post to `{url}`, with the header `Authorization: Bearer` and the secret."
_MARKS = re.compile(r"\*\*?|`")


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
    """JSON, with placeholders for the time: `{now}`, `{plain}`, `{seconds}` and `{millis}`."""
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
    sample: SampleDelivery | None = None

    @property
    def page(self) -> str:
        """Return the path of the system's page in the documentation."""
        return f"docs/connect/{self.name if not self.preset else 'mapped'}.md"


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
    found = _values(name)
    return System(
        name=name,
        title=found["title"],
        dialect=Dialect(name),
        secret=SecretMaker(found["secret"]),
        authentication=found.get("authentication", ""),
        token=found.get("token", ""),
        steps=tuple(found["steps"]),
        lines=tuple(found.get("source", "").splitlines()),
        hints=tuple(found.get("hints", ())),
        sample=_sample(found.get("sample")),
    )


def plain_step(step: str, url: str, source: str) -> str:
    """Return a step of the instructions as plain text for a terminal, with its placeholders filled.

    Args:
        step: The step, as in `System.steps`.
        url: The URL that the ticketing system sends to.
        source: The source's id.
    """
    return _MARKS.sub("", step).replace("{url}", url).replace("{source}", source)


def _sample(found: dict[str, str] | None) -> SampleDelivery | None:
    if found is None:
        return None
    name, _, value = found.get("headers", "").partition(": ")
    return SampleDelivery(found["body"], {name: value} if name else {})


def _of_preset(name: str) -> System:
    """The head of a preset's file says what to set up at the sender."""
    head = []
    for line in preset_text(name).splitlines():
        if not line.startswith("#"):
            break
        head.append(line.removeprefix("#").removeprefix(" "))
    proof = _values(_PRESETS).get(name, {})
    return System(
        name=name,
        title=proof.get("title", name),
        dialect=Dialect.MAPPED,
        preset=name,
        secret=SecretMaker(proof.get("secret", SecretMaker.OURS.value)),
        authentication=proof.get("authentication", "kind: bearer"),
        steps=(proof.get("step", _BY_BEARER), "\n".join(head)),
    )


def _values(name: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath("systems", f"{name}{_SUFFIX}")
    tree = read_tree(file.read_text("utf-8"), file.name)
    assert isinstance(tree.data, dict) and not tree.problems, tree.problems  # noqa: PT018 - one file of ours
    found: dict[str, Any] = tree.data
    return found
