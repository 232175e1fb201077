"""What sound parts get wrong together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, errors, loaded, problems

from sla_catalogue import load_text
from sla_domain.contract import ContractId, Side

ROW = "      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}\n"


def with_rows(*rows: str) -> str:
    return changed(ROW, "".join(f"      - {{metric: first_response, coverage: office, {row}}}\n" for row in rows))


# -- rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        ["time: 1h", "priority: P1, time: 2h"],
        ["priority: P1, time: 1h", "priority: P2, time: 2h", "priority: [P1, P2], time: 4h"],
        ["by_priority: {P1: 1h, P2: 2h}", "by_priority: {P1: 4h}"],
        ["priority: [P1, P2], time: 1h", "priority: P1, when: {product: X}, time: 2h", "time: 4h"],
        ["when: {product: [X, Y]}, time: 1h", "when: {product: X}, time: 2h", "time: 4h"],
        ["when: {product: {not: X}}, time: 1h", "when: {product: Y}, time: 2h", "time: 4h"],
        ["when: {product: Big Shop}, time: 1h", "when: {product: 'big  shop'}, time: 2h", "time: 4h"],
        ["when: {product: {not: X}}, time: 1h", "when: {product: {not: [X, Y]}}, time: 2h", "time: 4h"],
    ],
)
def test_a_row_that_never_matches_is_refused(tmp_path: Path, rows: list[str]) -> None:
    assert errors(tmp_path, with_rows(*rows)) == ["unreachable-row"]


@pytest.mark.parametrize(
    "rows",
    [
        ["priority: P1, time: 1h", "priority: P2, time: 2h", "time: 4h"],
        ["priority: P1, when: {product: X}, time: 1h", "priority: P1, time: 2h", "time: 4h"],
        ["when: {product: X}, time: 1h", "when: {product: [X, Y]}, time: 2h", "time: 4h"],
        ["when: {product: X}, time: 1h", "when: {product: {not: X}}, time: 2h", "time: 4h"],
        ["when: {product: {not: Shop}}, time: 1h", "when: {product: shop}, time: 2h", "time: 4h"],
        ["when: {type: X}, time: 1h", "when: {product: X}, time: 2h", "time: 4h"],
    ],
)
def test_rows_that_leave_something_to_each_other_are_fine(tmp_path: Path, rows: list[str]) -> None:
    assert codes(tmp_path, with_rows(*rows)) == []


def test_the_row_that_matched_before_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, with_rows("time: 1h", "priority: P1, time: 2h"))
    assert problem.line == 8
    assert "catalogue.yaml:7:9 matched before" in problem.message


def test_a_child_may_replace_all_rows_of_its_parent(tmp_path: Path) -> None:
    child = "  silver:\n    extends: gold\n    targets:\n      - {metric: first_response, coverage: office, time: 1h}\n"
    assert codes(tmp_path, changed("contracts:\n", child + "contracts:\n")) == []


def test_a_priority_without_a_row_is_seen(tmp_path: Path) -> None:
    assert codes(tmp_path, with_rows("priority: P1, time: 1h")) == ["gap"]
    assert codes(tmp_path, with_rows("by_priority: {P1: 1h}", "priority: P2, when: {product: X}, time: 1h")) == ["gap"]


# -- numbers that are missing -----------------------------------------------------------------------------


def test_a_contract_that_uses_a_target_without_a_number_is_told_which(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, with_rows("by_priority: {P1: 1h, P2: unspecified}, clause: X9"))
    assert problem.code == "unspecified-target"
    assert "acme uses first_response for P2 (X9)" in problem.message
    assert "leaves_unspecified: [first_response]" in problem.hint


@pytest.mark.parametrize(
    "supplied",
    [
        "leaves_unspecified: [first_response]",
        "targets: [{metric: first_response, coverage: office, priority: P2, time: 8h}]",
        "targets: [{metric: first_response, coverage: office, time: 8h}]",
    ],
)
def test_the_contract_supplies_the_number_or_leaves_it_open(tmp_path: Path, supplied: str) -> None:
    text = with_rows("by_priority: {P1: 1h, P2: unspecified}")
    assert codes(tmp_path, changed("country: PL", f"country: PL\n    {supplied}", text)) == []


def test_a_number_for_some_incidents_only_is_not_enough(tmp_path: Path) -> None:
    text = with_rows("by_priority: {P1: 1h, P2: unspecified}")
    some = "targets: [{metric: first_response, coverage: office, priority: P2, when: {product: X}, time: 8h}]"
    assert codes(tmp_path, changed("country: PL", f"country: PL\n    {some}", text)) == ["unspecified-target"]


OVER_A_BASE = """\
coverages: {office: {hours: {mon-fri: "09:00-17:00"}}}
plans:
  base:
    priorities: [{id: P1}, {id: P2}]
    targets: [{metric: first_response, coverage: office, time: unspecified}]
    escalation: none
  over:
    requires_base: base
    priorities: [{id: P1}, {id: P2}]
    targets: [{metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 2h}}]
