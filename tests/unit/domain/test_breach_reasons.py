"""The reasons of breaches: which are accepted, and which breaches keep a period from being frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sla_domain.breach_reason import (
    DEFAULT_CODES,
    LONGEST_CODE,
    NO_RULES,
    BreachReasons,
    BreachRecord,
    ReasonCode,
    ReasonRefusal,
    lacking_reasons,
)
from sla_domain.explain.language import LANGUAGES

STRICT = BreachReasons((ReasonCode("busy", {"en": "Busy", "pl": "Zajęci"}),), required_before_freeze=True)
BREACH = BreachRecord(
    clock="c", incident="i", contract="acme", plan="strict", metric="resolution",
    breached_at=datetime(2026, 11, 16, tzinfo=UTC),
)  # fmt: skip


def test_only_what_counts_and_has_no_reason_under_a_plan_that_requires_one_is_lacking() -> None:
    breaches = [BREACH, replace(BREACH, code="busy"), replace(BREACH, exempt=True), replace(BREACH, plan="gold")]
    rules = {"strict": STRICT, "gold": NO_RULES}
    assert lacking_reasons(breaches, rules.__getitem__) == (BREACH,)


@pytest.mark.parametrize(
    ("code", "text", "refused"),
    [
        ("overlooked", "", None),
        ("other", "a fire", None),
        ("other", "  ", ReasonRefusal.NEEDS_TEXT),
        ("busy", "", ReasonRefusal.UNKNOWN_CODE),
        ("", "a fire", ReasonRefusal.UNKNOWN_CODE),
    ],
)
def test_a_reason_is_one_of_the_plans_and_says_enough(code: str, text: str, refused: ReasonRefusal | None) -> None:
    assert NO_RULES.refusal(code, text) is refused


def test_the_codes_that_slad_offers_speak_every_language_differently() -> None:
    for code in DEFAULT_CODES:
        assert code.titles.keys() == LANGUAGES.keys()
        assert len(set(code.titles.values())) == len(LANGUAGES), code
        assert 0 < len(code.id) <= LONGEST_CODE
    assert len({code.id for code in DEFAULT_CODES}) == len(DEFAULT_CODES)


def test_a_title_in_another_language_is_the_english_one_and_without_any_the_code() -> None:
    (busy,) = STRICT.codes
    assert (busy.title("pl"), busy.title("de"), ReasonCode("x", {}).title("pl")) == ("Zajęci", "Busy", "x")
