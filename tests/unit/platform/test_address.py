"""What an address may hold, and what a problem says of what it may not."""

from __future__ import annotations

import orjson
import pytest

from sla_platform.http.address import BadRequestAddress, address_error
from sla_platform.http.problem import Problem, pointer


def asked(path: bytes, query: bytes = b"") -> BadRequestAddress | None:
    return address_error({"type": "http", "path": "unused", "raw_path": path, "query_string": query})


@pytest.mark.parametrize(
    "path", [b"/", b"/incidents/desk:1", b"/incidents/%C5%BC%F0%9F%98%80", b"/a%2Fb%20c", b"/%", b"/%zz"]
)
def test_a_path_of_text_is_read(path: bytes) -> None:
    assert asked(path) is None


@pytest.mark.parametrize(
    "word", [b"%00", b"%FF", b"%ED%A0%80", b"%C0%80", b"%0A", b"%7F", b"%C2%85", b"\xff", b"%EF%BF%BF"]
)
def test_what_is_no_text_is_told_with_its_place(word: bytes) -> None:
    assert asked(b"/incidents/" + word) is not None
    found = asked(b"/", b"limit=5&contract=" + word)
    assert found is not None
    assert found.parameter == "contract"
    named = asked(b"/", word + b"=1")
    assert named is not None
    assert named.parameter == ""


def test_a_scope_without_the_raw_path_is_read_too() -> None:
    assert address_error({"path": "/a\x00"}) is not None
    assert address_error({"path": "/a\ud800"}) is not None
    assert address_error({"path": "/ż"}) is None


def test_a_query_may_hold_pluses_empty_pairs_and_text_of_any_script() -> None:
    assert asked(b"/", b"q=a+b&&=&x&%C5%BC=%F0%9F%98%80&r=%E2%80%AE") is None


def test_a_pointer_is_escaped_and_never_long() -> None:
    assert pointer(("data", 0, "a/b~c")) == "/data/0/a~1b~0c"
    assert len(pointer(("k" * 100_000,))) == 101


def test_a_problem_that_quotes_half_a_surrogate_pair_can_still_be_sent() -> None:
    answer = Problem(422, "invalid-input", "t", "a\ud800b", errors=[{"pointer": "/\udfff"}]).response("/\ud800")
    assert orjson.loads(answer.body)["detail"] == "a?b"
