"""An import contract that import-linter does not ship: a list of what may be imported, instead of what may not."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Allowed(Contract):
    """Modules of the sources import, from outside slad, nothing but what is allowed.

    `source_modules` are packages of slad, with everything in them; `allowed_modules` top-level modules of the standard
    library or of other distributions. Imports between slad's own packages are the matter of contracts of layers.
    """

    type_name = "allowed"

    source_modules = fields.ListField(subfield=fields.ModuleField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every direct import of something that is not on the list."""
        accepted = {*self.allowed_modules, *self.session_options["root_packages"]}  # type: ignore[misc]
        found: list[str] = []
        for source in self.source_modules:  # type: ignore[attr-defined]
            for importer in sorted({source.name, *graph.find_descendants(source.name)}):
                for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                    if imported.partition(".")[0] not in accepted:
                        found.append(f"{importer} -> {imported} ({_lines(graph, importer, imported)})")
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that is not on the list, with its line."""
        for line in check.metadata["found"]:
            output.print_error(f"- not on the list: {line}")


def _lines(graph: ImportGraph, importer: str, imported: str) -> str:
    lines = {one["line_number"] for one in graph.get_import_details(importer=importer, imported=imported)}
    return ", ".join(f"l.{line}" for line in sorted(lines))