contracts:
  acme: {customers: [Acme], plan: over, base_plan: base, zone: UTC, SCOPE, ROWS,
         people: {anna: {name: Anna, email: anna@example.com}}, roles: {on_call: [anna]}}
"""
OUT = "{metric: first_response, coverage: office, when: {scope: out}, time: 8h}"
EXCLUDED = "{metric: first_response, coverage: office, when: {scope: excluded}, time: 8h}"
NOT_IN = "{metric: first_response, coverage: office, when: {scope: {not: in}}, time: 8h}"
THIS = "{metric: first_response, coverage: office, when: {contract: acme, base_plan: base, plan: over}, time: 8h}"
PRODUCT = "{metric: first_response, coverage: office, when: {scope: excluded, product: idol}, time: 8h}"
BARE = "{metric: first_response, coverage: office, when: {product: IDOL}, time: 8h}"
NONE = "{metric: first_response, coverage: office, when: {scope: out}, time: unspecified}"
NO_SCOPE = "{metric: first_response, coverage: office, when: {product: Vertica}, time: unspecified}"
ANOTHER = "{metric: first_response, coverage: office, when: {contract: beta}, time: 8h}"
EITHER = "{metric: first_response, coverage: office, when: {scope: [out, excluded]}, time: 8h}"


@pytest.mark.parametrize(
    ("scope", "rows", "found"),
    [
        ("products: [Vertica]", OUT, []),
        ("products: [Vertica]", NOT_IN, []),
        ("products: [Vertica]", EXCLUDED, ["unspecified-target"]),
        ("excluded_products: [IDOL]", EXCLUDED, []),
        ("excluded_products: [IDOL]", OUT, ["unspecified-target"]),
        ("products: [Vertica], excluded_products: [IDOL]", OUT, ["unspecified-target"]),
        ("products: [Vertica], excluded_products: [IDOL]", f"{OUT}, {EXCLUDED}", []),
        ("products: [Vertica], excluded_products: [IDOL]", EITHER, []),
        ("products: [Vertica], excluded_products: [IDOL]", NOT_IN, []),
        ("products: [Vertica]", THIS, []),
        ("products: [Vertica]", ANOTHER, ["unspecified-target"]),
        # the products of a scope are known
        ("excluded_products: [IDOL]", PRODUCT, []),
        ("excluded_products: [IDOL]", BARE, []),
        ("excluded_products: [IDOL, Tamr]", PRODUCT, ["unspecified-target"]),
        ("products: [Vertica]", BARE, ["unspecified-target"]),
        # nor may a row of the contract's own have no number
        ("products: [Vertica]", NONE, ["unspecified-target"]),
        ("products: [Vertica], leaves_unspecified: [first_response]", NONE, []),
        ("products: [Vertica]", f"{OUT}, {NO_SCOPE}", ["unspecified-target"]),
        ("country: PL", OUT, []),  # every product is in scope: the base plan's rows are never asked
    ],
)
def test_the_numbers_of_the_base_plan_may_be_given_for_its_scope_alone(
    tmp_path: Path, scope: str, rows: str, found: list[str]
) -> None:
    """clause H4: the base plan's rows apply to products out of scope, and to no others."""
    text = OVER_A_BASE.replace("SCOPE", scope).replace("ROWS", f"targets: [{rows}]")
    assert errors(tmp_path, text) == found


