"""What the user says of a new source's customer, priorities and staff: by options, or asked; as lines of its YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from sla_catalogue.system import System

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_@./ -]*[A-Za-z0-9]|[A-Za-z]", re.ASCII)
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_BY_PRIORITY = ("priority_labels", "priorities")

CUSTOMER, PRIORITIES, STAFF = "customer", "priorities", "staff"


class BadAnswer(ValueError):
    """Raised if the user's answer cannot be written into the new source's YAML. The message says what is expected."""


def questions(system: System) -> Mapping[str, str]:
    """Return what to ask about a new source of a ticketing system, as key -> question.

    The customer is always asked for. Priorities and staff are asked for if the system's deliveries need them.
    """
    found = {CUSTOMER: "The customer whose tickets these are; nothing: the deliveries name it"}
    key = _priority_key(system)
    if key:
        word = "label" if key == "priority_labels" else "word"
        found[PRIORITIES] = f"Its {word}s for the priorities of your plan, such as High=P1, Low=P3; nothing: later"
    if "`staff`" in system.facts["staff"]:
        found[STAFF] = "Your staff: accounts, or mail domains as @desk.example, with commas between; nothing: later"
    return found


def key_lines(system: System, answers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines to write into a new source's YAML for the answers that the user gave, such as `customer: …`.

    Args:
        system: The ticketing system.
        answers: Maps a key of `questions` to the user's answer. An empty answer gives no line.

    Raises:
        BadAnswer: An answer cannot be read, or the system's deliveries do not need it.
    """
    wanted, lines = questions(system), []
    for name, written in answers.items():
        said = written.strip()
        if not said:
            continue
        if name not in wanted:
            raise BadAnswer(f"the deliveries of {system.title} need no {name}")
        lines.append(_MADE[name](system, said))
    return tuple(lines)


def _customer(_: System, said: str) -> str:
    return f"customer: {{constant: {_scalar(said)}}}"


def _priorities(system: System, said: str) -> str:
    pairs = [[part.strip() for part in pair.split("=")] for pair in said.split(",") if pair.strip()]
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise BadAnswer(f"{said!r}: write WORD=PRIORITY with commas between, such as High=P1, Low=P3")
    return f"{_priority_key(system)}: {{{', '.join(f'{_scalar(word)}: {_scalar(mark)}' for word, mark in pairs)}}}"


def _staff(_: System, said: str) -> str:
    names = [name.strip() for name in said.split(",") if name.strip()]
    domains = [name.removeprefix("@") for name in names if name.startswith("@")]
    people = [name for name in names if not name.startswith("@")]
    parts = {"people": people, "domains": domains}
    if not names or "" in domains:
        raise BadAnswer(f"{said!r}: write accounts, or mail domains as @desk.example, with commas between")
    if not domains:
        return f"staff: {_listed(people)}"
    return f"staff: {{{', '.join(f'{name}: {_listed(found)}' for name, found in parts.items() if found)}}}"


_MADE: Mapping[str, Callable[[System, str], str]] = {CUSTOMER: _customer, PRIORITIES: _priorities, STAFF: _staff}


def _priority_key(system: System) -> str:
    """The key that translates the system's priorities, as its hints have it; "" if it tells none."""
    hinted = [hint.partition(":")[0] for hint in system.hints]
    return next((key for key in _BY_PRIORITY if key in hinted), "")


def _listed(names: list[str]) -> str:
    return f"[{', '.join(map(_scalar, names))}]"


def _scalar(text: str) -> str:
    """A text in YAML, in quotes where it could be read as something else."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
