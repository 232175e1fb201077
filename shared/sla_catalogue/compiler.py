"""Contracts one by one: a section → the domain's contract with its plans, and what is wrong with it.

A catalogue keeps its `ContractCompiler`, so that a contract that is no part of its files, such as one that was made
over HTTP, is built by the same steps, judged by the same rules and served by the same plans and calendars.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from sla_catalogue.assembly.contract import BuiltContract, Plans, build_contract
from sla_catalogue.assembly.holiday import later_table
from sla_catalogue.assembly.person import check_people, every_person
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars, holiday_codes_for
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.contract import ContractDocument
from sla_catalogue.problem import CatalogueInvalid, FileProblem, FindingLevel, Findings, Path, Position, path_text
from sla_catalogue.rule import check_everything
from sla_catalogue.rule.contract import dates_overlap
from sla_catalogue.rule.duty import ProvenDuty, check_duty
from sla_catalogue.rule.length import check_lengths
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.shape import build_contract_document
from sla_catalogue.tree import Plain
from sla_domain.bounds import writable
from sla_domain.contract import Contract
from sla_domain.plan import Plan, PlanId
from sla_domain.rota import Rota, RotaId

_LISTED_IN_FULL = (("contracts",), ("people",))  # findings there concern the contract
_OF_THE_DAY = (("settings",), ("holidays",))  # of the catalogue itself, in other words every day

__all__ = ["CompiledContract", "ContractCompiler", "ContractProblem", "dates_overlap"]


@dataclass(frozen=True, slots=True)
class CompiledContract:
    """A contract ready for use, with those of its plans that are not in the catalogue.

    Such a plan has changes of this contract (`gold@acme`), or is merged over a base plan (`gold+standard`). Contracts
    that need the same plan share one object.
    """

    contract: Contract
    plans: Mapping[PlanId, Plan]
    """The plans by id. They are plans made for this contract (`gold@acme`), and plans merged over a base plan
    (`gold+standard`)."""


@dataclass(frozen=True, slots=True)
class ContractProblem:
    """One error or warning about a contract."""

    path: Path
    """The keys from the contract's section to the value, such as `("roles", "on_call")`. `()` for the contract as a
    whole."""
    severity: FindingLevel
    code: str
    """A stable name of the kind of problem."""
    message: str
    hint: str = ""
    """What to do. "" if not known."""

    @property
    def pointer(self) -> str:
        """Return a JSON pointer (RFC 6901) to the value in the contract that has the problem.

        For example `/targets/0/time`. The result is "" for the contract as a whole.
        """
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)


@dataclass(frozen=True, slots=True)
class ContractCompiler:
    """Compiles and checks contracts against one catalogue: its plans, hours, people and escalations."""

    plans: Plans
    """The builder of plans, which keeps those that contracts share."""
    context: Context
    """The catalogue's document and ids, without its contracts."""
    calendars: CatalogueCalendars
    """The calendars, to which holiday tables are added that only a new contract needs."""
    listed: frozenset[str]
    """Ids of the catalogue's plans that are not made for one contract."""
    rotas: Mapping[RotaId, Rota] = field(repr=False, default_factory=dict)
    """The on-call plans, by id."""
    known: frozenset[tuple[str, str]] = field(repr=False, default=frozenset())
    """(code, message) of each finding on the catalogue itself, which `check` does not repeat."""

    def compile(self, id: str, values: Mapping[str, Plain], *, version: int = 0) -> CompiledContract:
        """Build a contract, ready for use, from its values, without checking them.

        `${NAME}` in the values is not replaced.

        Args:
            id: Id of the contract.
            values: What a catalogue file has under `contracts.<id>`.
            version: Number of the contract's version. A number above 0 is part of the ids of plans made for the
                contract (`gold@acme.v3`).

        Raises:
            CatalogueInvalid: The contract cannot be built.
        """
        findings = self._findings(id, version)
        made, plans, _ = self._build(id, values, version, findings)
        if made is None or findings.has_errors:
            raise CatalogueInvalid([_in_a_file(id, problem) for problem in findings.found])
        own = {each.plan.id: each.plan for each in plans if each.plan.id not in self.listed}
        bought = [each.built.plan for each in made.bought]
        own |= {plan.id: plan for plan in bought if plan.id not in self.listed}
        return CompiledContract(made.contract, MappingProxyType(own))

    def check(
        self, id: str, values: Mapping[str, Any], *, version: int = 0, today: date | None = None
    ) -> tuple[ContractProblem, ...]:
        """Return all errors and warnings about one contract, sorted by path.

        The method never raises. Findings on the catalogue itself are not repeated. Conflicts with other contracts, such
        as a common customer at the same time, are not checked.

        Args:
            id: Id of the contract.
            values: What a catalogue file has under `contracts.<id>`.
            version: Number of the contract's version. 0 means none.
            today: The day from which to look for hours with nobody on duty, and for holidays that end soon. If None,
                holidays are not checked, and the hours are checked for a year in the middle of the compiled years.
                Levels with a rota (on-call plan) are then skipped.
        """
        findings = self._findings(id, version)
        for path in _unwritable(values):
            findings.error(("contracts", id, *path), "control-character", "the text holds a control character")
        if not id:
            findings.error(("contracts", id), "contract-id", "a contract has an id", "such as acme-2026")
        if not findings.has_errors:
            self._check(id, values, version, findings, today)
        return tuple(sorted(set(findings.found), key=lambda problem: (list(map(str, problem.path)), problem.code)))

    def check_duty(
        self, id: str, values: Mapping[str, Any], *, version: int, today: date, proven: ProvenDuty
    ) -> tuple[ContractProblem, ...]:
        """Return the warnings about promised hours in which nobody of the first escalation level is on duty.

        The result is () for a contract that does not fit the catalogue: `check` says why.

        Args:
            id: Id of the contract.
            values: What a catalogue file has under `contracts.<id>`.
            version: Number of the contract's version.
            today: The first day to check. With a rota (on-call plan) 92 days are checked, otherwise 366.
            proven: A cache of results for this compiler and day, which this call uses and extends.
        """
        findings = self._findings(id, version)
        made, plans, document = self._build(id, values, version, findings)
        if made is None or document is None or findings.has_errors:
            return ()
        before = len(findings.found)
        check_duty(self._subject(id, made, plans, document, findings, today), proven)
        return tuple(findings.found[before:])

    def _findings(self, id_: str, version: int) -> _ContractFindings:
        places = _Places(self.context.findings.positions, id_, version)
        return _ContractFindings(places, id=id_, known=self.known)

    def _check(
        self, id_: str, values: Mapping[str, Plain], version: int, findings: _ContractFindings, today: date | None
    ) -> None:
        made, plans, document = self._build(id_, values, version, findings)
        if document is None:
            return
        if document.default:
            message = "only a contract in the catalogue's files can be the one for incidents of unknown customers"
            findings.error(("contracts", id_, "default"), "default-contract", message, "leave it out")
        subject = self._subject(id_, made, plans, document, findings, today)
        check_everything(subject)
        check_lengths(subject)

    def _subject(
        self,
        id_: str,
        made: BuiltContract | None,
        plans: tuple[BuiltPlan, ...],
        document: ContractDocument,
        findings: _ContractFindings,
        today: date | None,
    ) -> CheckedCatalogue:
        return CheckedCatalogue(
            plans=plans,
            contracts=() if made is None else (made,),
            written=CatalogueDocument(contracts={id_: document}),
            known_plans=ChainMap({each.plan.id: each for each in plans}, self.plans.built),
            calendars=self.calendars,
            context=replace(self.context, findings=findings, stored=False),
            today=today,
            rotas=self.rotas,
        )

    def _build(
        self, id_: str, values: Mapping[str, Plain], version: int, findings: Findings
    ) -> tuple[BuiltContract | None, tuple[BuiltPlan, ...], ContractDocument | None]:
        """Return the contract, the plans that were built for it, and its document; None for what cannot be built."""
        document = build_contract_document(id_, values, findings)
        if document is None:
            return None, (), None
        context = replace(self.context, findings=findings)
        check_people(every_person(CatalogueDocument(contracts={id_: document})), context)
        own: dict[str, BuiltPlan] = {}
        plans = replace(self.plans, context=context, built=ChainMap(own, self.plans.built))
        made = build_contract(id_, document, plans, context, version)
        if made is not None:
            self._know_holidays(made, context)
        if not findings.has_errors:  # a plan that several contracts share is built once
            self.plans.built.update({name: each for name, each in own.items() if "@" not in name})
        return made, tuple(own.values()), document

    def _know_holidays(self, made: BuiltContract, context: Context) -> None:
        """Make the holiday tables that no contract has needed so far."""
        for coverage in (each for one in made.bought for each in one.built.plan.coverages.values()):
            for code in holiday_codes_for(made.contract, coverage):
                if code not in self.calendars.tables:
                    where = (*made.path, "country") if made.contract.country else made.path
                    errors = len(context.findings.problems)
                    table = later_table(code, where, self.calendars.tables, self.calendars.horizon, context)
                    if len(context.findings.problems) == errors:
                        self.calendars.tables[code] = table