def test_a_child_that_gives_the_number_is_enough(tmp_path: Path) -> None:
    text = with_rows("time: unspecified")
    child = "  silver:\n    extends: gold\n    targets:\n      - {metric: first_response, coverage: office, time: 1h}\n"
    text = changed("contracts:\n", child + "contracts:\n", text)
    assert codes(tmp_path, changed("plan: gold", "plan: silver", text)) == []


def test_hours_that_nobody_gives_cannot_be_counted_in(tmp_path: Path) -> None:
    text = changed('{mon-fri: "09:00-17:00"}', "unspecified")
    assert codes(tmp_path, text) == ["unspecified-hours"]
    own = 'country: PL\n    coverages: {office: {hours: {mon-fri: "10:00-18:00"}, holidays: contract}}'
    assert codes(tmp_path, changed("country: PL", own, text)) == []


# -- metrics ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "code"),
    [
        ("{start: [opened], stop: [opened, resolved]}", "trap-stop-covers-start"),
        ("{start: [{event: responded, by: staff}], stop: [responded]}", "trap-stop-covers-start"),
        # a word of a bot fires only what names bots
        ("{start: [{event: responded, by: bot}], stop: [responded]}", None),
        ("{start: [{event: responded, by: bot}], stop: [{event: responded, by: [bot]}]}", "trap-stop-covers-start"),
        ("{start: [responded], stop: [{event: responded, by: [staff, customer, unknown]}]}", "trap-stop-covers-start"),
        ("{start: [opened, waiting], stop: [closed], pause: [waiting], resume: [resumed]}", "trap-pause-within-start"),
        ("{start: [opened], stop: [resolved, waiting], pause: [waiting], resume: [resumed]}", "trap-pause-never"),
        ("{start: [opened], stop: [closed], reset: [waiting], pause: [waiting], resume: [closed]}", "trap-pause-never"),
        ("{start: [opened], stop: [resolved], pause: [waiting]}", "never-resumes"),
        ("{start: [opened], stop: [resolved], pause: [waiting], resume: [waiting]}", "resume-never"),
        ("{stop: [resolved]}", "never-starts"),
        ("{start: [opened]}", "never-stops"),
        ("{start: [opend], stop: [resolved]}", "unknown-event"),
        ("{start: [{event: opened, by: robot}], stop: [resolved]}", "unknown-actor"),
        ("{like: resolutoin}", "unknown-metric"),
        ("{like: update, until: workaroud}", "unknown-metric"),
        ("{like: update, after: first_respons}", "unknown-metric"),
        ("{like: update, until: resolution, after: none}", None),
        ("{like: update, after: mine}", "never-starts"),
        ("{like: first_response, pause: [waiting], resume: [resumed]}", None),
        ("{start: [opened], stop: [{event: responded, by: staff}, resolved]}", None),
        ("{start: [updated], stop: [updated, resolved], after: first_response}", None),
        ("{start: [opened, responded], stop: [responded]}", None),
        ("{start: [opened], stop: [{event: waiting, waiting_on: vendor}], "
         "pause: [{event: waiting, waiting_on: customer}], resume: [resumed]}", None),
    ],
)  # fmt: skip
def test_conditions_that_shadow_each_other(tmp_path: Path, metric: str, code: str | None) -> None:
    text = changed("priorities:", f"metrics: {{mine: {metric}}}\n    priorities:")
    found = [each for each in errors(tmp_path, text) if code is None or each == code]
    assert found == ([] if code is None else [code])


