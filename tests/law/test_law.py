"""The import contracts bite: what each of them forbids is done in a copy of the tree, and the check fails."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import grimp
import pytest
from tests.law.tree import FOLDERS, ROOT, Copy, contracts, layers_of

LAYERS = {one["containers"][0]: one for one in contracts() if one["type"] == "layers" and one.get("exhaustive")}
PROTECTED = [one for one in contracts() if one["type"] == "protected"]
GENERAL = {
    "orjson": "JSON is read and written wherever values are stored or sent",
    "pydantic": "models of what comes in from outside stand beside the code that takes it in",
    "pydantic_core": "a part of pydantic",
    "structlog": "whatever acts may log; the domain may not",
}
"""Libraries that any package but the domain may import."""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.make(tmp_path)


def test_the_tree_keeps_the_law_and_so_does_a_copy_of_it(copy: Copy) -> None:
    checked = copy.check()
    assert checked.returncode == 0, checked.stdout
    assert f"Contracts: {len(contracts())} kept, 0 broken." in checked.stdout


def test_every_package_has_a_contract_of_layers() -> None:
    assert set(LAYERS) == set(FOLDERS)


def test_a_module_that_nobody_placed_breaks_the_contract_of_its_package(copy: Copy) -> None:
    for package in LAYERS:
        copy.module(f"{package}.unplaced").write_text('"""Nobody placed this."""\n')
    checked = copy.check()
    assert checked.returncode == 1
    for package, contract in LAYERS.items():
        assert f"{contract['name']} BROKEN" in checked.stdout
        assert f"{package}.unplaced" in checked.stdout


def test_an_import_upwards_breaks_the_contract_of_its_package(copy: Copy) -> None:
    for package, contract in LAYERS.items():
        layers = layers_of(contract)
        copy.add(f"{package}.{layers[-1][0]}", f"import {package}.{layers[0][0]}")
    checked = copy.check()
    assert checked.returncode == 1
    for package, contract in LAYERS.items():
        layers = layers_of(contract)
        assert f"{contract['name']} BROKEN" in checked.stdout
        assert f"{package}.{layers[-1][0]} is not allowed to import {package}.{layers[0][0]}" in checked.stdout


def test_a_service_that_imports_another_breaks_the_contract_of_packages(copy: Copy) -> None:
    copy.add("sla_board.tables", "import sla_timer.tables")
    checked = copy.check()
    assert checked.returncode == 1
    assert "sla_board is not allowed to import sla_timer" in checked.stdout


@pytest.mark.parametrize(
    "name", ["asyncio", "logging", "os.path", "random", "time", "subprocess", "pydantic", "orjson"]
)
def test_the_domain_may_import_what_is_listed_and_nothing_else(name: str, tmp_path: Path) -> None:
    domain = tmp_path / "sla_domain"
    domain.mkdir()
    (domain / "__init__.py").write_text("import re\n")
    assert not _unlisted_imports(domain)
    (domain / "clock.py").write_text(f"import re\nimport {name}\n")
    assert _unlisted_imports(domain) == [f"sla_domain/clock.py:2 {name}"]


def test_an_import_that_is_not_listed_breaks_the_contract_of_the_domain(copy: Copy) -> None:
    for name in ("asyncio", "pydantic"):
        copy.add("sla_domain.clock", f"import {name}")
    copy.add("sla_domain.fold", "import subprocess")
    checked = copy.check()
    assert checked.returncode == 1
    for line in (
        "sla_domain.clock -> asyncio",
        "sla_domain.clock -> pydantic",
        "sla_domain.fold.wrong -> subprocess",
    ):
        assert f"not on the list: {line}" in checked.stdout


def test_the_domain_imports_what_is_listed_and_uses_all_of_the_list() -> None:
    domain = FOLDERS["sla_domain"] / "sla_domain"
    assert not _unlisted_imports(domain)
    used = {name.partition(".")[0] for path in domain.rglob("*.py") for _, name in _imports(path)}
    assert _allowed() <= used, f"no longer used, take it off the list: {sorted(_allowed() - used)}"


def test_the_domain_imports_nothing_by_name_but_the_data_of_time_zones() -> None:
    for path in (FOLDERS["sla_domain"] / "sla_domain").rglob("*.py"):
        source = path.read_text()
        assert "__import__" not in source, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
                assert (path.name, ast.unparse(node)) == ("zone.py", "import_module(_PACKAGE)")


def test_a_library_imported_outside_its_adapter_breaks_its_contract(copy: Copy) -> None:
    libraries = [name for contract in PROTECTED for name in contract["protected_modules"]]
    for package, contract in LAYERS.items():
        copy.module(f"{package}.wrong").write_text("".join(f"import {name}\n" for name in libraries))
        assert contract["layers"]
    checked = copy.check()
    assert checked.returncode == 1
    for contract in PROTECTED:
        assert f"{contract['name']} BROKEN" in checked.stdout
        for name in contract["protected_modules"]:
            for package in LAYERS:
                assert f"{package}.wrong -> {name} " in checked.stdout


def test_every_library_that_is_imported_has_a_contract_or_a_reason_to_have_none() -> None:
    graph = grimp.build_graph(*FOLDERS, include_external_packages=True, cache_dir=None)
    tops = {module.partition(".")[0] for module in graph.modules}
    libraries = tops - set(FOLDERS) - sys.stdlib_module_names
    placed = {name for contract in PROTECTED for name in contract["protected_modules"]}
    assert libraries - placed - set(GENERAL) == set(), "write a contract for it in pyproject.toml: who may import it?"
    assert set(GENERAL) <= libraries


def test_architecture_shows_the_layers_that_the_law_holds() -> None:
    """Each package's table in docs/architecture.md has the contract's layers, module by module."""
    shown: dict[str, list[list[str]]] = {}
    package = ""
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        if line.startswith("#"):
            package = line.strip("#` ")
        elif package in LAYERS and line.startswith("| `"):
            modules = line.split("|")[1]
            shown.setdefault(package, []).append([name.strip(" `") for name in modules.split(",")])
    for package, contract in LAYERS.items():
        assert shown.get(package) == layers_of(contract), f"docs/architecture.md, {package}"


def _allowed() -> set[str]:
    return next(set(one["allowed_modules"]) for one in contracts() if one["type"] == "allowed")


def _imports(path: Path) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            found.append((node.lineno, str(node.module)))
    return found


def _unlisted_imports(domain: Path) -> list[str]:
    allowed = _allowed() | {"sla_domain"}
    return [
        f"{path.relative_to(domain.parent)}:{line} {name}"
        for path in sorted(domain.rglob("*.py"))
        for line, name in _imports(path)
        if name.partition(".")[0] not in allowed
    ]
