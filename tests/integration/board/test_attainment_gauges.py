"""Attainment as Prometheus metrics: what an objective counts, and how fast its misses are used up (clause E4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.integration.board.bench import BoardBench
from tests.integration.board.test_attainment import WITHIN, met, missed, promising, told
from tests.unit.board.envelopes import NOW, minutes

from sla_board.attainment import gauge
from sla_domain.objective import CountedUnit, PeriodKind

OF = {"contract": "acme", "entitlement": "", "objective": "within-sla"}


async def _read(board: BoardBench) -> None:
    while await board.service.objectives.look():
        pass
    await board.service.gauges.read()


async def test_an_objective_is_shown_with_its_target_its_counts_and_what_is_left(board: BoardBench) -> None:
    board.rulebook = promising(WITHIN)
    early = NOW - timedelta(hours=5)
    await board.tell(*told([met(n) for n in range(18)]), *missed(1), *missed(2, early))
    await _read(board)
    assert [
        board.metric("slad_attainment_objective_counted", **OF, verdict=verdict)
        for verdict in ("met", "missed", "exempt", "open")
    ] == [18, 2, 0, 0]
    assert board.metric("slad_attainment_objective_ratio", **OF) == 0.9
    assert board.metric("slad_attainment_objective_target", **OF) == 0.9
    assert board.metric("slad_attainment_misses_allowed", **OF) == 2
    assert board.metric("slad_attainment_misses_left", **OF) == 0
    board.time.pass_(minutes(1))  # a window ends before its last instant
    await _read(board)
    recent = {
        window: board.metric("slad_attainment_objective_recent", **OF, window=window, verdict="missed")
        for window in gauge.WINDOWS
    }
    assert recent == {"1h": 1, "6h": 2, "1d": 2, "3d": 2}
    clocks = {"contract": "acme", "metric": "resolution", "priority": "P1"}
    assert board.metric("slad_attainment_clocks", **clocks, verdict="missed") == 2


async def test_an_objective_that_is_gone_is_shown_no_more(board: BoardBench) -> None:
    board.rulebook = promising(WITHIN)
    await board.tell(*missed(1))
    await _read(board)
    assert board.registry.get_sample_value("slad_attainment_objective_target", OF) == 0.9
    board.rulebook = promising(replace(WITHIN, id="other", of=CountedUnit.CLOCKS))
    await _read(board)
    assert board.registry.get_sample_value("slad_attainment_objective_target", OF) is None
    assert board.metric("slad_attainment_objective_target", **(OF | {"objective": "other"})) == 0.9


async def test_contract_years_of_a_contract_without_a_first_day_are_passed_over(board: BoardBench) -> None:
    board.rulebook = promising(WITHIN, replace(WITHIN, id="year", period=PeriodKind.CONTRACT_YEAR))
    await board.tell(*met(1))
    await _read(board)
    assert board.metric("slad_attainment_objective_counted", **OF, verdict="met") == 1
    year = OF | {"objective": "year"}
    assert board.registry.get_sample_value("slad_attainment_objective_target", year) is None
    assert board.metric("slad_attainment_contracts_left_out") == 0
