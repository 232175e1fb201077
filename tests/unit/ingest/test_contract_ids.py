"""Ids of recorded contracts: none may look like a version of another, for versions have plans of their own."""

from __future__ import annotations

import json

import pytest

from sla_ingest.contract.written import read_contract
from sla_platform.http.problem import Problem


def written(id_: str) -> str:
    body = {"id": id_, "reason": "signed", "contract": {"plan": "gold"}}
    return read_contract(json.dumps(body).encode(), "application/json", new=True).id


@pytest.mark.parametrize("id_", ["acme.v3", "acme.v03", "a.v1.v2"])
def test_an_id_that_ends_like_a_version_is_refused(id_: str) -> None:
    with pytest.raises(Problem) as refused:
        written(id_)
    (error,) = refused.value.errors
    assert error["pointer"] == "/id"
    assert "must not end like a version" in error["detail"]


@pytest.mark.parametrize("id_", ["acme.v", "acme.v3a", "acme-v3", "acmev3", "acme.v3.pl"])
def test_an_id_that_only_resembles_one_is_taken(id_: str) -> None:
    assert written(id_) == id_
