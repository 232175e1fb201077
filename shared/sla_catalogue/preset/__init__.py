"""Maps that ship with slad, one YAML file for each system. Their heads say what to set up at the sender."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from sla_catalogue.document.source import SourceDocument
from sla_catalogue.document.source_map import MapDocument
from sla_catalogue.tree import read_tree

_SUFFIX = ".yaml"


class UnknownPreset(LookupError):
    """Raised for a name that no shipped preset has. A preset is a ready-made source map for a system, such as `zabbix`.

    The attribute `known` has the names of the shipped presets.
    """

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no preset is called {name!r}")
        self.known = known


@lru_cache(maxsize=1)
def preset_names() -> tuple[str, ...]:
    """Return the names of the shipped presets (ready-made source maps for systems such as `zabbix`), sorted."""
    entries = resources.files(__name__).iterdir()
    return tuple(sorted(entry.name.removesuffix(_SUFFIX) for entry in entries if entry.name.endswith(_SUFFIX)))


def preset_text(name: str) -> str:
    """Return the YAML text of a preset (a ready-made source map, such as `zabbix`), with its comments.

    Raises:
        UnknownPreset: No preset has this name.
    """
    if name not in preset_names():
        raise UnknownPreset(name, preset_names())
    return resources.files(__name__).joinpath(f"{name}{_SUFFIX}").read_text("utf-8")


@lru_cache(maxsize=64)
def _values(name: str) -> Mapping[str, Any]:
    tree = read_tree(preset_text(name), f"preset/{name}{_SUFFIX}")
    assert isinstance(tree.data, dict) and not tree.problems, tree.problems  # noqa: PT018 - one file of ours
    return tree.data


def with_preset(document: SourceDocument) -> SourceDocument:
    """Return a source completed by the keys of its preset, a ready-made source map that ships with slad.

    Keys that the source has itself are kept. Tables and `map` are merged key by key. The list `when` is not merged: if
    the source has one, it replaces the preset's list.

    Raises:
        UnknownPreset: No preset has the name in `document.preset`.
    """
    assert document.preset is not None
    shipped = SourceDocument.model_validate(_values(document.preset))
    joined: dict[str, Any] = {}
    for name in shipped.model_fields_set - {"dialect"}:
        theirs, ours = getattr(shipped, name), getattr(document, name)
        if name not in document.model_fields_set:
            joined[name] = theirs
        elif isinstance(theirs, dict):
            joined[name] = {**theirs, **ours}
        elif isinstance(theirs, MapDocument) and ours is not None:
            joined[name] = _joined_maps(theirs, ours)
    fields = {name: getattr(document, name) for name in document.model_fields_set}
    return SourceDocument.model_construct(_fields_set={*fields, *joined}, **{**fields, **joined})


def _joined_maps(theirs: MapDocument, ours: MapDocument) -> MapDocument:
    values = {name: getattr(theirs, name) for name in theirs.model_fields_set}
    values |= {name: getattr(ours, name) for name in ours.model_fields_set}
    values["attributes"] = {**theirs.attributes, **ours.attributes}
    return MapDocument.model_construct(_fields_set=set(values), **values)
