"""`contracts` → who bought what, where, with whom to notify; each with the plan it really runs under.

A contract with a base plan runs under its plan laid over that base, one with hours of its own, or with targets for a
metric that its plan does not time, under its plan with those; such plans have ids of their own
(`hpe-flexcare+hpe-enterprise-standard`, `gold@acme`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sla_catalogue.assembly.allowance import contract_allowances
from sla_catalogue.assembly.draft import PlanDraft, lay_over
from sla_catalogue.assembly.notices import build_registration_domains
from sla_catalogue.assembly.objective import build_objectives, changed_objectives
from sla_catalogue.assembly.person import build_person, check_quiet, weekly_calendar
from sla_catalogue.assembly.plan import NO_COVERAGES, BuiltPlan, build_plan
from sla_catalogue.assembly.report import build_reports, contract_reports
from sla_catalogue.assembly.target import RowNames, TargetRow, build_targets
from sla_catalogue.assembly.tell import build_tell
from sla_catalogue.assembly.window import priced_windows
from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.contract import ContractDocument
from sla_catalogue.problem import Path
from sla_domain.allowance import Allowance
from sla_domain.contract import (
    Contract,
    ContractEntitlement,
    ContractId,
    EnvironmentItem,
    Person,
    RoleHolder,
    Side,
    VendorContract,
)
from sla_domain.notice_terms import Registration
from sla_domain.objective import Objective
from sla_domain.plan import Coverage, MetricId, PlanId
from sla_domain.rota import RotaId
from sla_domain.tell import TellRule

CONTACT = "contact"  # the role of the customer's own contact person


@dataclass(frozen=True, slots=True)
class BuiltContract:
    """A contract as built from catalogue files, and what the checks need besides: its plan, its text and its paths."""

    contract: Contract
    built: BuiltPlan
    """The plan."""
    rows: tuple[TargetRow, ...]
    """The contract's own targets, each with its path."""
    document: ContractDocument
    """The contract as written."""
    parts: tuple[BuiltContract, ...] = ()
    """For a contract with several entitlements (plans with their own products), a `BuiltContract` for each. Empty for
    any other contract."""
    written: Path = ()
    """In such a part, the keys from the contract down to the entitlement."""
    siblings: Mapping[str, Coverage] = field(default_factory=dict)
    """In such a part, the coverages of all the contract's plans, by name."""

    @property
    def bought(self) -> tuple[BuiltContract, ...]:
        """Return the contract split by plan: one item for each entitlement (a plan with its own products).

        A contract with one plan is returned whole, as the only item.
        """
        return self.parts or (self,)

    def coverage(self, name: str) -> Coverage | None:
        """Return the coverage (when time is counted) with this name, or None if no plan of the contract has it.

        If several plans of the contract have a coverage with this name, that of the plan `built` is returned.
        """
        return self.built.plan.coverages.get(name) or self.siblings.get(name)

    @property
    def path(self) -> Path:
        """Return the contract's path in the catalogue, such as `("contracts", "acme")`."""
        return ("contracts", str(self.contract.id))

    @property
    def place(self) -> Path:
        """Return the path at which the plan is named: in the contract, or in one of its entitlements.

        For example `("contracts", "acme")` or `("contracts", "acme", "entitlements", 0)`.
        """
        return (*self.path, *self.written)


