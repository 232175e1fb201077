"""Where and when a clock and a request count."""

from __future__ import annotations

from datetime import UTC, datetime

from sla_domain.attainment import JudgedClock, JudgedRequest, PromiseVerdict, contract_then, judge_request
from sla_domain.contract import ContractId
from sla_domain.incident import ContractPeriod

MET, MISSED, OPEN, NONE = PromiseVerdict.MET, PromiseVerdict.MISSED, PromiseVerdict.OPEN, PromiseVerdict.NONE


def on(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


def clock(
    id_: str, verdict: PromiseVerdict, day: int | None = None, *, contract: str = "acme", exempt: str = ""
) -> JudgedClock:
    """A clock decided on a day, or due on it while it is open."""
    at = None if day is None else on(day)
    return JudgedClock(
        id=id_,
        incident="I",
        metric=id_.split("/")[0],
        cycle=1,
        verdict=verdict,
        at=at if verdict.decided else None,
        due_at=at if verdict is OPEN else None,
        contract=contract,
        priority="P1",
        exempt=exempt,
    )


def judged(*clocks: JudgedClock, ended: bool = True) -> JudgedRequest | None:
    """Judge in both orders: the order in which the clocks are known says nothing."""
    found = judge_request(clocks, ended)
    assert judge_request(clocks[::-1], ended) == found
    return found


def test_a_request_is_missed_where_and_when_its_first_clock_was() -> None:
    found = judged(clock("response", MISSED, 3, contract="first"), clock("resolution", MISSED, 9), ended=False)
    assert found is not None
    assert (found.verdict, found.at, found.metric, found.contract) == (MISSED, on(3), "response", "first")


def test_a_miss_outweighs_what_is_met_or_open() -> None:
    found = judged(clock("response", MET, 1), clock("resolution", MISSED, 9), clock("workaround", OPEN, 2))
    assert found is not None
    assert (found.verdict, found.metric) == (MISSED, "resolution")


def test_a_request_is_met_at_its_last_stop_once_work_has_ended() -> None:
    clocks = clock("response", MET, 1), clock("resolution", MET, 9)
    found = judged(*clocks)
    assert found is not None
    assert (found.verdict, found.at, found.metric) == (MET, on(9), "resolution")
    waiting = judged(*clocks, ended=False)
    assert waiting is not None
    assert (waiting.verdict, waiting.at, waiting.due_at) == (OPEN, None, None), "another clock may start"


def test_an_open_request_is_due_with_the_first_of_its_open_clocks() -> None:
    found = judged(clock("response", MET, 1), clock("a", OPEN), clock("b", OPEN, 9), clock("c", OPEN, 5))
    assert found is not None
    assert (found.verdict, found.due_at, found.metric) == (OPEN, on(5), "c")


def test_cancelled_clocks_say_nothing() -> None:
    assert judged(clock("response", NONE), clock("resolution", NONE)) is None
    assert judged() is None
    found = judged(clock("response", NONE), clock("resolution", MET, 2))
    assert found is not None
    assert found.verdict is MET


def test_exempt_clocks_count_only_as_exempt_and_only_alone() -> None:
    exempt = clock("response", MISSED, 1, exempt="strike")
    found = judged(exempt, clock("resolution", MET, 2))
    assert found is not None
    assert (found.verdict, found.exempt) == (MET, "")
    alone = judged(exempt, clock("resolution", NONE))
    assert alone is not None
    assert (alone.verdict, alone.exempt) == (MISSED, "strike")


def period(contract: str, day: int, *, named: bool = True) -> ContractPeriod:
    return ContractPeriod(ContractId(contract), contract, on(day), f"e{day}", named)  # type: ignore[arg-type]


def test_a_promise_belongs_to_the_contract_of_its_instant() -> None:
    periods = [period("first", 1), period("second", 10)]
    assert contract_then(periods, on(9)) == "first"
    assert contract_then(periods, on(10)) == "second"
    assert contract_then([], on(1)) is None


def test_the_time_before_the_customers_own_contract_belongs_to_it() -> None:
    """The default contract only stood in for it."""
    assert contract_then([period("default", 1, named=False), period("own", 10)], on(5)) == "own"
    assert contract_then([period("default", 1, named=False)], on(5)) == "default"
    assert contract_then([period("own", 1), period("default", 10, named=False)], on(12)) == "default"
