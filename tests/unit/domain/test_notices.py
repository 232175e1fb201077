"""Notices: what an environment has gained, and how grave one severity is beside another."""

from __future__ import annotations

import itertools

import pytest

from sla_domain.contract import EnvironmentItem
from sla_domain.notice import environment_gained
from sla_domain.notice_terms import Cause, NoticeTerms, Severity, TermsReason


def item(product: str, *versions: str) -> EnvironmentItem:
    return EnvironmentItem(product=product, versions=versions)


@pytest.mark.parametrize(
    ("old", "new", "gained"),
    [
        ((), (item("shop", "4"),), ["shop"]),
        ((item("shop", "4"),), (item("shop", "4"), item("till")), ["till"]),
        ((item("shop", "4"),), (item("shop", "4", "5"),), ["shop"]),
        ((item("shop", "4"),), (item("shop"),), ["shop"]),  # its versions are no longer known
        ((item("shop"),), (item("shop", "4"),), []),  # any version was possible before
        ((item("shop", "4", "5"),), (item("shop", "5"),), []),
        ((item("Shop ", "4"),), (item("SHOP", "4"),), []),
        ((item("shop", "4"), item("till")), (), []),
    ],
)
def test_what_an_environment_has_gained(
    old: tuple[EnvironmentItem, ...], new: tuple[EnvironmentItem, ...], gained: list[str]
) -> None:
    assert [each.product for each in environment_gained(old, new)] == gained


def test_severities_are_in_one_order() -> None:
    words = list(Severity)
    assert [each.value for each in words] == ["critical", "high", "medium", "low"]
    for one, other in itertools.product(words, words):
        assert one.above(other) == (words.index(one) < words.index(other))


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("cause", [None, *Cause])
def test_terms_entitle_to_what_they_name_and_to_nothing_without_causes(severity: Severity, cause: Cause | None) -> None:
    assert NoticeTerms().judge(severity, cause) is TermsReason.ENTITLED
    assert not NoticeTerms(causes=frozenset()).judge(severity, cause).entitled
    one = NoticeTerms(causes=frozenset({Cause.OUTAGE}), severities=frozenset({Severity.HIGH}))
    assert one.judge(severity, cause).entitled == (severity is Severity.HIGH and cause in (None, Cause.OUTAGE))