@dataclass(slots=True)
class Plans:
    """Builds the plans of a catalogue, each once, from drafts (plans as written)."""

    drafts: Mapping[str, PlanDraft]
    """Plan id -> draft."""
    shared: Mapping[str, Coverage]
    """The coverages of the section `coverages`, by name."""
    context: Context
    """The catalogue as written, and the place for findings."""
    built: MutableMapping[str, BuiltPlan]
    """The plans built so far, by id, including plans made for one contract (`gold@acme`)."""
    on_call: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rota id -> ids of its people."""
    laid: dict[str, PlanDraft] = field(default_factory=dict)
    """The drafts merged over a base plan so far, by id (`gold+standard`)."""
    order: dict[str, int] = field(default_factory=dict)
    """Person id -> position in the section `people`. Filled when first needed."""

    def get(self, draft: PlanDraft, like: Mapping[str, Coverage] = NO_COVERAGES) -> BuiltPlan:
        """Return the plan built from a draft (the plan as written).

        The plan is built once for each id. Later calls return the same object.

        Args:
            like: Existing coverages (when time is counted) by name. If the plan has an equal coverage of the same name,
                the object in `like` is used, to save memory. Only the first call for a plan id uses `like`.
        """
        if draft.id not in self.built:
            self.built[draft.id] = build_plan(draft, self.shared, self.context, like)
        return self.built[draft.id]

    def people_in_order(self, named: Iterable[str]) -> list[str]:
        """Return ids of people in the order of the section `people`.

        Ids in `named` that the section does not have are left out.
        """
        if not self.order:
            self.order.update({id_: place for place, id_ in enumerate(self.context.document.people)})
        return sorted((id_ for id_ in named if id_ in self.order), key=self.order.__getitem__)

    def over(self, draft: PlanDraft, base: PlanDraft) -> PlanDraft:
        """Return a draft that merges the draft of a plan with the draft of its base plan.

        A base plan applies to products that the plan does not cover. What `draft` lacks is taken from `base`. The same
        pair always returns the same object.
        """
        id_ = f"{draft.id}+{base.id}"
        if id_ not in self.laid:
            self.laid[id_] = lay_over(draft, base, id_)
        return self.laid[id_]


def build_contracts(plans: Plans, context: Context) -> list[BuiltContract]:
    """Build the contracts of the section `contracts`, in the order written.

    A contract is left out if its time zone, its plan or its base plan (for products that are not covered) is unknown.
    The holder of a role (a person, or a rota, which is an on-call plan) is left out if unknown, or if the hours of the
    role are unknown. Errors are reported to `context.findings`.

    Args:
        plans: The builder of the contracts' plans.
    """
    found = [build_contract(name, document, plans, context) for name, document in context.document.contracts.items()]
    return [contract for contract in found if contract is not None]


def build_contract(
    name: str, document: ContractDocument, plans: Plans, context: Context, version: int = 0
) -> BuiltContract | None:
    """Build one contract with its plan. The result is None if its plan, base plan or time zone is unknown.

    A base plan is the plan for products that are not covered. Errors are reported to `context.findings`.

    Args:
        name: Id of the contract.
        document: The contract as written.
        plans: The builder of the contract's plans.
        version: Number of the version of a contract recorded in the database, else 0. A number above 0 is part of the
            ids of plans made for this contract (`gold@acme.v3`).
    """
    path: Path = ("contracts", name)
    zone_known = check_zone(document.zone, (*path, "zone"), context.findings)
    whose = f"{name}.v{version}" if version else name
    found = [_bought(each, path, whose, plans, context) for each in _entitlements(document)]
    bought = [each for each in found if each is not None]
    if len(bought) < len(found) or not zone_known:
        return None
    people = _people(document, bought, plans, context)
    roles = _roles(document, people, bought, path, context)
    promised = {each.id: each for one in reversed(bought) for each in one.built.plan.allowances}
    allowances = contract_allowances(document.allowances, tuple(promised.values()), (*path, "allowances"), context)
    bookable = list(dict.fromkeys(one.id for each in bought for one in each.built.plan.windows))
    for window in document.window_prices:
        if window not in bookable:
            context.report_unknown(window, bookable, (*path, "window_prices", window), "window")
    terms = [one.built.plan.notices for one in bought]
    asking = next((each for each in terms if each.registration is not Registration.NONE), terms[0])
    domains = build_registration_domains(
        document.registration_domains, asking, (*path, "registration_domains"), context
    )
    parts = [_part(name, one, people, roles, allowances, domains) for one in bought]
    objectives = _objectives(document, bought, path, context)
    parts = [_with_objectives(part, objectives) for part in parts]
    promised_objectives = {each.id for one in bought for each in one.built.plan.objectives}
    beside = tuple(each for each in objectives if each.id not in promised_objectives)
    whole = _whole(document, parts, beside, context) if document.entitlements else _and_objectives(parts[0], beside)
    if document.entitlements:
        rules = [((*path, "tell", index), each) for index, each in enumerate(document.tell)]
        told = build_tell(rules, _names_together(bought), context)
        whole = replace(whole, contract=replace(whole.contract, tell=told))
    return _with_reports(whole, bought, path, context)


@dataclass(frozen=True, slots=True)
class _Bought:
    """One of the plans of a contract: the contract's section with this plan alone, and the plan with its rows."""

    document: ContractDocument
    built: BuiltPlan
    rows: tuple[TargetRow, ...]
    tell: tuple[TellRule, ...]
    """The rules that are written beside this plan: of the entitlement, else of the contract."""


