"""The public names of slad with their docstrings, as a reader of the code meets them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.docs.nouns import PACKAGES, modules

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class PublicName:
    """A public class, function or method. Methods of private classes are not public."""

    module: str
    owner: str
    """The class of a method, else ""."""
    node: Named

    @property
    def docstring(self) -> str:
        """Return the docstring without its indent; "" if there is none."""
        return ast.get_docstring(self.node) or ""

    @property
    def place(self) -> str:
        """Return where the name is, such as `sla_domain.fact:reason_of`."""
        return f"{self.module}:{f'{self.owner}.' if self.owner else ''}{self.node.name}"

    @property
    def heading(self) -> str:
        """Return the line that begins the definition, with the types of the arguments."""
        if isinstance(self.node, ast.ClassDef):
            return f"class {self.node.name}({', '.join(map(ast.unparse, self.node.bases))})"
        kind = "async def" if isinstance(self.node, ast.AsyncFunctionDef) else "def"
        returned = f" -> {ast.unparse(self.node.returns)}" if self.node.returns is not None else ""
        return f"{kind} {self.node.name}({ast.unparse(self.node.args)}){returned}"


def public_names() -> list[PublicName]:
    """Return the public names of all packages, by module. Revisions of the database are left out."""
    found: list[PublicName] = []
    for package in PACKAGES:
        for path in modules(package):
            module = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
            found += _names(ast.parse(path.read_text()).body, module, "")
    return found


def _names(body: Sequence[ast.stmt], module: str, owner: str) -> Iterator[PublicName]:
    for node in body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            yield PublicName(module, owner, node)
            if isinstance(node, ast.ClassDef):
                yield from _names(node.body, module, node.name)
