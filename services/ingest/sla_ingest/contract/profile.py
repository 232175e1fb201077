"""What a customer runs, from JSON, CSV or a CycloneDX SBOM, as products with versions (clause H7)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from sla_domain.bounds import writable
from sla_domain.contract import EnvironmentItem
from sla_domain.normal import normal
from sla_domain.version import names_one_version
from sla_ingest.contract.written import read_json, unfit
from sla_platform.http.problem import Problem, pointer

CSV_TYPE, SBOM_TYPE, JSON_TYPE = "text/csv", "application/vnd.cyclonedx+json", "application/json"
MAX_PROFILE = 8 * 1024 * 1024  # bytes
MOST_PRODUCTS, MOST_VERSIONS, MOST_FACTS = 5_000, 200, 50
MOST_BYTES = 2 * 1024 * 1024  # of all products, versions and facts together: half of the smallest event
_LONGEST_PRODUCT, _LONGEST_VERSION, _LONGEST_FACT = 200, 100, 500
_SBOM_VERSIONS = ("1.4", "1.5", "1.6")
_KEYS = frozenset({"product", "versions", "facts"})

Row = tuple[tuple[str | int, ...], str, list[str], dict[str, str]]  # where it stands, product, versions, facts


def read_profile(body: bytes, media_type: str) -> tuple[EnvironmentItem, ...]:
    """Return the products and their versions that a request body lists.

    Products are in the order of their first mention. Several entries of a product are joined.

    Args:
        media_type: The body's Content-Type, for JSON, CSV or a CycloneDX SBOM. "" means JSON.

    Raises:
        Problem: HTTP error 400 for a body that cannot be read, 415 for another media type or another kind of SBOM, 422
            with all faulty places.
    """
    kind = media_type.partition(";")[0].strip().lower()
    errors: list[dict[str, Any]] = []
    match kind:
        case "text/csv":
            rows = list(_csv_rows(_text(body), errors))
        case "application/vnd.cyclonedx+json":
            rows = list(_sbom_rows(read_json(body)))
        case "" | "application/json":
            rows = list(_json_rows(read_json(body), errors))
        case _:
            detail = f"Content-Type is {JSON_TYPE}, {CSV_TYPE} or {SBOM_TYPE}."
            raise Problem(415, "media-type", "The media type is not read here", detail)
    for where, product, versions, facts in rows:
        errors += [{"pointer": pointer(where), "detail": detail} for detail in _faults(product, versions, facts)]
    found = _joined(rows)
    if len(found) > MOST_PRODUCTS:
        errors.append(
            {"pointer": "/", "detail": f"a profile has at most {MOST_PRODUCTS} products, this one {len(found)}"}
        )
    elif (size := sum(map(_size, found))) > MOST_BYTES:
        detail = f"all products, versions and facts together have at most {MOST_BYTES} bytes, these {size}"
        errors.append({"pointer": "/", "detail": f"{detail}: state fewer facts, or under shorter names"})
    if errors:
        raise unfit(errors[:100])
    return found


def _joined(rows: Iterable[Row]) -> tuple[EnvironmentItem, ...]:
    """One item a product; a mention without a version says nothing where another has one."""
    products: dict[str, tuple[str, dict[str, None], dict[str, str]]] = {}
    for _, product, versions, facts in rows:
        name, known, told = products.setdefault(normal(product), (product, {}, {}))
        known |= dict.fromkeys(versions)
        told |= facts
        products[normal(product)] = (name, known, told)
    return tuple(
        EnvironmentItem(product=name, versions=tuple(versions), facts=tuple(sorted(facts.items())))
        for name, versions, facts in products.values()
    )


def _size(item: EnvironmentItem) -> int:
    """The bytes of its texts; each product repeats the names of its facts."""
    texts = (item.product, *item.versions, *(text for fact in item.facts for text in fact))
    return sum(len(text.encode()) + 6 for text in texts)  # with the signs around it


def _faults(product: str, versions: list[str], facts: Mapping[str, str]) -> Iterable[str]:
    if not normal(product):
        yield "the product has no name"
    if len(versions) > MOST_VERSIONS:
        yield f"a product has at most {MOST_VERSIONS} versions"
    if len(facts) > MOST_FACTS:
        yield f"a product has at most {MOST_FACTS} facts"
    texts = [(product, _LONGEST_PRODUCT), *((one, _LONGEST_VERSION) for one in versions)]
    texts += [(one, _LONGEST_FACT) for pair in facts.items() for one in pair]
    for text, longest in texts:
        if len(text) > longest:
            yield f"{text[:40]!r}… is longer than {longest} characters"
        elif not writable(text):
            yield "a text without control characters or line breaks is expected"
    for version in versions:
        if version and not names_one_version(version):
            yield f"{version[:40]!r} is a range: name each version that is run, or none for any"


# -- JSON


def _json_rows(values: Any, errors: list[dict[str, Any]]) -> Iterable[Row]:
    listed = values.get("products") if isinstance(values, dict) else values
    if not isinstance(listed, list):
        detail = 'a list of products is expected, or {"products": [...]}: [{"product": "shop", "versions": ["4.1"]}]'
        errors.append({"pointer": "/", "detail": detail})
        return
    base: tuple[str | int, ...] = ("products",) if isinstance(values, dict) else ()
    for index, one in enumerate(listed):
        where = (*base, index)
        if not isinstance(one, dict) or not isinstance(one.get("product"), str):
            errors.append({"pointer": pointer(where), "detail": "an object with `product` is expected"})
            continue
        for key in one.keys() - _KEYS:
            detail = "no such key; there are product, versions and facts"
            errors.append({"pointer": pointer((*where, str(key))), "detail": detail})
        versions, facts = one.get("versions") or [], one.get("facts") or {}
        versions = [versions] if isinstance(versions, str) else versions
        if not isinstance(versions, list) or not all(isinstance(each, str) for each in versions):
            errors.append({"pointer": pointer((*where, "versions")), "detail": "a list of texts is expected"})
            continue
        if not isinstance(facts, dict) or not all(isinstance(each, str) for each in facts.values()):
            errors.append({"pointer": pointer((*where, "facts")), "detail": "texts by name are expected"})
            continue
        yield where, one["product"], versions, facts


# -- CSV


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"CSV is read as UTF-8; byte {error.start} is none."
        raise Problem(400, "malformed", "The body cannot be read", detail) from None


def _csv_rows(text: str, errors: list[dict[str, Any]]) -> Iterable[Row]:
    """The columns `product`, `version` (one or several, separated by `;`), and any other as a fact."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Problem(400, "malformed", "The body cannot be read", f"It is no CSV: {error}.") from None
    head = [name.strip() for name in lines[0]] if lines else []
    columns = [normal(name) for name in head]
    if "product" not in columns:
        detail = "the first line names the columns: `product`, `version` and any further ones"
        errors.append({"pointer": "/0", "detail": detail})
        return
    for number, cells in enumerate(lines[1:], 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            detail = f"line {number + 1} has {len(cells)} cells, the head has {len(head)}"
            errors.append({"pointer": pointer((number,)), "detail": detail})
            continue
        named = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        facts = {
            name: cell.strip()
            for name, column, cell in zip(head, columns, cells, strict=True)
            if column not in ("product", "version", "versions") and cell.strip()
        }
        written = named.get("version") or named.get("versions") or ""
        versions = [one.strip() for one in written.split(";") if one.strip()]
        yield (number,), named["product"], versions, facts


# -- CycloneDX


def _sbom_rows(values: Any) -> Iterable[Row]:
    """The components of an SBOM, those within others too."""
    if not isinstance(values, dict) or values.get("bomFormat") != "CycloneDX":
        known = isinstance(values, dict) and ("spdxVersion" in values or "SPDXID" in values)
        detail = "It is an SPDX document; convert it to CycloneDX." if known else "`bomFormat` is not CycloneDX."
        raise Problem(415, "other-sbom", "Another kind of SBOM", f"{detail} CycloneDX JSON is read.")
    version = str(values.get("specVersion", ""))
    if version not in _SBOM_VERSIONS:
        detail = f"CycloneDX {version or 'without specVersion'} is not read; {', '.join(_SBOM_VERSIONS)} are."
        raise Problem(415, "other-sbom", "Another version of CycloneDX", detail)
    left: list[tuple[tuple[str | int, ...], Any]] = [(("components", i), one) for i, one in reversed(_listed(values))]
    while left:
        where, component = left.pop()
        if not isinstance(component, dict):
            continue
        left += [((*where, "components", i), one) for i, one in reversed(_listed(component))]
        group, name = str(component.get("group") or ""), str(component.get("name") or "")
        number = str(component.get("version") or "")
        facts = {key: str(component[key]) for key in ("type", "purl", "cpe") if component.get(key)}
        yield where, f"{group}/{name}" if group and name else name, [number] if number else [], facts


def _listed(values: Mapping[str, Any]) -> list[tuple[int, Any]]:
    listed = values.get("components")
    return list(enumerate(listed)) if isinstance(listed, list) else []
