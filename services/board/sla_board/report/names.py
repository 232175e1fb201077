"""Names that the catalogue has in several languages, collected for a report, so that the frozen report keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from sla_board.report.value import NOTHING, ReportCell, name
from sla_domain.breach_reason import DEFAULT_CODES
from sla_domain.contract import Contract
from sla_domain.metrics import BUILT_IN
from sla_domain.objective import Objective
from sla_domain.plan import MetricId, Plan
from sla_domain.rulebook import Rulebook


class Titled(Protocol):
    """An object with an id and titles in several languages, such as a metric (protocol)."""

    @property
    def id(self) -> str:
        """Return the id."""
        ...

    @property
    def titles(self) -> Mapping[str, str]:
        """Return language tag -> title."""
        ...


class NameBook:
    """Provides the names of metrics, priorities and other things as cells for the tables of one report.

    A cell stores only a key. The attribute `kept` has the names used so far, by key and language: for example,
    `metric/first_response` -> language tag -> name. So a stored report keeps its names when the catalogue changes.

    Args:
        rulebook: The rulebook with the contract's plans. None if there is none.
        contract: The contract of the report. None if the catalogue does not know it.
    """

    def __init__(self, rulebook: Rulebook | None, contract: Contract | None) -> None:
        self.kept: dict[str, Mapping[str, str]] = {}
        self._plans = list(_plans(rulebook, contract))

    def metric(self, id_: str, link: str = "") -> ReportCell:
        """Return a cell with the name of a metric. An empty cell for an empty id.

        Args:
            link: Path of the page to which the cell links. "" for no link.
        """
        found = next((one.titles for plan in self._plans for one in plan.metrics if one.id == id_), None)
        built_in = BUILT_IN.get(MetricId(id_))
        return self._cell("metric", id_, found or (built_in.titles if built_in else {}), link)

    def priority(self, id_: str, link: str = "") -> ReportCell:
        """Return a cell with the name of a priority. An empty cell for an empty id.

        Args:
            link: Path of the page to which the cell links. "" for no link.
        """
        found = next((one.titles for plan in self._plans for one in plan.priorities if one.id == id_), {})
        return self._cell("priority", id_, found, link)

    def objective(self, objective: Objective) -> ReportCell:
        """Return a cell with the name of an objective."""
        return self._cell("objective", objective.id, objective.titles, "")

    def role(self, id_: str) -> ReportCell:
        """Return a cell with the name of a role. An empty cell for an empty id."""
        found = next((one.titles for plan in self._plans for one in plan.roles if one.id == id_), {})
        return self._cell("role", id_, found, "")

    def reason(self, code: str) -> ReportCell:
        """Return a cell with the name of a breach's reason. An empty cell for an empty code.

        Args:
            code: The code of the reason, such as `late_handover`.
        """
        offered = (*(one for plan in self._plans for one in plan.breach_reasons.codes), *DEFAULT_CODES)
        found = next((one.titles for one in offered if one.id == code), {})
        return self._cell("reason", code, found, "")

    def titled(self, kind: str, one: Titled) -> ReportCell:
        """Return a cell with the name of any object that has an id and titles.

        Args:
            kind: What the object is, such as `allowance`. The cell's key begins with it.
            one: The object.
        """
        return self._cell(kind, one.id, one.titles, "")

    def _cell(self, kind: str, id_: str, titles: Mapping[str, str], link: str) -> ReportCell:
        if not id_:
            return NOTHING
        key = f"{kind}/{id_}"
        self.kept[key] = dict(sorted(titles.items()))
        return name(key, link)


def _plans(rulebook: Rulebook | None, contract: Contract | None) -> Iterable[Plan]:
    if rulebook is None or contract is None:
        return
    for id_ in contract.plans:
        found = rulebook.plans.get(id_)
        if found is not None:
            yield found


def named(names: Mapping[str, Mapping[str, str]], key: str, language: str) -> str:
    """Return a name of a report in a language.

    A missing name is given in English, else in any language, else as the id with spaces.

    Args:
        names: The names of the report (`ContractReport.names`).
        key: Such as `metric/first_response`.
    """
    titles = names.get(key, {})
    found = titles.get(language) or titles.get("en") or next(iter(titles.values()), "")
    return found or key.partition("/")[2].replace("_", " ")
