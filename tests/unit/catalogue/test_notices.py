"""Which notices of critical fixes a plan entitles to: the key `notices`, and what the shipped plans say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, loaded, problems

from sla_catalogue import builtin_catalogue, load_text
from sla_domain.contract import ContractId
from sla_domain.notice import Affected, Notice, NoticeId, concerned_contracts, notice_terms
from sla_domain.notice_terms import Cause, NoticeTerms, Registration, Severity, TermsReason
from sla_domain.plan import PlanId

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def terms(plan: str) -> NoticeTerms:
    return builtin_catalogue().rulebook.plans[PlanId(plan)].notices


def notice(severity: Severity = Severity.CRITICAL, cause: Cause | None = Cause.SECURITY) -> Notice:
    return Notice(id=NoticeId("n"), severity=severity, cause=cause, affected=(Affected("Operations Bridge"),))


@pytest.mark.parametrize("cause", Cause)
def test_h15_critical_fixes_are_part_of_tam_esm_and_agsm_alone(cause: Cause) -> None:
    verdicts = {plan: terms(f"hpe-flexcare-{plan}").judge(Severity.CRITICAL, cause).entitled
                for plan in ("tam", "esm", "agsm", "nase", "suites")}  # fmt: skip
    assert verdicts == {"tam": True, "esm": True, "agsm": True, "nase": False, "suites": False}
    assert terms("hpe-enterprise-standard").judge(Severity.CRITICAL, cause) is TermsReason.NO_NOTICES


def test_h15_ordinary_fixes_are_watched_for_a_tam_alone() -> None:
    verdicts = {plan: terms(f"hpe-flexcare-{plan}").judge(Severity.MEDIUM, None) for plan in ("tam", "esm", "agsm")}
    assert verdicts == {
        "tam": TermsReason.ENTITLED, "esm": TermsReason.SEVERITY, "agsm": TermsReason.SEVERITY,
    }  # fmt: skip


def test_h15_of_two_contracts_with_the_product_only_the_entitled_one_is_concerned() -> None:
    """The Polish example has a NASE and the Taiwanese one an AGSM; both run Operations Bridge over the same base."""
    rulebook = builtin_catalogue().rulebook
    assert [one.id for one in concerned_contracts(notice(), rulebook, MONDAY)] == ["hpe-flexcare-tw"]
    poland = rulebook.contracts[ContractId("hpe-flexcare-pl")]
    assert notice_terms(notice(), poland, rulebook) is TermsReason.NO_NOTICES


def test_a_notice_without_a_cause_may_have_any() -> None:
    plan = NoticeTerms(causes=frozenset({Cause.SECURITY}))
    assert plan.judge(Severity.HIGH, None) is TermsReason.UNKNOWN_CAUSE
    assert plan.judge(Severity.HIGH, Cause.OUTAGE) is TermsReason.CAUSE


def test_i5_nobody_hears_without_registering() -> None:
    assert {terms(f"infor-{plan}").registration for plan in ("xtreme", "premium", "elite")} == {Registration.OPT_IN}


def test_a_plan_that_says_nothing_entitles_everybody_to_everything(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND)
    assert catalogue.rulebook.plans[PlanId("gold")].notices == NoticeTerms()


@pytest.mark.parametrize(("word", "instead"), [("registered", "opt_in"), ("entitled", "none")])
def test_a_word_of_older_releases_is_refused_in_a_file_and_read_in_a_stored_text(
    tmp_path: Path, word: str, instead: str
) -> None:
    text = changed("    priorities:", f"    notices: {word}\n    priorities:")
    (found,) = [one for one in problems(tmp_path, text) if one.code == "notices"]
    assert instead in found.hint
    now = loaded(tmp_path, changed("    priorities:", f"    notices: {{registration: {instead}}}\n    priorities:"))
    stored = now.text.replace(f'"notices":{{"registration":"{instead}"}}', f'"notices":"{word}"', 1)
    assert stored != now.text
    old = load_text(stored)
    assert old.rulebook.plans[PlanId("gold")].notices == now.rulebook.plans[PlanId("gold")].notices
    assert old.version != now.version, "what was stored keeps the version it was stored under"


@pytest.mark.parametrize("written", ["{causes: [fire]}", "{severities: [apocalyptic]}", "{registration: perhaps}"])
def test_a_word_outside_the_vocabulary_is_an_error(tmp_path: Path, written: str) -> None:
    assert problems(tmp_path, changed("    priorities:", f"    notices: {written}\n    priorities:"))