class _Places(Mapping[Path, Position]):
    """Where values stand: those of the contract by the number of the target, all others in the catalogue's files."""

    def __init__(self, files: Mapping[Path, Position], id_: str, version: int) -> None:
        self._files = files
        self._own = ("contracts", id_)
        self._name = f"contracts.{id_}" + (f".v{version}" if version else "")

    def __getitem__(self, path: Path) -> Position:
        if path[:2] != self._own:
            return self._files[path]
        if len(path) == 4 and path[2] == "targets" and isinstance(path[3], int):
            return Position(f"{self._name}.targets", path[3] + 1, 1)
        if len(path) == 2:
            return Position(self._name)
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@dataclass(slots=True)
class _ContractFindings(Findings):
    """Findings on one contract by their paths in its section; of those on plans and coverages none that is `known`."""

    id: str = ""
    known: frozenset[tuple[str, str]] = frozenset()
    found: list[ContractProblem] = field(default_factory=list)

    def _add(self, severity: FindingLevel, path: Path, code: str, message: str, hint: str) -> None:
        if path[:1] in _OF_THE_DAY:
            return
        if path[:1] in _LISTED_IN_FULL or (code, message) not in self.known:
            self.found.append(ContractProblem(self._within(path), severity, code, message, hint))
            super(_ContractFindings, self)._add(severity, path, code, message, hint)

    def _within(self, path: Path) -> Path:
        """Return the path from the contract's section; what a plan lacks for the contract is said of its `plan`."""
        if path[:2] == ("contracts", self.id):
            return path[2:]
        return ("plan",) if path[:1] == ("plans",) else ()


def _in_a_file(id_: str, problem: ContractProblem) -> FileProblem:
    place = path_text(("contracts", id_, *problem.path))
    return FileProblem(place, 0, 0, problem.severity, problem.code, problem.message, problem.hint)


def _unwritable(values: object) -> Iterator[Path]:
    """Yield the paths of texts and keys that can be neither stored nor sent."""
    left: list[tuple[Path, object]] = [((), values)]
    while left:
        path, value = left.pop()
        if isinstance(value, Mapping):
            yield from (path for key in value if not (isinstance(key, str) and writable(key, lines=True)))
            left += [((*path, key), each) for key, each in value.items()]
        elif isinstance(value, list):
            left += [((*path, index), each) for index, each in enumerate(value)]
        elif isinstance(value, str) and not writable(value, lines=True):
            yield path
