"""Every part of slad that reads rows: of three, of which the second cannot be processed, the first and third are done.

The second waits in quarantine, counted, and a replay does it once it is mended. A part that is not in `PARTS` fails.
"""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.standalone import part_rows
from tests.integration.standalone.part_rows import Case, Rows
from tests.integration.standalone.tenants import Tenants, tenants

ROOT = Path(__file__).parents[3]
INGEST, TIMER = "services/ingest/sla_ingest/service.py", "services/sla-timer/sla_timer/service.py"
NOTIFIER, BOARD = "services/notifier/sla_notifier/service.py", "services/board/sla_board/service.py"
COPIES, STANDALONE = "shared/sla_platform/contracts/copies.py", "services/standalone/sla_standalone"


@dataclass(frozen=True)
class ShownBy:
    """Another test that gives this part good, bad and good rows."""

    test: str


@dataclass(frozen=True)
class NoRows:
    """The part works through no rows."""

    why: str


BUS = ShownBy("tests/conformance/test_bus.py::test_a_data_error_costs_one_event_and_none_of_its_neighbours")
COUNTS = NoRows("the database counts them")
PARTS: dict[tuple[str, str], tuple[Case, ...] | ShownBy | NoRows] = {
    (INGEST, "contracts"): (part_rows.versions,),
    (INGEST, "ledgers"): (part_rows.ledgers,),
    (INGEST, "duty"): ShownBy(
        "tests/unit/ingest/test_duty_watch.py::test_a_contract_that_cannot_be_looked_at_delays_no_other"
    ),
    (INGEST, "answers"): BUS,
    (INGEST, "parked"): COUNTS,
    (INGEST, "issuer-keys"): NoRows("addresses of the catalogue, each by itself"),
    (INGEST, "senders"): NoRows("instants of deliveries, which are read in any case"),
    (INGEST, "quarantine"): COUNTS,
    (INGEST, "retention"): (part_rows.ingest_retention,),
    (TIMER, "consume"): BUS,
    (TIMER, "deferred"): (part_rows.deferred,),
    (TIMER, "tick"): ShownBy(
        "tests/integration/timer/test_quarantine.py::test_a_timer_that_cannot_fire_delays_nobody_and_comes_back_with_its_clock"
    ),
    (TIMER, "replan"): ShownBy(
        "tests/integration/timer/test_quarantine.py::test_an_incident_that_cannot_be_moved_holds_up_no_other"
    ),
    (TIMER, "audit"): ShownBy("tests/integration/timer/test_quarantine.py::test_the_audit_mends_what_can_be_mended"),
    (TIMER, "canary"): NoRows("it writes one row of its own"),
    (TIMER, "gauges"): COUNTS,
    (TIMER, "quarantine"): COUNTS,
    (TIMER, "retention"): NoRows("the database compares instants, nothing else of a row is read"),
    (NOTIFIER, "consume"): ShownBy(
        "tests/integration/notifier/test_quarantine.py::test_a_poisoned_batch_costs_its_rows_alone"
    ),
    (NOTIFIER, "deadlines"): BUS,
    (NOTIFIER, "decide"): ShownBy(
        "tests/integration/notifier/test_quarantine.py::test_a_bug_at_one_fact_is_tried_three_times_and_set_aside"
    ),
    (NOTIFIER, "escalate"): ShownBy(
        "tests/integration/notifier/test_quarantine.py::test_an_alert_that_cannot_be_read_holds_up_no_other_escalation"
    ),
    (NOTIFIER, "send"): ShownBy(
        "tests/integration/notifier/test_quarantine.py::test_a_delivery_that_cannot_be_read_holds_up_no_other"
    ),
    (NOTIFIER, "profiles"): (part_rows.notices,),
    (NOTIFIER, "contract-news"): (part_rows.contract_news,),
    (NOTIFIER, "questions"): (part_rows.asked,),
    (NOTIFIER, "quiet_hours"): (part_rows.quiet_hours,),
    (NOTIFIER, "heartbeat"): NoRows("it asks an address"),
    (NOTIFIER, "gauges"): COUNTS,
    (NOTIFIER, "quarantine"): COUNTS,
    (NOTIFIER, "retention"): NoRows("the database compares instants and states, nothing else of a row is read"),
    (NOTIFIER, "overrides"): NoRows(
        "texts, numbers and instants, which are read in any case; no part of one is parsed"
    ),
    (BOARD, "consume"): BUS,
    (BOARD, "streams"): ShownBy(
        "tests/integration/board/test_not_shown.py::test_a_row_that_cannot_be_shown_says_so_in_its_place"
    ),
    (BOARD, "listing"): (part_rows.listing,),
    (BOARD, "breakdowns"): (part_rows.breakdowns,),
    (BOARD, "housekeeping"): COUNTS,
    (BOARD, "quarantine"): COUNTS,
    (BOARD, "retention"): (part_rows.board_retention,),
    (BOARD, "objectives"): (part_rows.objectives,),
    (BOARD, "reports"): (part_rows.reports,),
    (BOARD, "attainment"): (part_rows.attainment,),
    (COPIES, "contracts"): BUS,
    (COPIES, "contract-records"): (part_rows.records,),
    ("shared/sla_platform/runtime.py", "prepare"): NoRows("what the services read before their parts run"),
    (f"{STANDALONE}/compose.py", "relay-{}"): ShownBy(
        "tests/integration/bus/test_relay.py::test_an_event_that_cannot_be_written_as_a_record_holds_up_nothing"
    ),
    (f"{STANDALONE}/compose.py", "clocks"): NoRows("it reads clocks of the machine"),
    (f"{STANDALONE}/compose.py", "keys"): (part_rows.keys,),
    (f"{STANDALONE}/housekeeping.py", "housekeeping"): NoRows("duties by the hour"),
    (f"{STANDALONE}/mailbox.py", "mailbox"): NoRows("a mail server for one's own machine"),
    (f"{STANDALONE}/demo/feed.py", "feed"): NoRows("it posts made-up events"),
}
CASES = {
    f"{Path(file).parts[1]}-{name}-{number}": case
    for (file, name), cases in PARTS.items()
    if isinstance(cases, tuple)
    for number, case in enumerate(cases)
}