def _entitlements(document: ContractDocument) -> Iterator[tuple[Path, ContractDocument]]:
    """Yield for each plan of a contract where it is written in the section, and the section with this plan alone."""
    if not document.entitlements:
        yield (), document
    for index, one in enumerate(document.entitlements):
        alone = {
            "plan": one.plan,
            "base_plan": one.base_plan,
            "products": one.products,
            "excluded_products": one.excluded_products,
            "entitlements": [],
            "tell": one.tell,
            "valid": one.valid.model_copy(
                update={"from_": one.valid.from_ or document.valid.from_, "to": one.valid.to or document.valid.to}
            ),
        }
        yield ("entitlements", index), document.model_copy(update=alone)


def _bought(
    written: tuple[Path, ContractDocument], path: Path, whose: str, plans: Plans, context: Context
) -> _Bought | None:
    place, document = written
    draft = _draft(document, (*path, *place), plans, context)
    if draft is None:
        return None
    original = plans.built.get(draft.id)
    like = NO_COVERAGES if original is None else original.plan.coverages
    if document.coverages:
        own = {key: ((*path, "coverages", key), each) for key, each in document.coverages.items()}
        draft = replace(draft, id=f"{draft.id}@{whose}", coverages={**draft.coverages, **own})
    built = plans.get(draft, like)
    targets = [((*path, "targets", i), target) for i, target in enumerate(document.targets)]
    rows = build_targets(targets, built.names, context)
    known = {metric.id for metric in built.plan.metrics}
    if beyond := tuple(dict.fromkeys(row.target.metric for row in rows if row.target.metric not in known)):
        own_id = draft.id if draft.id.endswith(f"@{whose}") else f"{draft.id}@{whose}"
        built = replace(plans, built={}).get(replace(draft, id=own_id, timed_too=beyond), like or built.plan.coverages)
        plans.built[own_id] = built
    if any(one.id in document.window_prices for one in built.plan.windows):
        at = (*path, "window_prices")
        priced = priced_windows(document.window_prices, built.plan.windows, built.plan.allowances, at, context)
        own_plan = built.plan.id if built.plan.id.endswith(f"@{whose}") else PlanId(f"{draft.id}@{whose}")
        built = replace(built, plan=replace(built.plan, id=own_plan, windows=priced))
        plans.built[own_plan] = built
    rules = [((*path, *place, "tell", i), rule) for i, rule in enumerate(document.tell)]
    return _Bought(document, built, tuple(rows), build_tell(rules, built.names, context))


def _part(
    name: str,
    bought: _Bought,
    people: dict[str, Person],
    roles: tuple[RoleHolder, ...],
    allowances: tuple[Allowance, ...],
    domains: frozenset[str],
) -> BuiltContract:
    document, built = bought.document, bought.built
    contract = Contract(
        id=ContractId(name),
        customers=frozenset(document.customers),
        plan=built.plan.id,
        zone=document.zone,
        title=document.title or name,
        base_plan=PlanId(document.base_plan) if document.base_plan else None,
        country=document.country,
        subdivision=document.subdivision,
        holidays=document.holidays,
        valid_from=document.valid.from_,
        valid_to=document.valid.to,
        products=frozenset(document.products),
        excluded_products=frozenset(document.excluded_products),
        unavailable_products=built.plan.terms.unavailable_products,
        vendors=_vendors(document),
        environment=tuple(
            EnvironmentItem(product=e.product, versions=tuple(e.versions), facts=tuple(sorted(e.facts.items())))
            for e in document.environment
        ),
        registration_domains=domains,
        people=MappingProxyType(people),
        roles=roles,
        languages=tuple(document.languages),
        targets=tuple(row.target for row in bought.rows),
        allowances=allowances,
        at_close=document.at_close,
        notes=MappingProxyType(dict(document.note)),
        leaves_unspecified=frozenset(map(MetricId, document.leaves_unspecified)),
        tell=bought.tell,
    )
    return BuiltContract(contract, built, bought.rows, document)


