"""What every builder needs: the whole document, the ids that were written, and where to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings, Path, did_you_mean


@dataclass(frozen=True, slots=True)
class Context:
    """The document of a catalogue, the ids in it, and the findings, for the functions that build its parts.

    `declared` holds every id as written, sound or not: a reference to a broken entry is not a second problem. `stored`:
    it is a version that was in force once. Incidents are judged by it, so a rule made since must not refuse it.
    """

    document: CatalogueDocument
    declared: Mapping[str, frozenset[str]]
    findings: Findings
    stored: bool = False

    def has_entry(self, section: str, name: str, path: Path, what: str) -> bool:
        """Return whether `section` has a sound entry `name`; report a name that was not written as a finding.

        `what` is the word for such an entry in the message.
        """
        if name in getattr(self.document, section):
            return True
        if name not in self.declared.get(section, frozenset()):
            self.report_unknown(name, self.declared.get(section, frozenset()), path, what)
        return False

    def report_unknown(self, name: str, known: Iterable[str], path: Path, what: str) -> None:
        """Report that no `what` is called `name`, with the nearest of the known names as a hint."""
        code = f"unknown-{what.replace(' ', '-')}"
        self.findings.error(path, code, f"no {what} is called {name!r}", did_you_mean(name, known))
