"""Records that an earlier release has put on a topic are read for ever, and mean what they meant."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tests.golden.events.meaning import Record, meaning

from sla_platform.asyncapi.schema import EVENT_TYPES, data_schema
from sla_platform.bus.record import WATERMARK_TYPE

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.json"))
TYPES = {one.name: one for one in EVENT_TYPES}


def _name(file: Path) -> str:
    return str(file.relative_to(HERE))


def _read(file: Path) -> Record:
    record: Record = json.loads(file.read_text())
    return record


def _type(record: Record) -> str:
    return str(dict(record["headers"])["ce_type"])


@pytest.fixture(params=FILES, ids=_name)
def record(request: pytest.FixtureRequest) -> Record:
    return _read(request.param)


def test_no_record_has_been_touched() -> None:
    frozen = dict(reversed(line.split("  ")) for line in (HERE / "FROZEN").read_text().splitlines())
    found = {_name(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in FILES}
    assert found == frozen, "a frozen record is never edited: add a folder for what is written now, see README.md"


def test_every_type_has_its_record() -> None:
    assert {_type(_read(file)) for file in FILES} == TYPES.keys()


def test_it_means_what_it_meant(record: Record) -> None:
    _same_or_more(meaning(record), record["means"])


def test_what_readers_do_not_know_is_passed_over(record: Record) -> None:
    richer = record | {
        "headers": [*record["headers"], ["ce_traceparent", "00-aa-bb-01"], ["x-of-a-later-release", "1"]],
        "value": json.dumps(_with_unknown_fields(json.loads(record["value"]))),
    }
    assert meaning(richer) == meaning(record)


def test_it_fits_the_published_schema(record: Record) -> None:
    validator = Draft202012Validator(data_schema(TYPES[_type(record)]), format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(json.loads(record["value"]))] == []


def test_a_record_without_what_its_type_promises_does_not_fit(record: Record) -> None:
    one = TYPES[_type(record)]
    validator = Draft202012Validator(data_schema(one))
    value = json.loads(record["value"])
    promised = [*one.always, *(name for name, field in one.model.model_fields.items() if field.is_required())]
    assert promised
    for name in promised:
        less = {key: content for key, content in value.items() if key != name}
        assert not validator.is_valid(less), f"{name} is promised, and the schema does not miss it"


def test_only_watermarks_are_no_cloudevents(record: Record) -> None:
    headers = dict(record["headers"])
    if _type(record) == WATERMARK_TYPE:
        assert headers.keys() == {"ce_type"}
        assert record["key"] is None
    else:
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_partitionkey"] == record["key"]


def _same_or_more(now: Any, then: Any, path: str = "") -> None:
    """New fields may have come; what was there must be there and be the same."""
    if isinstance(then, dict) and path not in ("/data/attributes", "/data/details"):
        for name, value in then.items():
            assert name in now, f"{path}/{name} is gone"
            _same_or_more(now[name], value, f"{path}/{name}")
    elif isinstance(then, list) and isinstance(now, list):
        assert len(now) == len(then), path
        for number, (each, value) in enumerate(zip(now, then, strict=True)):
            _same_or_more(each, value, f"{path}/{number}")
    else:
        assert now == then, path


def _with_unknown_fields(value: Any) -> Any:
    """The value with a field nobody knows in every object that has named fields."""
    if isinstance(value, list):
        return [_with_unknown_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    free = {"attributes", "details", "document", "facts"}  # their names are data
    inner = {name: item if name in free else _with_unknown_fields(item) for name, item in value.items()}
    return inner | {"of_a_later_release": {"deep": [1, None, "x"]}}
