"""A request never becomes much more than it was, whatever each of its events has in common with the others."""

from __future__ import annotations

from itertools import repeat

import orjson
import pytest
from tests.unit.ingest.made import RECEIVED, source
from tests.unit.ingest.mapped import mapped

from sla_catalogue.source import Dialect, Source
from sla_ingest.dialect import DIALECTS, Delivery, DoesNotFit
from sla_ingest.dialect.batch import FREE_BYTES, MAX_BATCH, MAX_GROWTH, gather_parts

SPLITTING: dict[str, tuple[Source, str]] = {
    "alertmanager": (source(Dialect.ALERTMANAGER), "alerts"),
    "grafana": (source(Dialect.GRAFANA), "alerts"),
    "mapped": (mapped(map={"events": "events", "incident": "id", "when": [{"event": "opened"}]}), "events"),
}


def whole(body: bytes, **headers: str) -> Delivery:
    return Delivery(body=body, headers=headers, received_at=RECEIVED)


@pytest.mark.parametrize("name", SPLITTING)
@pytest.mark.parametrize("count", [20, MAX_BATCH, 100_000])
def test_what_is_common_to_all_is_not_multiplied_without_bound(name: str, count: int) -> None:
    sender, place = SPLITTING[name]
    body = orjson.dumps({"groupKey": "x" * 500_000, place: [0] * count})
    with pytest.raises(DoesNotFit):
        DIALECTS[sender.dialect].parts(whole(body), sender)


@pytest.mark.parametrize("name", SPLITTING)
def test_many_small_events_are_a_batch(name: str) -> None:
    sender, place = SPLITTING[name]
    event = {"id": "1", "status": "firing", "fingerprint": "0011223344556677", "labels": {"alertname": "DiskIsFull"}}
    body = orjson.dumps({"groupKey": "x" * 400, place: [event] * MAX_BATCH})
    parts = DIALECTS[sender.dialect].parts(whole(body, **{"user-agent": "sender/1.0"}), sender)
    assert parts is not None
    assert len(parts) == MAX_BATCH


def test_a_batch_of_cloudevents_is_counted_before_it_is_divided() -> None:
    body = orjson.dumps([0] * (MAX_BATCH + 1))
    batch = whole(body, **{"content-type": "application/cloudevents-batch+json"})
    with pytest.raises(DoesNotFit, match=f"at most {MAX_BATCH}"):
        DIALECTS[Dialect.CLOUDEVENTS].parts(batch, None)


def test_no_more_parts_are_made_than_fit_and_headers_count() -> None:
    batch = whole(b"[]", **{"x-odd": "x" * 60_000})
    made = []

    def parts():  # type: ignore[no-untyped-def]
        for one in repeat(batch):
            made.append(one)
            yield one

    with pytest.raises(DoesNotFit):
        gather_parts(batch, parts(), MAX_BATCH)
    assert len(made) * 60_000 <= FREE_BYTES + MAX_GROWTH * 2 + 60_000