def test_a_metric_of_the_catalogue_is_checked_where_it_stands(tmp_path: Path) -> None:
    text = SOUND + "metrics:\n  mine: {start: [opened], stop: [opened]}\n"
    text = changed("P2: 4h}}\n", "P2: 4h}}\n      - {metric: mine, coverage: office, time: 1h}\n", text)
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.line) == ("trap-stop-covers-start", 19)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("mine: {start: [opened], stop: [resolved]}", ["unused-metric"]),
        ("resolution: {pause: [waiting], resume: [resumed]}", ["unused-metric"]),
        ("mine: {start: [opend], stop: [resolved]}", ["never-starts", "unknown-event", "unused-metric"]),
        ("mine: {start: [{event: opened, by: nobody}], stop: [closed]}", ["unknown-actor", "unused-metric"]),
        ("mine: {like: resolutio}", ["never-starts", "never-stops", "unknown-metric", "unused-metric"]),
        ("mine: {like: resolution, until: nothing}", ["unknown-metric", "unused-metric"]),
        ("mine: {start: [opened]}", ["never-stops", "unused-metric"]),
        ("mine: {like: update, after: mine}", ["never-starts", "unused-metric"]),
        ("a: {like: b}, b: {like: a}", ["cycle", "never-starts", "never-stops", "unused-metric"]),
    ],
)
def test_a_metric_that_no_plan_times_is_checked_and_named(tmp_path: Path, metric: str, expected: list[str]) -> None:
    found = problems(tmp_path, f"{SOUND}metrics: {{{metric}}}\n")
    assert sorted({each.code for each in found}) == expected


def test_what_a_target_a_contract_or_another_metric_uses_is_no_unused_metric(tmp_path: Path) -> None:
    own = "targets: [{metric: mine, coverage: office, time: 2h}]"
    text = changed("country: PL", f"country: PL\n    {own}")
    text += "metrics: {mine: {like: part, stop: [assigned]}, part: {like: half}, half: {start: [opened]}}\n"
    assert problems(tmp_path, text) == []


def test_a_stored_catalogue_with_an_unused_metric_that_cannot_be_built_stays_readable(tmp_path: Path) -> None:
    sound = f"{SOUND}metrics: {{mine: {{start: [opened], stop: [resolved]}}}}\n"
    stored = loaded(tmp_path, sound).text
    assert load_text(stored.replace('"resolved"', '"resolvd"')).settings is not None


def test_a_misspelt_metric_to_wait_for_gets_a_suggestion(tmp_path: Path) -> None:
    text = changed("priorities:", "metrics: {update: {until: workaroud}}\n    priorities:")
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.line) == ("unknown-metric", 5)
    assert (problem.message, problem.hint) == ("no metric is called 'workaroud'", "did you mean 'workaround'?")


def test_metrics_that_wait_for_each_other_never_start(tmp_path: Path) -> None:
    around = "metrics: {update: {after: next_response}, next_response: {after: update}}"
    assert set(errors(tmp_path, changed("priorities:", f"{around}\n    priorities:"))) == {"never-starts"}


# -- channels ---------------------------------------------------------------------------------------------


def test_an_urgent_channel_must_be_one_of_the_plans(tmp_path: Path) -> None:
    text = changed("priorities:", "channels: [email, phone]\n    urgent_channels: [phon]\n    priorities:")
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.line, problem.hint) == ("urgent-channel", 6, "did you mean 'phone'?")
    assert problem.message == "the urgent channel 'phon' is none of the plan's channels"
    assert codes(tmp_path, changed("priorities:", "urgent_channels: [phone]\n    priorities:")) == []


def test_a_child_without_the_urgent_channel_of_its_parent_is_told_once(tmp_path: Path) -> None:
    text = changed("priorities:", "channels: [email, phone]\n    urgent_channels: [phone]\n    priorities:")
    children = "  silver: {extends: gold, channels: [email]}\n  bronze: {extends: silver}\n"
    (problem,) = problems(tmp_path, changed("contracts:\n", children + "contracts:\n", text))
    assert (problem.code, problem.line) == ("urgent-channel", 11)


def test_a_misspelt_key_is_told_like_any_other(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, changed("priorities:", "urgent_chanels: [phone]\n    priorities:"))
    assert (problem.code, problem.hint) == ("unknown-key", "did you mean 'urgent_channels'?")


