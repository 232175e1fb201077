"""Objectives of contracts as OpenSLO v1: a Service for each contract, an SLO for each of its objectives.

The indicator asks Prometheus for what slad's board shows (`slad_attainment_objective_counted`), which begins anew with
each period; so does the time window, aligned to the calendar in the contract's zone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sla_domain.attainment import ScopedObjective, objectives_of
from sla_domain.contract import Contract
from sla_domain.objective import CountedUnit, Objective, PeriodKind

_API = "openslo/v1"
_LONGEST_NAME, _LONGEST_TEXT = 63, 1050
_DURATIONS = {PeriodKind.MONTH: "1M", PeriodKind.QUARTER: "1Q", PeriodKind.CONTRACT_YEAR: "1Y"}
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9./_-]*")
_UNNAMED = re.compile(r"[^a-z0-9-]+")
_BEGINNING = "2020-01-01"
"""From which months and quarters are counted where the contract has no first day."""


@dataclass(frozen=True, slots=True)
class OpenSloExport:
    """The objectives of a contract as documents of OpenSLO (an open format for such objectives), ready for JSON or
    YAML.
    """

    documents: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]
    """For each objective that OpenSLO cannot express, a sentence with the reason."""


def openslo_of(contract: Contract, language: str = "en") -> OpenSloExport:
    """Return the objectives of a contract as OpenSLO v1 documents.

    An objective that OpenSLO cannot express is left out, and `left_out` of the result gives the reason. Without
    objectives, `documents` is empty.

    Args:
        language: Language tag of the titles. A missing title is given in English.
    """
    found: list[dict[str, Any]] = []
    left_out: list[str] = []
    for scoped in objectives_of(contract):
        reason = _reason_against(contract, scoped.objective)
        if reason:
            left_out.append(f"{contract.id}: the objective {scoped.objective.id} is left out: {reason}")
        else:
            found.append(_slo(contract, scoped, language))
    return OpenSloExport((_service(contract), *found) if found else (), tuple(left_out))


def _reason_against(contract: Contract, objective: Objective) -> str:
    if objective.percent >= 100:
        return "it promises all of them, and a target of OpenSLO is less than 1"
    if objective.period is PeriodKind.CONTRACT_YEAR and contract.valid_from is None:
        return "the contract has no first day from which its years would be counted"
    return ""


def _service(contract: Contract) -> dict[str, Any]:
    return {
        "apiVersion": _API,
        "kind": "Service",
        "metadata": {
            "name": openslo_name(contract.id),
            "displayName": contract.title or contract.id,
            "annotations": {"slad.io/contract": contract.id},
        },
        "spec": {"description": f"Support under the contract {contract.id}"[:_LONGEST_TEXT]},
    }


def _slo(contract: Contract, scoped: ScopedObjective, language: str) -> dict[str, Any]:
    objective = scoped.objective
    titles = objective.titles
    title = titles.get(language) or titles.get("en") or objective.id
    name = openslo_name("-".join(part for part in (contract.id, scoped.entitlement, objective.id) if part))
    annotations = {"slad.io/contract": str(contract.id), "slad.io/objective": objective.id}
    if scoped.entitlement:
        annotations["slad.io/entitlement"] = scoped.entitlement
    if objective.clause:
        annotations["slad.io/clause"] = objective.clause
    return {
        "apiVersion": _API,
        "kind": "SLO",
        "metadata": {"name": name, "displayName": title, "annotations": annotations},
        "spec": {
            "description": _description(objective)[:_LONGEST_TEXT],
            "service": openslo_name(contract.id),
            "indicator": {
                "metadata": {"name": openslo_name(f"{name}-in-time"), "displayName": f"{title}: in time"},
                "spec": {
                    "ratioMetric": {
                        "counter": False,
                        "good": _source(contract, scoped, '"met"'),
                        "total": _source(contract, scoped, '~"met|missed"'),
                    }
                },
            },
            "timeWindow": [_window(contract, objective)],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": title, "target": float(objective.percent / 100)}],
        },
    }


def _description(objective: Objective) -> str:
    what = "requests, each once: in time if all its clocks are" if objective.of is CountedUnit.REQUESTS else "clocks"
    named = [*sorted(objective.metrics), *sorted(objective.priorities)]
    only = f" ({', '.join(named)})" if named else ""
    return f"{objective.percent.normalize():f} % of {what}{only}"


def _source(contract: Contract, scoped: ScopedObjective, verdict: str) -> dict[str, Any]:
    labels = {"contract": contract.id, "entitlement": scoped.entitlement, "objective": scoped.objective.id}
    written = ",".join(f"{name}={_quoted(value)}" for name, value in labels.items())
    operator, value = ("=~", verdict[1:]) if verdict.startswith("~") else ("=", verdict)
    series = f"slad_attainment_objective_counted{{{written},verdict{operator}{value}}}"
    query = f"sum(max by (verdict) ({series}))"
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _window(contract: Contract, objective: Objective) -> dict[str, Any]:
    first = contract.valid_from
    if objective.period is PeriodKind.CONTRACT_YEAR and first is not None:
        day = first.isoformat()
    else:
        day = _BEGINNING if first is None else f"{first.year:04}-01-01"
    zone = contract.zone if "/" in contract.zone else f"Etc/{contract.zone}"  # a bare UTC is no zone of OpenSLO
    return {
        "duration": _DURATIONS[objective.period],
        "calendar": {"startTime": f"{day} 00:00:00", "timeZone": zone},
        "isRolling": False,
    }


def openslo_name(text: str) -> str:
    """Return a text as a valid OpenSLO name.

    A name has at most 63 lower-case letters, digits and hyphens (RFC 1123). If the text has to be changed, a hash of
    the text is added at the end, so that different texts give different names.
    """
    name = _UNNAMED.sub("-", text.lower()).strip("-")
    if name == text and len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - 9].strip('-') or 'slad'}-{digest}"


def openslo_yaml(document: dict[str, Any]) -> str:
    """Return an OpenSLO document as YAML that starts with the line `---`."""
    return "".join(f"{line}\n" for line in ("---", *_lines(document)))


def _lines(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else ((None, each) for each in value)
    for key, each in pairs:
        head = "-" if key is None else f"{key if _BARE.fullmatch(key) else json.dumps(key)}:"
        if not isinstance(each, dict | list):
            yield f"{head} {json.dumps(each, ensure_ascii=False)}"  # a scalar of JSON is one of YAML
            continue
        inner = list(_lines(each))
        if key is None:
            yield f"- {inner[0]}"
            yield from (f"  {line}" for line in inner[1:])
        else:
            yield head
            yield from (f"  {line}" for line in inner)