def _vendors(document: ContractDocument) -> tuple[VendorContract, ...] | None:
    if document.vendors is None:
        return None
    return tuple(
        VendorContract(vendor=each.vendor, valid_from=each.valid.from_, valid_to=each.valid.to)
        for each in document.vendors
    )


def _objectives(
    document: ContractDocument, bought: Sequence[_Bought], path: Path, context: Context
) -> tuple[Objective, ...]:
    """The contract's own, which may name the metrics and priorities of any of its plans."""
    written = [((*path, "objectives", index), each) for index, each in enumerate(document.objectives)]
    if not written:
        return ()
    timed = {metric.id for one in bought for metric in one.built.plan.metrics}
    return build_objectives(written, _names_together(bought), timed, context)


def _names_together(bought: Sequence[_Bought]) -> RowNames:
    """Return the names that any of the plans of a contract knows."""
    names = [one.built.names for one in bought]
    return RowNames(
        metrics={metric for each in names for metric in each.metrics},
        coverages={coverage for each in names for coverage in each.coverages},
        priority=lambda name: next((id_ for each in names if (id_ := each.priority(name)) is not None), None),
        priorities=[id_ for each in names for id_ in each.priorities],
    )


def _with_objectives(part: BuiltContract, own: Sequence[Objective]) -> BuiltContract:
    """The part with the objectives of its plan, as the contract changes them."""
    found = changed_objectives(part.built.plan.objectives, own)
    return replace(part, contract=replace(part.contract, objectives=found)) if found else part


def _with_reports(whole: BuiltContract, bought: Sequence[_Bought], path: Path, context: Context) -> BuiltContract:
    """With the reports of its plans, as the contract changes them, and its own."""
    written = [((*path, "reports", index), each) for index, each in enumerate(whole.document.reports)]
    coverages = {name for one in bought for name in one.built.plan.coverages} | set(whole.document.coverages)
    own = build_reports(written, coverages, context)
    found = contract_reports([one.built.plan.reports for one in bought], own)
    return replace(whole, contract=replace(whole.contract, reports=found)) if found else whole


def _and_objectives(part: BuiltContract, beside: tuple[Objective, ...]) -> BuiltContract:
    if not beside:
        return part
    return replace(part, contract=replace(part.contract, objectives=(*part.contract.objectives, *beside)))


def _whole(
    document: ContractDocument, parts: list[BuiltContract], objectives: tuple[Objective, ...], context: Context
) -> BuiltContract:
    """The contract with several entitlements: what it is under the first, with all of them, in its own dates."""
    entitlements: dict[str, ContractEntitlement] = {}
    for index, (one, part) in enumerate(zip(document.entitlements, parts, strict=True)):
        if one.id in entitlements:
            where = (*part.path, "entitlements", index, "id")
            message = f"two entitlements are called {one.id!r}"
            context.findings.error(where, "duplicate-entitlement", message, "another id")
        entitlements[one.id] = ContractEntitlement(
            id=one.id,
            bought=part.contract,
            valid_from=one.valid.from_,
            valid_to=one.valid.to,
            types=frozenset(one.types),
        )
    first = parts[0]
    contract = replace(
        first.contract,
        entitlements=tuple(entitlements.values()),
        objectives=objectives,
        valid_from=document.valid.from_,
        valid_to=document.valid.to,
    )
    shared = {name: each for part in parts for name, each in part.built.plan.coverages.items()}
    placed = tuple(replace(part, siblings=shared, written=("entitlements", index)) for index, part in enumerate(parts))
    return replace(first, contract=contract, document=document, parts=placed)