# -- contracts --------------------------------------------------------------------------------------------

BASES = """\
  base: {sold: {to: 2017-02-01}, priorities: [{id: P1}, {id: P2}], targets: [{metric: first_response, coverage: office, time: 8h}], escalation: none}
  later: {sold: {from: 2020-01-01}, extends: base}
  extra: {requires_base: [base, later], priorities: [{id: P1}, {id: P2}],
          targets: [{metric: first_response, coverage: office, priority: P1, time: 1h}]}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("plan: extra\n    base_plan: base\n    valid: {from: 2016-05-01}", None),
        ("plan: extra\n    base_plan: base\n    valid: {from: 2017-02-01}", "not-on-sale"),
        ("plan: extra\n    base_plan: base", "not-on-sale"),
        ("plan: base\n    valid: {from: 2018-01-01}", "not-on-sale"),
        ("plan: later\n    valid: {from: 2019-12-31}", "not-on-sale"),
        ("plan: extra\n    valid: {from: 2016-05-01}", "base-plan"),
        ("plan: extra\n    base_plan: gold\n    valid: {from: 2016-05-01}", "base-plan"),
        ("plan: extra\n    base_plan: bass\n    valid: {from: 2016-05-01}", "unknown-plan"),
        ("plan: gold\n    valid: {from: 2026-05-01, to: 2026-05-01}", "validity"),
        ("plan: gold\n    valid: {from: 2026-05-01, to: 2090-01-01}", "horizon"),
    ],
)
def test_base_plans_and_dates_of_sale(tmp_path: Path, plan: str, code: str | None) -> None:
    text = changed("contracts:\n", BASES + "contracts:\n")
    assert errors(tmp_path, changed("plan: gold", plan, text)) == ([] if code is None else [code])


def test_the_reason_for_a_refused_base_is_given(tmp_path: Path) -> None:
    text = changed("contracts:\n", BASES + "contracts:\n")
    text = changed("plan: gold", "plan: extra\n    base_plan: base\n    valid: {from: 2018-01-01}", text)
    (problem,) = problems(tmp_path, text)
    assert problem.message == "the plan base was withdrawn from sale on 2017-02-01, the contract begins on 2018-01-01"


@pytest.mark.parametrize(
    ("holders", "found"), [("[anna]", []), ("[anna, ben]", ["sole-role"]), ("[{rota: week}]", ["sole-role"])]
)
def test_a_role_through_which_the_customer_reports_has_one_holder(
    tmp_path: Path, holders: str, found: list[str]
) -> None:
    text = changed("    escalation: none\n", "    escalation: none\n    roles: [{id: buyer, sole: true}]\n")
    text = changed("roles: {on_call: [anna]}", f"roles: {{on_call: [ops], buyer: {holders}}}", text)
    people = "".join(f"{id_}: {{name: {id_}, email: {id_}@example.com}}, " for id_ in ("anna", "ben", "ops"))
    text = changed("people: {anna: {name: Anna, email: anna@example.com}}", f"people: {{{people}}}", text)
    rota = "rotas: {week: {zone: UTC, people: [cas], starts: 2026-10-05}}\n"
    text += f"people: {{cas: {{name: Cas, email: cas@example.com}}}}\n{rota}"
    assert errors(tmp_path, text) == found
    if not found:
        acme = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")]
        assert (acme.people["anna"].side, acme.people["ops"].side) == (Side.CUSTOMER, Side.SUPPORT)


def test_a_role_of_the_support_is_nobody_through_whom_the_customer_reports(tmp_path: Path) -> None:
    text = changed(
        "    escalation: none\n", "    escalation: none\n    roles: [{id: buyer, sole: true, side: support}]\n"
    )
    assert [problem.line for problem in problems(tmp_path, text)] == [9]


SECOND = """\
  other:
    {default}
    customers: [{name}]
    plan: gold
    zone: Europe/Warsaw
    country: PL
    valid: {valid}
    people: {{ola: {{name: Ola, email: ola@example.com}}}}
    roles: {{on_call: [ola]}}
