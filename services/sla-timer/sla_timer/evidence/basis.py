"""What an incident was judged by, as texts: catalogues, records of contracts, and which revisions belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sla_domain.rulebook import Rulebook, base_version
from sla_platform.contracts.shelf import RecordShelf, index_of
from sla_platform.wire.contract import RecordData
from sla_timer.rulebooks import CatalogueInForce, RulebookOverlay


class BasisIncomplete(Exception):
    """Raised when the stored texts of a catalogue version are missing or cannot be read. The message names the text."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The stored texts from which the rulebooks (plans, contracts, calendars) of some versions can be built."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Catalogue version -> its stored text, or an excerpt of it."""
    records: Mapping[str, str] = field(default_factory=dict)
    """Contract -> its record in the database, as JSON."""
    pins: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Version that includes recorded contracts -> contract -> revision of its record."""


def rulebooks_of(
    basis: Basis,
    versions: Iterable[str],
    load: Callable[[str], CatalogueInForce],
    overlay_of: Callable[[RecordShelf], RulebookOverlay],
) -> dict[str, Rulebook]:
    """Build the rulebooks (plans, contracts, calendars) of some catalogue versions: version -> rulebook.

    Args:
        basis: The stored texts to build from.
        versions: The catalogue versions whose rulebooks are wanted.
        load: Builds a catalogue from its stored text.
        overlay_of: Called with the records of `basis`; returns a function that adds recorded contracts to the rulebook
            of a catalogue.

    Raises:
        BasisIncomplete: A text is missing, or a catalogue cannot be built from it.
    """
    overlay = overlay_of(_shelf(basis.records))
    catalogues: dict[str, CatalogueInForce] = {}
    found = {}
    for version in sorted(set(versions)):
        base = base_version(version)
        if base not in basis.texts:
            raise BasisIncomplete(f"the catalogue {base} is not there any more")
        if base not in catalogues:
            try:
                catalogues[base] = load(basis.texts[base])
            except Exception as error:
                raise BasisIncomplete(f"the catalogue {base} does not build: {error}") from error
        book = catalogues[base].rulebook
        if version != base:
            if version not in basis.pins:
                raise BasisIncomplete(f"which revisions of contracts belong to {version} is not known any more")
            revisions = basis.pins[version]
            if absent := sorted(set(revisions) - set(basis.records)):
                raise BasisIncomplete(f"the record of {', '.join(absent)} is needed for {version} and not given")
            book = overlay(catalogues[base], revisions)
        found[version] = replace(book, version=version)
    return found


def _shelf(records: Mapping[str, str]) -> RecordShelf:
    shelf = RecordShelf()
    for contract, text in records.items():
        data = RecordData.model_validate_json(text)
        shelf.put(contract, data.revision, index_of(data), text.encode())
    return shelf
