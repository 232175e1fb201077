"""What a customer runs, as JSON, CSV and CycloneDX: taken whole, or refused with the place of what does not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sla_domain.contract import EnvironmentItem
from sla_ingest.contract.profile import CSV_TYPE, JSON_TYPE, SBOM_TYPE, read_profile
from sla_platform.http.problem import Problem


def items(body: Any, kind: str = JSON_TYPE) -> dict[str, tuple[str, ...]]:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return {one.product: one.versions for one in read_profile(raw, kind)}


def refused(body: Any, kind: str = JSON_TYPE) -> Problem:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with pytest.raises(Problem) as caught:
        read_profile(raw, kind)
    return caught.value


def pointers(problem: Problem) -> list[str]:
    return [error["pointer"] for error in problem.errors]


def test_json_as_a_list_or_under_products_with_facts() -> None:
    listed = [{"product": "shop", "versions": ["4.1", "4.2"], "facts": {"seats": "40"}}, {"product": "press"}]
    assert items(listed) == items({"products": listed}) == {"shop": ("4.1", "4.2"), "press": ()}
    (shop, _) = read_profile(json.dumps(listed).encode(), JSON_TYPE)
    assert shop == EnvironmentItem(product="shop", versions=("4.1", "4.2"), facts=(("seats", "40"),))


def test_a_number_stays_as_it_is_written() -> None:
    assert items('[{"product": "shop", "versions": "4.10"}]') == {"shop": ("4.10",)}


def test_one_product_under_two_spellings_is_one() -> None:
    assert items([{"product": "Shop ", "versions": ["1"]}, {"product": "shop", "versions": ["2", "1"]}]) == {
        "Shop ": ("1", "2")
    }


def test_csv_with_versions_and_further_columns_as_facts() -> None:
    text = "\ufeffProduct;x,Version,Seats\n"  # a head that is one column too odd
    assert pointers(refused(text, CSV_TYPE)) == ["/0"]
    good = '\ufeffProduct,Version,Seats\r\n"Shop, large",4.1;4.2,40\r\n\r\npress,,\r\n'
    assert items(good, CSV_TYPE) == {"Shop, large": ("4.1", "4.2"), "press": ()}
    (shop, _) = read_profile(good.encode(), CSV_TYPE)
    assert shop.facts == (("Seats", "40"),)


def test_one_bad_line_in_ten_is_named_and_nothing_is_taken() -> None:
    lines = ["product,version", *(f"p{n},1.{n}" for n in range(9)), "p10,1,extra"]
    problem = refused("\n".join(lines), CSV_TYPE)
    assert problem.status == 422
    assert problem.errors == [{"pointer": "/10", "detail": "line 11 has 3 cells, the head has 2"}]


def test_the_components_of_an_sbom_nested_ones_too() -> None:
    sbom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {"type": "library", "group": "org.acme", "name": "core", "version": "2.0", "purl": "pkg:maven/a/core@2.0"},
            {"type": "application", "name": "shop", "version": "4.1", "components": [{"name": "cart", "version": "1"}]},
            {"type": "application", "name": "shop", "version": "4.2"},
        ],
    }
    assert items(sbom, SBOM_TYPE) == {"org.acme/core": ("2.0",), "shop": ("4.1", "4.2"), "cart": ("1",)}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"spdxVersion": "SPDX-2.3", "SPDXID": "x"}, "SPDX"),
        ({"bomFormat": "CycloneDX", "specVersion": "1.2"}, "1.2 is not read"),
        ({"bomFormat": "Other"}, "is not CycloneDX"),
        ([], "is not CycloneDX"),
    ],
)
def test_an_sbom_of_another_kind_is_refused_with_the_reason(body: Any, told: str) -> None:
    problem = refused(body, SBOM_TYPE)
    assert problem.status == 415
    assert told in problem.detail


WRONG: dict[str, tuple[Any, str, int, str]] = {
    "no list": ({"product": "shop"}, JSON_TYPE, 422, "/"),
    "no name": ([{"product": " "}], JSON_TYPE, 422, "/0"),
    "a key that is none": ([{"product": "a", "verson": "1"}], JSON_TYPE, 422, "/0/verson"),
    "versions that are no texts": ([{"product": "a", "versions": [None]}], JSON_TYPE, 422, "/0/versions"),
    "facts that are no texts": ([{"product": "a", "facts": {"b": ["c"]}}], JSON_TYPE, 422, "/0/facts"),
    "a long name": ([{"product": "a" * 201}], JSON_TYPE, 422, "/0"),
    "a line break": ([{"product": "a", "versions": ["1\n2"]}], JSON_TYPE, 422, "/0"),
    "nothing named": ("version\n1\n", CSV_TYPE, 422, "/0"),
    "an empty file": ("", CSV_TYPE, 422, "/0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_told_with_its_place(name: str) -> None:
    body, kind, status, place = WRONG[name]
    problem = refused(body, kind)
    assert problem.status == status
    assert place in pointers(problem)


def test_what_cannot_be_read_at_all() -> None:
    assert refused("{", JSON_TYPE).status == 400
    assert refused(b"product\n\xff", CSV_TYPE).status == 400
    assert refused("product", "application/pdf").status == 415


@pytest.mark.parametrize(("body", "kind"), [
    ([{"product": "shop", "versions": ["4.1", ">=4.2"]}], JSON_TYPE),
    ("product,version\nshop,4.x\n", CSV_TYPE),
])  # fmt: skip
def test_a_range_is_no_version_that_somebody_runs(body: Any, kind: str) -> None:
    (error,) = refused(body, kind).errors
    assert "is a range: name each version that is run, or none for any" in error["detail"]


def test_names_of_facts_that_repeat_with_every_product_are_bounded_together() -> None:
    """A table of 45 kB whose heads stand with each of its products: five million bytes."""
    heads = [f"{number:02}" + "n" * 490 for number in range(49)]
    lines = [",".join(["product", *heads]), *(",".join([f"p{number}", *["1"] * 49]) for number in range(200))]
    body = "\n".join(lines)
    assert len(body) < 50_000
    problem = refused(body, CSV_TYPE)
    assert (problem.status, pointers(problem)) == (422, ["/"])
    assert "together have at most 2097152 bytes" in problem.errors[0]["detail"]
    assert len(items("\n".join(lines[:60]), CSV_TYPE)) == 59


def test_an_sbom_of_many_components_within_others_keeps_their_order() -> None:
    inner = [{"name": f"b{number}", "version": "1"} for number in range(2_000)]
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [{"name": "a", "components": inner}, {"name": "c"}],
    }
    assert [*items(body, SBOM_TYPE)] == ["a", *(f"b{number}" for number in range(2_000)), "c"]
