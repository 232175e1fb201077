"""Plans a catalogue names but does not define are borrowed from the shipped ones, with what they depend on."""

from __future__ import annotations

from collections.abc import Iterator

from sla_catalogue.builtin import builtin_tree
from sla_catalogue.gather import FileUnion
from sla_catalogue.tree import Plain


def borrow(merged: FileUnion) -> None:
    """Add to a catalogue the plans and escalations shipped with slad that the catalogue names but does not define.

    If an added plan names further ones, they are added too.

    Args:
        merged: The catalogue's merged files, which are changed.
    """
    library = builtin_tree()
    for section, wanted in _wanted(merged):
        held = merged.sections.setdefault(section, {})
        offered = library.sections.get(section)
        if not isinstance(held, dict) or not isinstance(offered, dict) or wanted in held or wanted not in offered:
            continue
        held[wanted] = offered[wanted]
        for path, position in library.positions.items():
            if path[:2] == (section, wanted):
                merged.positions[path] = position
        borrow(merged)
        return


def _wanted(merged: FileUnion) -> Iterator[tuple[str, str]]:
    for contract in _entries(merged.sections.get("contracts")):
        bought = contract.get("entitlements")
        several = [each for each in bought if isinstance(each, dict)] if isinstance(bought, list) else []
        for one in (contract, *several):
            yield from (("plans", name) for key in ("plan", "base_plan") for name in _names(one.get(key)))
    for plan in _entries(merged.sections.get("plans")):
        yield from (("plans", name) for key in ("extends", "requires_base") for name in _names(plan.get(key)))
        yield from (("escalations", name) for name in _names(plan.get("escalation")))


def _entries(section: Plain) -> list[dict[str, Plain]]:
    return [entry for entry in section.values() if isinstance(entry, dict)] if isinstance(section, dict) else []


def _names(value: Plain) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
