"""What every builder needs: the whole document, the ids that were written, and where to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings, Path, did_you_mean


@dataclass(frozen=True, slots=True)
class Context:
    """The inputs of all functions that build parts of a catalogue.

    They are the catalogue's document, the known ids, and the object that collects errors and warnings (`findings`).
    """

    document: CatalogueDocument
    """The catalogue as written."""
    declared: Mapping[str, frozenset[str]]
    """Section -> ids of all its entries, including entries with errors. References to such an entry are not reported
    again."""
    findings: Findings
    """The place for errors and warnings."""
    stored: bool = False
    """Whether an old catalogue is being rebuilt to judge incidents. Rules made since then must not reject such a
    catalogue."""

    def has_entry(self, section: str, name: str, path: Path, what: str) -> bool:
        """Return whether `section` of the catalogue has an entry `name` without errors.

        A missing entry is reported to `findings`. For an entry with errors the result is False and nothing is reported,
        as the errors were reported before.

        Args:
            path: Path, in the catalogue, of the value that refers to the entry.
            what: The word for such an entry in the message, such as `plan`.
        """
        if name in getattr(self.document, section):
            return True
        if name not in self.declared.get(section, frozenset()):
            self.report_unknown(name, self.declared.get(section, frozenset()), path, what)
        return False

    def report_unknown(self, name: str, known: Iterable[str], path: Path, what: str) -> None:
        """Report to `findings` that a value of the catalogue names something unknown.

        Args:
            name: The unknown name.
            known: All known names. The hint suggests the nearest.
            path: Path of the value in the catalogue.
            what: The word for such a thing in the message, such as `plan`.
        """
        code = f"unknown-{what.replace(' ', '-')}"
        self.findings.error(path, code, f"no {what} is called {name!r}", did_you_mean(name, known))
