"""What is known of the systems that `slad connect` connects: one YAML file for each dialect, and the presets of maps.

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

_SUFFIX = ".yaml"
_MARKS = re.compile(r"\*\*?|`")


class SecretMaker(StrEnum):
    """Who makes the secret by which a source proves its deliveries."""

    OURS = "ours"
    """slad makes it, and it is entered at the sender."""
    WHSEC = "whsec"
    """As `ours`, in the form of Standard Webhooks."""
    THEIRS = "theirs"
    """The sender makes it, and it is entered at slad."""


@dataclass(frozen=True, slots=True)
class SampleDelivery:
    """An opening as the system sends it, to show what slad makes of it."""

    body: str
    """JSON, with places for the time: `{now}`, `{plain}`, `{seconds}`, `{millis}`."""
    headers: dict[str, str]

    def at(self, now: datetime) -> bytes:
        """Return the body of an opening that happened at an aware instant."""
        utc = now.astimezone(UTC)
        seconds = int(utc.timestamp())
        filled = self.body.replace("{now}", utc.isoformat(timespec="seconds").replace("+00:00", "Z"))
        filled = filled.replace("{plain}", f"{utc:%Y-%m-%d %H:%M:%S}").replace("{seconds}", str(seconds))
        return filled.replace("{millis}", str(seconds * 1000)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A ticketing system, and how it is connected."""

    name: str
    """Its name in `slad connect`: a dialect's, or a preset's."""
    title: str
    dialect: Dialect
    preset: str = ""
    """The preset of its map. "" for none."""
    secret: SecretMaker
    authentication: str = ""
    """Keys of `authentication` beside the secret, as YAML within braces. "" for those of the dialect."""
    token: str = ""
    """The environment variable with the token of its API, by which the webhook can be made. "" without."""
    steps: tuple[str, ...]
    """What to do at the sender, as Markdown with places for `{url}` and `{source}`."""
    lines: tuple[str, ...] = ()
    """Further lines of the source's YAML."""
    hints: tuple[str, ...] = ()
    """Lines of the source's YAML that are written as comments, to be filled in."""
    sample: SampleDelivery | None = None

    @property
    def page(self) -> str:
        """Return the path of its page in the documentation."""
        return f"docs/connect/{self.name if not self.preset else 'mapped'}.md"


class UnknownSystem(LookupError):
    """Raised for the name of a system that nobody knows. `known` has the names of those that are known."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no system is called {name!r}")
        self.known = known


def system_names() -> tuple[str, ...]:
    """Return the names of all systems: dialects and presets, sorted."""
    return tuple(sorted({dialect.value for dialect in Dialect} | set(preset_names())))


def system_of(name: str) -> System:
    """Return the system with this name.

    Raises:
        UnknownSystem: There is none.
    """
    if name in preset_names():
        return _of_preset(name)
    if name not in {dialect.value for dialect in Dialect}:
        raise UnknownSystem(name, system_names())
    file = resources.files(__package__).joinpath("systems", f"{name}{_SUFFIX}")
    tree = read_tree(file.read_text("utf-8"), file.name)
    assert isinstance(tree.data, dict) and not tree.problems, tree.problems  # noqa: PT018 - one file of ours
    found: dict[str, Any] = tree.data
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
    """Return a step for a terminal: with the address in its place, and without the marks of Markdown."""
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
    return System(
        name=name,
        title=name,
        dialect=Dialect.MAPPED,
        preset=name,
        secret=SecretMaker.OURS,
        authentication="kind: bearer",
        steps=("Let it post to `{url}`, with the header `Authorization: Bearer` and the secret.", "\n".join(head)),
    )