"""


@pytest.mark.parametrize(
    ("default", "name", "valid", "found"),
    [
        ("default: true", "Other", "{}", []),
        ("default: false", "Other", "{}", ["default-contract"]),
        ("default: true", "Acme", "{}", ["duplicate-customer"]),
        ("default: true", "Acme", "{from: 2027-01-01}", []),
        ("default: true", "Acme", "{from: 2026-12-31}", ["duplicate-customer"]),
    ],
)
def test_one_contract_per_customer_at_a_time_and_one_by_default(
    tmp_path: Path, default: str, name: str, valid: str, found: list[str]
) -> None:
    text = changed("country: PL", "country: PL\n    valid: {to: 2027-01-01}") if "from" in valid else SOUND
    assert codes(tmp_path, text + SECOND.format(default=default, name=name, valid=valid)) == found


def test_the_default_contract_may_be_named_in_the_settings(tmp_path: Path) -> None:
    text = SOUND + SECOND.format(default="title: Other", name="Other", valid="{}")
    assert codes(tmp_path, text + "settings: {default_contract: other}\n") == []
    assert codes(tmp_path, text + "settings: {default_contract: othr}\n") == ["unknown-contract"]


def test_two_default_contracts_are_one_too_many(tmp_path: Path) -> None:
    text = SOUND + SECOND.format(default="default: true", name="Other", valid="{}")
    assert (
        codes(tmp_path, changed("    plan: gold\n    zone", "    default: true\n    plan: gold\n    zone", SOUND)) == []
    )
    text = text.replace("customers: [Acme]", "customers: [Acme]\n    default: true")
    assert codes(tmp_path, text) == ["default-contract"]


def test_nobody_to_tell_is_a_warning(tmp_path: Path) -> None:
    nobody = changed("    people: {anna: {name: Anna, email: anna@example.com}}\n    roles: {on_call: [anna]}\n", "")
    assert codes(tmp_path, nobody) == ["no-people"]
    assert codes(tmp_path, changed("name: Anna, email: anna@example.com", "name: Anna")) == ["no-address"]
    assert codes(tmp_path, changed("priorities:", "roles: [lead]\n    priorities:")) == ["role-unheld"]


@pytest.mark.parametrize("order", [("gold", "silver"), ("silver", "gold")])
def test_of_several_plans_one_that_promises_a_role_makes_it_owed(tmp_path: Path, order: tuple[str, str]) -> None:
    silver = """\
  silver:
    priorities: [{id: P1}, {id: P2}]
    targets: [{metric: first_response, coverage: office, time: 2h}]
    roles: [{id: lead, optional: true}]
    escalation: none
contracts:
"""
    text = changed("contracts:\n", silver, changed("priorities:", "roles: [lead]\n    priorities:"))
    bought = ", ".join(f"{{id: {plan}, plan: {plan}, products: [{plan}]}}" for plan in order)
    assert codes(tmp_path, changed("    plan: gold\n", f"    entitlements: [{bought}]\n", text)) == ["role-unheld"]


def test_a_calendar_that_closings_swallow_is_refused(tmp_path: Path) -> None:
    closed = "holidays: contract, closings: [{from: '2000-01-01T00:00', to: '2060-01-01T00:00'}]"
    assert codes(tmp_path, changed("holidays: contract", closed)) == ["empty-calendar"]


def test_a_minute_lost_before_midnight_is_a_warning(tmp_path: Path) -> None:
    assert codes(tmp_path, changed('{mon-fri: "09:00-17:00"}', '{daily: "00:00-23:59"}')) == ["sliver"]


@pytest.mark.parametrize(
    "span",
    ["{from: '2026-12-31T14:00', to: '2026-12-31T12:00'}", "{from: '2026-12-31', to: '2027-01-01'}",
     "{from: '2026-02-30T10:00', to: '2026-03-01T10:00'}"],
)  # fmt: skip
def test_a_span_that_cannot_be_is_refused(tmp_path: Path, span: str) -> None:
    assert len(errors(tmp_path, changed("holidays: contract", f"holidays: contract, closings: [{span}]"))) >= 1