def _parts() -> set[tuple[str, str]]:
    """File and name of every `Part(…)` in the sources; a name that is put together is written with `{}`."""
    found: set[tuple[str, str]] = set()
    for file in [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name("Part"), args=[ast.Constant(str(name)), _]):
                    found.add((str(file.relative_to(ROOT)), name))
                case ast.Call(func=ast.Name("Part"), args=[ast.JoinedStr(values), _]):
                    name = "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values)
                    found.add((str(file.relative_to(ROOT)), name))
    return found


def test_every_part_is_listed() -> None:
    # The runtime starts each part under its own name.
    assert _parts() == set(PARTS)


@pytest.mark.parametrize("test", sorted({shown.test for shown in PARTS.values() if isinstance(shown, ShownBy)}))
def test_what_another_test_shows_is_shown(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}


@pytest.fixture
async def idle(store_url: str) -> AsyncIterator[Tenants]:
    async with tenants(store_url) as world:
        yield world


async def test_a_row_that_cannot_be_processed_costs_itself_alone(idle: Tenants, subtests: pytest.Subtests) -> None:
    for name, case in CASES.items():
        if case is part_rows.keys and not idle.running.context.settings.store_url.startswith("sqlite"):
            continue  # PostgreSQL keeps no text as a day
        with subtests.test("part", name=name), pytest.MonkeyPatch.context() as patch:
            await case(Rows(idle, patch))
    assert (await idle.ask("nobody", "GET", "/readyz")).status_code == 200, "no part has ended"
