"""The odd requests are pure: a seed repeats them, and no request changes what later ones are made of."""

from __future__ import annotations

import base64
import copy
import random
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest
from tests.e2e.world import CATALOGUE
from tests.fuzz import mutate
from tests.fuzz.catalogue import with_sources
from tests.fuzz.seeds import cloud_events, dialects, webhooks

from sla_catalogue.source import Dialect, Source, SourceId
from sla_ingest.auth import verify
from sla_ingest.auth.request import RequestFacts
from sla_ingest.auth.signing import proof_of, with_timestamp
from sla_ingest.dialect import DIALECTS, Accepted, Delivery

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_change_reaches_no_other_tree() -> None:
    before = copy.deepcopy((mutate.INSTANTS, mutate.TEXTS, mutate.OTHERS))
    rng = random.Random(7)
    seeds = [seed.body for seed in cloud_events("key")]
    for _ in range(5_000):
        mutate.encoded(rng, mutate.changed(rng, rng.choice(seeds)))
    assert before == (mutate.INSTANTS, mutate.TEXTS, mutate.OTHERS)


def test_a_seed_repeats_its_bodies() -> None:
    seeds = [seed.body for seed in cloud_events("key")]

    def bodies() -> list[bytes]:
        rng = random.Random(11)
        return [mutate.encoded(rng, mutate.changed(rng, rng.choice(seeds))) for _ in range(500)]

    assert bodies() == bodies()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Mapping[SourceId, Source]:
    folder = tmp_path_factory.mktemp("fuzz") / "catalogue"
    shutil.copytree(CATALOGUE, folder)
    named = re.findall(r"\$\{(\w+)\}", "".join(file.read_text() for file in CATALOGUE.glob("*.yaml")))
    words = {name: f"a word for {name}" for name in named}
    secret = "whsec_" + base64.b64encode(bytes(32)).decode()
    return with_sources(folder, words | {"E2E_SINK": "http://127.0.0.1:1", "E2E_PAGER_SECRET": secret}).sources


def test_every_dialect_has_a_source_and_seeds_that_are_understood(sources: Mapping[SourceId, Source]) -> None:
    understood = Counter[str]()
    for seed in (*webhooks("", ""), *dialects(sources)):
        source = sources.get(SourceId(seed.path.rpartition("/")[2]))
        if source is None:
            continue
        how = source.authentication
        body = orjson.dumps(with_timestamp(seed.body, how, NOON) if isinstance(seed.body, dict) else seed.body)
        facts = RequestFacts(method="POST", path=seed.path)
        proof = {
            name.lower(): value
            for name, value in proof_of(how, how.secrets[0].reveal(), body, NOON, facts, "a").items()
        }
        assert verify(how, body, proof, NOON, request=facts) is None
        whole = Delivery(body=body, headers=proof, received_at=NOON)
        dialect = DIALECTS[source.dialect]
        parts = dialect.parts(whole, source)
        outcomes = [dialect.open(one).translate(source).outcome for one in ([whole] if parts is None else parts)]
        understood[source.id] += sum(isinstance(one, Accepted) or bool(getattr(one, "observed", 0)) for one in outcomes)
    assert {sources[SourceId(name)].dialect for name in understood} | {Dialect.CLOUDEVENTS} == set(Dialect)
    assert {"fuzz-batch", "fuzz-preset"} < set(understood)
    assert min(understood.values()) >= 2, understood


def test_the_tickets_of_another_round_are_others(sources: Mapping[SourceId, Source]) -> None:
    one, other = ({orjson.dumps(seed.body) for seed in dialects(sources, round_)} for round_ in (0, 1))
    assert len(other - one) > 100
