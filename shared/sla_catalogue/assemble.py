"""The whole way from a merged tree to a catalogue, as one visible list of steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from sla_catalogue.assembly.api_key import build_keys
from sla_catalogue.assembly.channel import build_channels
from sla_catalogue.assembly.contract import BuiltContract, Plans, build_contracts
from sla_catalogue.assembly.coverage import build_coverages
from sla_catalogue.assembly.draft import draft_plans
from sla_catalogue.assembly.escalation import build_escalations
from sla_catalogue.assembly.holiday import build_holidays, holidays_version
from sla_catalogue.assembly.person import build_person, check_people, every_person
from sla_catalogue.assembly.rota import ListedShifts, RotaHours, build_rotas, rota_hours, rota_people
from sla_catalogue.assembly.rota_feed import read_rota_feeds
from sla_catalogue.assembly.scenario import build_scenarios
from sla_catalogue.assembly.settings import build_settings
from sla_catalogue.assembly.source import build_sources
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars, contract_of_zone, holiday_codes_for
from sla_catalogue.canonical import StoredCatalogue, serialize_stored
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.compiler import ContractCompiler
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.gather import FileUnion
from sla_catalogue.holiday.row import DEFAULT_HORIZON, Horizon
from sla_catalogue.problem import FindingLevel, Findings, Path, did_you_mean
from sla_catalogue.resolve import ResolvedValues, resolve
from sla_catalogue.rule import check_everything
from sla_catalogue.rule.length import check_lengths
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.shape import build_document
from sla_domain.calendar import tzdata_version
from sla_domain.contract import Contract, ContractId, Person, Side
from sla_domain.rota import Rota, RotaId
from sla_domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class AssemblyInputs:
    """The inputs, besides the files, from which a catalogue is built.

    They are environment variables, the years for which calendars are computed, a stored catalogue to rebuild (if any),
    and the present day.
    """

    environment: Mapping[str, str] | None
    """Name -> value that replaces `${NAME}` in the files. None for a stored catalogue."""
    horizon: Horizon | None = None
    """The calendar years to compile. None means what the files say."""
    stored: StoredCatalogue | None = None
    """A stored catalogue that is rebuilt with its holidays, shifts and years. None if the catalogue comes from files.
    """
    today: date | None = None
    """The day from which to warn of holidays and calendar years that end within 90 days. None means no warning."""


def assemble(merged: FileUnion, circumstances: AssemblyInputs) -> tuple[Catalogue | None, Findings]:
    """Build a catalogue from its merged files, and return it with the findings.

    The findings are errors and warnings with their places. The catalogue is None if there are errors.

    Args:
        merged: The files.
        circumstances: The inputs besides the files.
    """
    findings = Findings(merged.positions, list(merged.problems))
    resolved = resolve(merged, circumstances.environment, findings)
    document = build_document(resolved.values, findings)
    context = Context(document, _declared(resolved), findings, stored=circumstances.stored is not None)
    horizon = _horizon(document, circumstances, findings)

    stored = circumstances.stored
    listed = stored.listed if stored else read_rota_feeds(horizon, merged.bases, context)
    plans = _plans(rota_people(context, listed), context)
    check_people(every_person(context.document), context)
    contracts = build_contracts(plans, context)
    hours = rota_hours(plans.shared, context)
    codes = _codes(contracts) | _codes_of_rotas(hours.values())
    tables = stored.tables if stored else build_holidays(codes, horizon, merged.bases, context)
    calendars = CatalogueCalendars(dict(tables), horizon)
    rotas = build_rotas(hours, listed, plans.on_call, calendars.of_zone, context)
    default = _default_contract(document, contracts, context)
    built = tuple(plans.built.values())
    subject = CheckedCatalogue(
        built, tuple(contracts), document, plans.built, calendars, context, circumstances.today, rotas
    )
    check_everything(subject)
    if stored is None:
        check_lengths(subject)
    by_id = {each.contract.id: each.contract for each in contracts}
    parts = Catalogue(
        version="",
        text="",
        rulebook=Rulebook(
            version="",
            plans=MappingProxyType({each.plan.id: each.plan for each in built}),
            contracts=MappingProxyType(by_id),
            default_contract=default,
            calendars=calendars,
            by_customer=MappingProxyType(_by_customer(by_id)),
            rotas=rotas,
            people=MappingProxyType(_people_for(rotas, document)),
            holidays_version=stored.holidays_version if stored else holidays_version(tables),
            tzdata_version=tzdata_version(),
        ),
        sources=build_sources(context),
        channels=build_channels(context),
        escalations=build_escalations(context),
        keys=build_keys(context),
        settings=build_settings(context),
        holidays=MappingProxyType(dict(tables)),
        horizon=horizon,
        scenarios=build_scenarios(by_id, context),
        compiler=_compiler(plans, context, calendars, rotas),
    )
    if findings.has_errors:
        return None, findings
    return _versioned(parts, resolved, merged, findings, stored, listed), findings


def _plans(on_call: Mapping[str, tuple[str, ...]], context: Context) -> Plans:
    """Every plan as written, built; `on_call`: rota -> the ids of its people."""
    written: dict[str, tuple[Path, CoverageDocument]] = {
        name: (("coverages", name), coverage) for name, coverage in context.document.coverages.items()
    }
    plans = Plans(draft_plans(context), build_coverages(written, {}, context), context, {}, on_call)
    for draft in plans.drafts.values():
        plans.get(draft)
    return plans


def _compiler(
    plans: Plans, context: Context, calendars: CatalogueCalendars, rotas: Mapping[RotaId, Rota]
) -> ContractCompiler:
    """Return what compiles further contracts; of the catalogue's own it keeps no document, place or plan."""
    places = {path: place for path, place in context.findings.positions.items() if path[:1] != ("contracts",)}
    document = context.document.model_copy(update={"contracts": {}})
    apart = replace(context, document=document, findings=Findings(places))
    shared = {id_: built for id_, built in plans.built.items() if "@" not in id_}
    return ContractCompiler(
        plans=replace(plans, context=apart, built=shared),
        context=apart,
        calendars=calendars,
        listed=frozenset(shared),
        rotas=rotas,
        known=frozenset((problem.code, problem.message) for problem in context.findings.problems),
    )


