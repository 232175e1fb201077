"""What a language must say on a support plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWords:
    """The fixed texts of a support plan in one language: headings, column names and short sentences.

    A field is mostly named by its English text (`holidays`: "Holidays"); some have places to fill in, such as `{day}`.
    Others: `language`: its tag, such as `pl`. `over`: names the base plan. `since`, `until`: first and last day of a
    period. `as_of`: the day on which the page was made. `link_...`: why a link does not open. `means`, `also`: meaning
    and further names of a priority. `applies`: heading of the conditions of a target; `always`: there are none.
    `made_of`: hours that combine other hours. `told`, `after`, `repeated`: who is notified of a breach, how soon, how
    often again. `notice`, `late`, `refused`: how long ahead hours must be booked, and what applies if it is later.
    `in_time`: value of `sla_domain.objective.CountedUnit` -> the promise, with its percentage. `credit_below`: a row of
    the table of service credits. `weekdays`: names of the days, Monday first. `periods`: value of
    `sla_domain.allowance.AllowancePeriod` -> its name.
    """

    language: str
    support_plan: str
    contract: str
    customers: str
    plan: str
    over: str
    valid: str
    since: str
    until: str
    zone: str
    languages: str
    products: str
    other_products: str
    not_covered: str
    channels: str
    as_of: str
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
    also: str
    targets: str
    metric: str
    time: str
    hours: str
    applies: str
    always: str
    warnings: str
    coverage: str
    around_the_clock: str
    closed: str
    made_of: str
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
    told: str
    repeated: str
    windows: str
    notice: str
    late: str
    refused: str
    per_year: str
    lasts: str
    booked: str
    start: str
    end: str
    surcharge: str
    allowances: str
    amount: str
    per: str
    expires: str
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
    periods: Mapping[str, str]
