"""A plan's terms: what it asks of contracts under it, and what it does not cover."""

from __future__ import annotations

from types import MappingProxyType

from sla_catalogue.document.entitlement import UnavailableDocument
from sla_catalogue.document.plan import PlanDocument
from sla_domain.normal import normal
from sla_domain.terms import PlanTerms, ScopeRule, UncoveredRequest


def build_terms(document: PlanDocument) -> PlanTerms:
    """Build the terms of a plan from its document: its demands on contracts, and the requests that it does not cover.

    Names of coverages are not checked here.
    """
    unavailable, scope = document.not_available_for or UnavailableDocument(), document.scope
    return PlanTerms(
        minimum_term=document.minimum_term,
        all_products=bool(document.all_products),
        unavailable_products=frozenset(unavailable.products),
        unavailable_countries=frozenset(unavailable.countries),
        unavailable_clause=unavailable.clause,
        scope=None
        if scope is None
        else ScopeRule(
            per=scope.per, changes_per_term=scope.changes_per_term, notice=scope.notice, clause=scope.clause
        ),
        not_covered=tuple(
            UncoveredRequest(
                types=tuple(each.type),
                advice=MappingProxyType(dict(each.advice)),
                clocks=each.clocks,
                clause=each.clause,
            )
            for each in document.not_covered or ()
        ),
        channel_hours=MappingProxyType(
            {normal(each.channel): each.coverage for each in document.channels if each.coverage is not None}
        ),
    )
