"""Every key that the schema knows is read: written otherwise, slad does or says something else."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from tests.unit.catalogue.every_key.edits import EDITS, ELSEWHERE, Edit, Shows
from tests.unit.catalogue.every_key.observe import BEHAVIOUR, WORDS, Observer, loaded

from sla_catalogue import channel_kinds, gather
from sla_catalogue.model import catalogue_model

HERE = Path(__file__).parent
TESTS = HERE.parents[2]
BASE = (HERE / "base.yaml").read_text()
CHANNELS = TESTS.parent / "services" / "notifier" / "sla_notifier" / "channel"
OF_CHANNELS: dict[str, str] = {
    key: test
    for readme in sorted(CHANNELS.glob("*/README.md"))
    for key, test in re.findall(r"^- `(\w+\.\w+)` → `([^`]+)`$", readme.read_text(), re.MULTILINE)
}
"""Key of a kind of channel -> the test that shows what it does, as the README of the kind's folder says."""


def schema() -> Iterator[str]:
    """Every key of every document that a catalogue may hold, as `PlanDocument.targets`."""
    seen: set[type[BaseModel]] = set()
    left: list[type[BaseModel]] = [catalogue_model(channel_kinds())]
    while left:
        document = left.pop()
        if document in seen:
            continue
        seen.add(document)
        for name, field in document.model_fields.items():
            yield f"{document.__name__}.{field.alias or name}"
            left += _documents(field.annotation)


def _documents(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _documents(inner)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with one file for each section: only the one that is written otherwise is read as YAML again."""
    folder = tmp_path_factory.mktemp("catalogue")
    for feed in HERE.glob("*.ics"):
        shutil.copy(feed, folder)
    write(folder, BASE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gather, "read_tree", functools.lru_cache(maxsize=64)(gather.read_tree))
        yield folder


def write(folder: Path, text: str) -> None:
    sections = re.split(r"^(?=[a-z]+:)", text, flags=re.MULTILINE)
    assert sections[0] == ""
    for number, section in enumerate(sections[1:]):
        (folder / f"{number:02}.yaml").write_text(section)


@pytest.fixture(scope="module")
def as_it_is(place: Path) -> dict[str, Any]:
    """What the check says of it, and each observer sees."""
    catalogue, problems = loaded(place)
    assert catalogue is not None, problems
    return {"check": problems} | {name: look(catalogue) for name, look in {**BEHAVIOUR, **WORDS}.items()}


def what_differs(text: str, observers: Mapping[str, Observer], place: Path, as_it_is: dict[str, Any]) -> str:
    """The first of the observers that sees a difference; empty when none does."""
    write(place, text)  # under the same names: a sheet quotes the lines of files
    catalogue, problems = loaded(place)
    if problems != as_it_is["check"] or catalogue is None:
        # That a key is unknown says nothing of the key in whose place it stands.
        new = [one for one in problems if one not in as_it_is["check"]]
        return "" if any(code == "unknown-key" for _, code, _ in new) else "check"
    return next((name for name, look in observers.items() if look(catalogue) != as_it_is[name]), "")


def test_the_tests_of_the_catalogue_hold(as_it_is: dict[str, Any]) -> None:
    assert all(passed for passed, _, _ in as_it_is["its own tests"])


def test_what_changes_nothing_is_not_seen(place: Path, as_it_is: dict[str, Any]) -> None:
    """Else the observers would see keys that nothing reads."""
    text = BASE.replace("rank: 3", "rank:    3").replace("default: P2,", "default:  P2,")
    assert what_differs(text, {**BEHAVIOUR, **WORDS}, place, as_it_is) == ""


def test_a_key_that_nobody_knows_is_no_proof_that_another_is_read(place: Path, as_it_is: dict[str, Any]) -> None:
    text = BASE.replace("openings: [{from", "openings2: [{from")
    assert what_differs(text, {}, place, as_it_is) == ""


def test_every_key_has_its_change() -> None:
    keys = list(schema())
    assert len(keys) > 200
    changed = {edit.key for edit in EDITS}
    elsewhere = set(ELSEWHERE) | set(OF_CHANNELS)
    assert set(keys) - changed - elsewhere == set(), (
        "name a change of each key, or the test in which it shows; for keys of a kind of channel in its README.md"
    )
    assert (changed | elsewhere) - set(keys) == set(), "the schema has no such key"
    assert all(BASE.count(edit.old) == 1 for edit in EDITS), [edit.key for edit in EDITS if BASE.count(edit.old) != 1]


@pytest.mark.parametrize("key", [*ELSEWHERE, *OF_CHANNELS])
def test_what_leaves_the_process_is_seen_by_a_receiver(key: str) -> None:
    file, _, name = {**ELSEWHERE, **OF_CHANNELS}[key].partition("::")
    assert f"def {name}(" in (TESTS / file).read_text()


@pytest.mark.parametrize("edit", EDITS, ids=[edit.key for edit in EDITS])
@pytest.mark.long
def test_a_changed_key_changes_something(edit: Edit, place: Path, as_it_is: dict[str, Any]) -> None:
    observers = BEHAVIOUR if edit.shows is Shows.BEHAVIOUR else WORDS
    seen = what_differs(BASE.replace(edit.old, edit.new), observers, place, as_it_is)
    assert seen, f"{edit.key} is accepted and read by nothing"
    assert seen != "check" or edit.shows is Shows.BEHAVIOUR, "words for people must reach them"
