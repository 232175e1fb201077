"""One rule in one place: how an instant is written, and a name of a function for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.law.tree import FOLDERS

SHARED = frozenset({"sla_domain", "sla_catalogue", "sla_platform"})
HAND_MADE = 'replace("+00:00"'
_THROUGH_MODULE = "called through its module, which says of what: `alerts.find`"
_LAYERS = "one act: the domain decides it, a service brings it about"
_ENTRY = "the way into a package of its own, and into a service"
_OF = "short for `<what> of <argument>`: the type of the argument says which"
_OWN_WORDS = "each document or page has texts of its own"
TWO_THINGS = {
    "add_routes": "each module of routes has it",
    "append": _THROUGH_MODULE,
    "asked_filter": "what a query of one list asks for",
    "body_of": _OF,
    "build": _ENTRY,
    "change_of": _OF,
    "changed_since": _THROUGH_MODULE,
    "decide": _LAYERS,
    "due_ids": _THROUGH_MODULE,
    "entry_of": _OF,
    "envelope_of": _OF,
    "find": _THROUGH_MODULE,
    "fitting_id": "the general cut of an id, and that of a delivery's id",
    "follows": _OF,
    "gather": "files into a tree, and messages into a digest",
    "headers_of": _OF,
    "holidays": "a section of a document in the module of its name",
    "in_order": _OF,
    "insert": _THROUGH_MODULE,
    "linked_tickets": _LAYERS,
    "local_text": _OWN_WORDS,
    "main": "each process has it",
    "merge": "trees of a catalogue, and intervals of time",
    "no_such_contract": "the problem in a service's own words",
    "page": _THROUGH_MODULE,
    "parse_instant": "of a scenario, where a zone stands beside it, and of a sender",
    "people": "a section of a document in the module of its name",
    "period_at": "of an attainment, and of an allowance",
    "place_of": _OF,
    "priorities": "a section of a document in the module of its name",
    "promise": _LAYERS,
    "reachable": "of an address, and of a shared library",
    "put_back": _THROUGH_MODULE,
    "read": _THROUGH_MODULE,
    "read_record": "of Kafka, and of a contract",
    "refusal": "the problem of a refused request, by what was refused",
    "release": _THROUGH_MODULE,
    "remove": _THROUGH_MODULE,
    "render": _THROUGH_MODULE,
    "router": "each module of routes has it",
    "row_of": _OF,
    "save": _THROUGH_MODULE,
    "sender_of": _OF,
    "take_out": _THROUGH_MODULE,
    "title_of": _OF,
    "with_records": "a rulebook, and a service, that knows contracts of the store",
    "words_in": _OWN_WORDS,
    "write_records": "of contracts, and of a replay",
}
"""Names of functions that a reader may meet with two meanings, each with the reason."""


def test_instants_are_written_as_rfc_3339_in_one_place() -> None:
    found = [path for path in _modules() if HAND_MADE in path.read_text()]
    assert [f"{path.parent.name}/{path.name}" for path in found] == ["sla_domain/rfc3339.py"]


def test_no_name_of_a_function_stands_for_two_things() -> None:
    twice = {name: paths for name, paths in _functions().items() if met_twice(paths)}
    assert {name: [str(path) for path in paths] for name, paths in twice.items() if name not in TWO_THINGS} == {}
    assert set(TWO_THINGS) <= set(twice), "unique by now: take it off the list"


def test_what_a_reader_may_meet_with_two_meanings() -> None:
    """Shared code is read beside that of every service; the modules of one folder are adapters of one port."""
    shared, board, notifier = (Path("shared/sla_domain/a.py"), Path("s/sla_board/a/b.py"), Path("s/sla_notifier/b.py"))
    assert met_twice([shared, board])
    assert met_twice([board, Path("s/sla_board/b/b.py")])
    assert not met_twice([board, Path("s/sla_board/a/c.py")])
    assert not met_twice([board, notifier])
    assert not met_twice([Path("s/sla_notifier/a/store.py"), Path("s/sla_notifier/b/store.py")])


def met_twice(paths: list[Path]) -> bool:
    """Whether a reader of one of these modules may meet the function of another."""
    ports = {_port(path): _package(path) for path in paths}
    packages = list(ports.values())
    return len(ports) > 1 and (bool(SHARED & set(packages)) or len(set(packages)) < len(packages))


def _port(path: Path) -> str:
    """The adapters of a folder have one port; the functions of `store.py` are called through their module."""
    return f"{_package(path)} store" if path.name == "store.py" else str(path.parent)


def _package(path: Path) -> str:
    return next(part for part in path.parts if part.startswith("sla_"))


def _modules() -> Iterator[Path]:
    for package, folder in FOLDERS.items():
        yield from sorted((folder / package).rglob("*.py"))


def _functions() -> dict[str, list[Path]]:
    """Name → the modules with it at their top. Commands bear the names that are typed, revisions those of Alembic."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in _modules():
        if {"cli", "versions"} & set(path.parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                found[node.name].append(path)
    return found
