"""One rule for every validity: the first day counts, the day after the last does not, in the contract's own zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract, plan, rulebook

from sla_board.schedule.upcoming import coming_reports, next_report
from sla_domain.contract import Contract, ContractEntitlement, VendorContract, day_within
from sla_domain.fold.entitlement_choice import passed_over
from sla_domain.incident import PassedReason
from sla_domain.objective import PeriodKind
from sla_domain.report_schedule import ReportKind, ReportSchedule
from sla_domain.rulebook import in_force

FIRST, END = date(2026, 11, 1), date(2026, 12, 1)
DAY = timedelta(days=1)
DAYS = st.none() | st.dates(FIRST - 40 * DAY, END + 40 * DAY)


def valid(day: date, first: date | None, end: date | None) -> set[bool]:
    """What each place that judges a validity says of a day, at both ends of it."""
    bound = {"valid_from": first, "valid_to": end}
    whole = replace(contract(), zone="Pacific/Auckland", **bound)  # type: ignore[arg-type]
    one = ContractEntitlement(id="a", bought=contract(), **bound)  # type: ignore[arg-type]
    several = replace(contract(), zone="Pacific/Auckland", entitlements=(one,))
    instants = [datetime.combine(day, at, ZoneInfo("Pacific/Auckland")) for at in (time.min, time.max)]
    dated = {PassedReason.BEGINS, PassedReason.ENDED}
    return {
        day_within(day, first, end),
        VendorContract(vendor="v", **bound).valid_on(day),  # type: ignore[arg-type]
        one.valid_on(day),
        *(in_force(whole, at.astimezone(UTC)) for at in instants),
        *(not {each.reason for each in passed_over(several, {}, at.astimezone(UTC))} & dated for at in instants),
    }


@pytest.mark.parametrize(
    ("day", "said"), [(FIRST - DAY, False), (FIRST, True), (END - DAY, True), (END, False), (END + DAY, False)]
)
def test_the_first_day_counts_and_the_day_after_the_last_does_not(day: date, said: bool) -> None:
    assert valid(day, FIRST, END) == {said}


@given(st.dates(FIRST - 50 * DAY, END + 50 * DAY), DAYS, DAYS)
def test_all_that_judge_a_validity_say_the_same_of_a_day(day: date, first: date | None, end: date | None) -> None:
    assert len(valid(day, first, end)) == 1


@pytest.mark.parametrize(("end", "goes_on"), [(FIRST, False), (FIRST + DAY, True), (None, True)])
def test_a_report_is_scheduled_while_its_period_begins_before_the_end(end: date | None, goes_on: bool) -> None:
    """November's report of a contract that ends on the first of November is none, on the second it is one."""
    bought: Contract = replace(contract(), valid_to=end)
    schedule = ReportSchedule(
        id="monthly", kind=ReportKind.REVIEW, period=PeriodKind.MONTH, working_days=1, at=time(9), coverage="", tell=()
    )
    now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    rules = rulebook(plan(), bought)
    assert (next_report(rules, bought, schedule, None, now) is not None) is goes_on
    coming = coming_reports(rules, bought, schedule, None, now, 2)
    assert len(coming) == (2 if end is None else int(goes_on))