def _versioned(
    parts: Catalogue,
    resolved: ResolvedValues,
    merged: FileUnion,
    findings: Findings,
    stored: StoredCatalogue | None,
    listed: ListedShifts,
) -> Catalogue:
    book = parts.rulebook
    text, made = serialize_stored(
        StoredCatalogue(
            sections=resolved.kept,
            positions=merged.positions,
            tables=dict(parts.holidays),
            horizon=parts.horizon,
            holidays_version=book.holidays_version,
            tzdata_version=stored.tzdata_version if stored else book.tzdata_version,
            listed=listed,
        )
    )
    version = stored.version if stored else made  # incidents keep it, whichever release wrote it
    warnings = tuple(problem for problem in findings.sorted() if problem.severity is FindingLevel.WARNING)
    return replace(parts, version=version, text=text, rulebook=replace(book, version=version), warnings=warnings)


def _declared(resolved: ResolvedValues) -> Mapping[str, frozenset[str]]:
    """Every id as written, per section, whether its entry is sound or not."""
    sections = {name: frozenset[str]() for name in CatalogueDocument.model_fields}
    for name, content in resolved.values.items():
        if isinstance(content, dict):
            sections[name] = frozenset(content)
    return sections


def _horizon(document: CatalogueDocument, circumstances: AssemblyInputs, findings: Findings) -> Horizon:
    if circumstances.stored is not None:
        return circumstances.stored.horizon
    if circumstances.horizon is not None:
        return circumstances.horizon
    written = document.settings.horizon
    if written is None:
        return DEFAULT_HORIZON
    if written.last < written.first:
        findings.error(("settings", "horizon"), "horizon", "the horizon ends before it begins", "first <= last")
        return DEFAULT_HORIZON
    return Horizon(written.first, written.last)


def _codes(contracts: list[BuiltContract]) -> dict[str, Path]:
    """The holiday tables the contracts' coverages subtract, with a place to blame."""
    codes: dict[str, Path] = {}
    for built in (each for whole in contracts for each in whole.bought):
        for coverage in built.built.plan.coverages.values():
            for code in holiday_codes_for(built.contract, coverage):
                codes.setdefault(code, (*built.path, "country") if built.contract.country else built.path)
    return codes


def _codes_of_rotas(hours: Iterable[RotaHours]) -> dict[str, Path]:
    """The holiday tables the hours of rotas subtract, with a place to blame."""
    nobodys = contract_of_zone("UTC")
    return {code: each.path for each in hours for code in holiday_codes_for(nobodys, each.coverage)}


def _default_contract(document: CatalogueDocument, contracts: list[BuiltContract], context: Context) -> ContractId:
    """The contract for incidents of unknown customers: no event is ever dropped for want of one."""
    declared = context.declared["contracts"]
    named = document.settings.default_contract
    marked = [built.contract.id for built in contracts if built.document.default]
    if named is not None:
        if named not in declared:
            hint = did_you_mean(named, declared)
            where: Path = ("settings", "default_contract")
            context.findings.error(where, "unknown-contract", f"no contract is called {named!r}", hint)
        return ContractId(named)
    if len(marked) > 1:
        where = ("contracts", marked[1], "default")
        context.findings.error(where, "default-contract", f"two default contracts: {', '.join(marked)}", "keep one")
    if marked:
        return marked[0]
    if len(declared) == 1:
        return ContractId(next(iter(declared)))
    if not declared and not context.findings.has_errors:
        context.findings.error((), "no-contracts", "the catalogue has no contract", "add a section `contracts`")
    elif declared and len(contracts) == len(declared):
        hint = "mark one with default: true, or name it in settings.default_contract"
        message = "no default contract: incidents of unknown customers need one"
        context.findings.error(("contracts",), "default-contract", message, hint)
    return ContractId("")


def _people_for(rotas: Mapping[RotaId, Rota], document: CatalogueDocument) -> dict[str, Person]:
    """Everybody of the section `people`, as whoever is on call in a rota is: at any hour."""
    if not rotas:
        return {}
    anytime = ((id_, each.model_copy(update={"hours": None})) for id_, each in document.people.items())
    return {
        id_: build_person(id_, each, notices=False, side=Side.SUPPORT, zone="UTC", languages=())
        for id_, each in anytime
    }


def _by_customer(contracts: Mapping[ContractId, Contract]) -> dict[str, tuple[ContractId, ...]]:
    found: dict[str, list[ContractId]] = {}
    for id_, contract in contracts.items():
        for name in sorted(contract.customers):
            found.setdefault(name, []).append(id_)
    return {name: tuple(ids) for name, ids in found.items()}
