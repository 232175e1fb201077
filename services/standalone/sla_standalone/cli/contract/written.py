"""Contracts in files: YAML or JSON → what is wanted of the service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sla_catalogue.resolve import substitute
from sla_catalogue.tree import Plain, read_tree
from sla_standalone.cli.contract.service import WantedContract
from sla_standalone.cli.output import stop

_SHAPE = "`contracts:` with contracts by id, as in a catalogue, or one contract or a list with `id` and `contract`"
_KEYS = frozenset({"id", "contract", "reason", "effective_from"})


def read_files(files: list[Path], reason: str, effective_from: str) -> list[WantedContract]:
    """Read contracts from YAML or JSON files, and return them in the order of the files.

    As in a catalogue, the text `${NAME}` is replaced by the environment variable NAME. The command ends if a file
    cannot be read or has another form, a variable is not set, or an id occurs twice.

    Args:
        reason: Why the contracts are written, for contracts whose file has no `reason`.
        effective_from: The instant from which contracts apply, for contracts whose file has no `effective_from`.
    """
    found: dict[str, WantedContract] = {}
    for file in files:
        for one in _contracts(file, reason, effective_from):
            if one.id in found:
                stop(f"{one.place}: there is a contract {one.id} in {found[one.id].place} already")
            found[one.id] = one
    return list(found.values())


def read_values(file: Path) -> Plain:
    """Return the content of a YAML or JSON file, with environment variables in place of `${NAME}`.

    A file that cannot be read, or a variable that is not set, ends the command.
    """
    try:
        tree = read_tree(file.read_text(encoding="utf-8-sig"), str(file))
    except OSError as error:
        stop(f"{file}: {error.strerror or error}")
    except UnicodeDecodeError:
        stop(f"{file}: it is not in UTF-8")
    if tree.problems:
        stop("; ".join(map(str, tree.problems)))
    return _filled(tree.data, str(file))


def _contracts(file: Path, reason: str, effective_from: str) -> Iterator[WantedContract]:
    data = read_values(file)
    if isinstance(data, dict) and set(data) == {"contracts"} and isinstance(data["contracts"], dict):
        data = [{"id": id_, "contract": section} for id_, section in data["contracts"].items()]
    for one in data if isinstance(data, list) else [data]:
        if not isinstance(one, dict) or not {"id", "contract"} <= set(one) <= _KEYS:
            stop(f"{file}: expected is {_SHAPE}")
        id_, section = one["id"], one["contract"]
        if not isinstance(id_, str) or not isinstance(section, dict):
            stop(f"{file}: expected is {_SHAPE}")
        why, since = one.get("reason") or reason, one.get("effective_from") or effective_from
        yield WantedContract(id=id_, section=section, place=str(file), reason=str(why), effective_from=str(since))


def _filled(value: Plain, file: str, environment: Mapping[str, str] = os.environ) -> Plain:
    match value:
        case dict():
            return {key: _filled(each, file, environment) for key, each in value.items()}
        case list():
            return [_filled(each, file, environment) for each in value]
        case None:
            return None
        case _:
            text, missing = substitute(value, environment)
            if missing:
                stop(f"{file}: no value is set for {', '.join(missing)}")
            return text
