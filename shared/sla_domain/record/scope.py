"""Changes of the products that a contract's entitlements cover: so many in a term, and with notice (clause H4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from sla_domain.contract import Contract
from sla_domain.plan import written_name
from sla_domain.record.rules import RefusalCode, RefusedChange
from sla_domain.terms import ScopeRule

_Scope = tuple[frozenset[str], frozenset[str]]


def check_scope_change(
    versions: Sequence[Contract], after: Contract, rules: Mapping[str, ScopeRule], since: datetime, now: datetime
) -> None:
    """Raise RefusedChange if a new contract version breaks its plan's rule on changes of products.

    The rule limits how often an entitlement's products may change in a term, and at what notice. A new term begins when
    the entitlement's first day (a renewal) or plan changes; products may then be chosen freely.

    Args:
        versions: The earlier versions, in the order in which they take effect.
        after: The new version.
        rules: Plan name as written -> the plan's rule.
        since: When the new version takes effect.
        now: When the version is recorded.
    """
    for index, one in enumerate(after.bought):
        rule = rules.get(written_name(one.plan))
        if rule is None:
            continue
        line = [*_line(versions, after, index), one]
        scopes = [_scope(each) for each in line]
        if len(line) < 2 or scopes[-1] == scopes[-2]:
            continue
        place = f"contract/entitlements/{index}/products" if after.entitlements else "contract/products"
        changed = sum(before != next_ for before, next_ in pairwise(scopes))
        if rule.changes_per_term is not None and changed > rule.changes_per_term:
            raise RefusedChange(RefusalCode.SCOPE_CHANGES, _too_often(one, rule, changed), place)
        zone = ZoneInfo(after.zone)
        earliest = rule.notice.after(now.astimezone(zone).date())
        if since.astimezone(zone).date() < earliest:
            detail = f"{_said(one, rule)} with a notice of {rule.notice}: on {earliest} at the earliest"
            raise RefusedChange(RefusalCode.SCOPE_NOTICE, detail, place)


def _line(versions: Sequence[Contract], after: Contract, index: int) -> list[Contract]:
    """The same entitlement in the versions of this term: by its id, else the one of its plan that has lost its id."""
    one = after.bought[index]
    found: list[Contract] = []
    ids = [each.id for each in after.entitlements]
    for version in versions:
        named = {each.id: each.bought for each in version.entitlements} or {"": version}
        same = named.get(ids[index] if ids else "")
        left = [each for id_, each in named.items() if id_ not in ids]
        earlier = same or next((each for each in left if written_name(each.plan) == written_name(one.plan)), None)
        if earlier is None or written_name(earlier.plan) != written_name(one.plan):
            found = []
        elif earlier.valid_from == one.valid_from:
            found.append(earlier)
    return found


def _scope(contract: Contract) -> _Scope:
    return contract.normal_products, contract.normal_excluded


def _too_often(one: Contract, rule: ScopeRule, changed: int) -> str:
    term = "the term" if one.valid_from is None else f"the term from {one.valid_from}"
    return f"{_said(one, rule)} {rule.changes_per_term} time(s) in the term; this is change {changed} in {term}"


def _said(one: Contract, rule: ScopeRule) -> str:
    clause = f" ({rule.clause})" if rule.clause else ""
    return f"the plan {written_name(one.plan)} is bought per {rule.per.replace('_', ' ')}{clause}, which may change"
