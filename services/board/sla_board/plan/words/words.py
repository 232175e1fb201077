"""What a language must say on a support plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWords:
    """The fixed texts of a support plan in one language: headings, column names and short sentences.

    Most fields have the name of their English text (`holidays`: "Holidays"). Fields with names `link_...` say why a
    link does not open. Some texts have places to fill in, such as `{day}`.
    """

    language: str
    """The language tag, such as `pl`."""
    support_plan: str
    contract: str
    customers: str
    plan: str
    over: str
    """The words that name the base plan."""
    valid: str
    since: str
    """The words for the first day of a period."""
    until: str
    """The words for the last day of a period."""
    zone: str
    languages: str
    products: str
    other_products: str
    not_covered: str
    channels: str
    as_of: str
    """The words for the day on which the page was made."""
    print_it: str
    download_pdf: str
    link_closed: str
    link_cut: str
    link_unknown: str
    link_expired: str
    link_revoked: str
    link_ask_again: str
    objectives: str
    objective: str
    entitlement: str
    credits: str
    credit_below: str
    in_time: Mapping[str, str]
    priorities: str
    priority: str
    means: str
    """The heading for the meaning of a priority."""
    also: str
    """The words for further names of a priority."""
    targets: str
    metric: str
    time: str
    hours: str
    applies: str
    """The heading of a target's conditions."""
    always: str
    """The text in place of conditions, for a target without conditions."""
    warnings: str
    coverage: str
    around_the_clock: str
    closed: str
    made_of: str
    """The words for hours that combine other hours."""
    holidays: str
    holidays_of: str
    date: str
    name: str
    people: str
    role: str
    held_by: str
    rota: str
    outside: str
    nobody: str
    person: str
    speaks: str
    escalation: str
    after: str
    """The heading for how soon people are notified of a breach."""
    told: str
    """The heading for who is notified of a breach."""
    repeated: str
    """The words for how often people are notified again."""
    windows: str
    notice: str
    """The heading for how early hours must be booked."""
    late: str
    """The heading for what applies to a later booking."""
    refused: str
    """The word for a later booking that is refused."""
    per_year: str
    lasts: str
    weekday: str
    """The heading for the weekdays of hours that can be booked."""
    on_duty: str
    """The heading for who is on duty in booked hours."""
    price: str
    booked: str
    start: str
    end: str
    surcharge: str
    allowances: str
    amount: str
    per: str
    expires: str
    balances: str
    left: str
    """The heading for what is left of an allowance."""
    reserved: str
    used: str
    deliverables: str
    state: str
    """The heading for what has become of a deliverable."""
    done: str
    planned: str
    to_come: str
    """The words for deliverables without a day."""
    reviews: str
    next_days: str
    """The heading for the days of the next reports."""
    report_kinds: Mapping[str, str]
    """Maps a value of `sla_domain.report_schedule.ReportKind` to its name."""
    environment: str
    product: str
    versions: str
    facts: str
    note: str
    clause: str
    days: str
    is_one_of: str
    is_none_of: str
    weekdays: tuple[str, ...]
    """Names of the days, Monday first."""
    periods: Mapping[str, str]
    """Maps a value of `sla_domain.allowance.AllowancePeriod` to its name."""