def _draft(document: ContractDocument, path: Path, plans: Plans, context: Context) -> PlanDraft | None:
    """The plan as this contract runs it: over its base where the plan requires one (clause H1, H3)."""
    if not context.has_entry("plans", document.plan, (*path, "plan"), "plan"):
        return None
    draft = plans.drafts.get(document.plan)
    if document.base_plan is None or draft is None:
        return draft
    if not context.has_entry("plans", document.base_plan, (*path, "base_plan"), "plan"):
        return None
    base = plans.drafts.get(document.base_plan)
    if base is None or not draft.document.requires_base:
        return draft
    return plans.over(draft, base)


def _people(document: ContractDocument, bought: Sequence[_Bought], plans: Plans, context: Context) -> dict[str, Person]:
    """The contract's own people, and those of the catalogue whom its roles, the rotas that hold them, or the
    escalations of its plans and of its base plans name."""
    holding = [holder for holders in document.roles.values() for holder in holders]
    named = {holder.person for holder in holding}
    named |= {person for holder in holding for person in plans.on_call.get(holder.rota or "", ())}
    for one in bought:
        base = plans.drafts.get(one.document.base_plan or "")
        for plan in (one.built.plan, plans.get(base).plan if base is not None else None):
            policy = context.document.escalations.get((plan.escalation if plan is not None else None) or "")
            named |= {name for level in (policy.levels if policy else ()) for name in level.tell}
            named |= {name for rule in (plan.tell if plan is not None else ()) for name in rule.to}
        named |= {name for rule in one.tell for name in rule.to}
    named |= {name for rule in document.tell for name in rule.to}
    shared = {id_: context.document.people[id_] for id_ in plans.people_in_order(named)}
    wanted = any(one.built.plan.notices.registration is Registration.NONE for one in bought)
    theirs = _customers_own(document, bought)
    return {
        id_: build_person(
            id_, each, wanted, Side.CUSTOMER if id_ in theirs else Side.SUPPORT, document.zone, document.languages
        )
        for id_, each in {**shared, **document.people}.items()
    }


def _customers_own(document: ContractDocument, bought: Sequence[_Bought]) -> set[str]:
    """Who holds a role of the customer's: by a plan's word, else the one that is called `contact`."""
    promised = [role for one in bought for role in one.built.draft.roles]
    sides = {CONTACT: Side.CUSTOMER} | {role.id: role.side for role in promised if role.side is not None}
    sides |= {role.id: Side.CUSTOMER for role in promised if role.sole}
    return {
        holder.person
        for role, holders in document.roles.items()
        for holder in holders
        if sides.get(role) is Side.CUSTOMER
    }


def _roles(
    document: ContractDocument, people: Mapping[str, Person], bought: Sequence[_Bought], path: Path, context: Context
) -> tuple[RoleHolder, ...]:
    found: list[RoleHolder] = []
    promised = {role.id: role for one in reversed(bought) for role in one.built.draft.roles}
    coverages = {name for one in bought for name in one.built.plan.coverages}
    for role, holders in document.roles.items():
        where = (*path, "roles", role)
        for index, holder in enumerate(holders):
            if holder.rota is not None:
                if not context.has_entry("rotas", holder.rota, (*where, index, "rota"), "rota"):
                    continue
            elif holder.person not in people:
                context.report_unknown(holder.person, {*people, *context.document.people}, (*where, index), "person")
                continue
            usual = promised.get(role)
            coverage = holder.coverage or (usual.coverage if usual else None)
            if coverage is not None and coverage not in coverages:
                context.report_unknown(coverage, coverages, (*where, index), "coverage")
                continue
            outside = holder.outside or bool(usual and usual.outside and not holder.coverage)
            rota = None if holder.rota is None else RotaId(holder.rota)
            check_quiet(holder.quiet, (*where, index, "quiet"), context)
            quiet = weekly_calendar("quiet hours", holder.quiet, document.zone)
            found.append(
                RoleHolder(role=role, person=holder.person, rota=rota, coverage=coverage, outside=outside, quiet=quiet)
            )
    return tuple(found)
