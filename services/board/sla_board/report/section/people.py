"""Who served the customer in the period: roles with their holders, and who was on call for how long."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from sla_board.report.model import Part, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject, SectionUnavailable
from sla_board.report.value import ReportCell, count, span, text, word
from sla_domain.contract import Contract
from sla_domain.rota import Rota, shifts_between


async def people(subject: ReportSubject) -> ReportSection:
    """Return the section on the contract's roles, and on how long each person was on call.

    On-call time is listed for each person in a rota (people who take turns on call), for the rotas that have a role.
    """
    contract = subject.known
    if subject.catalogue is None:
        raise SectionUnavailable("missing.contract")
    rotas = subject.catalogue.rulebook.rotas
    held: dict[str, list[str]] = defaultdict(list)
    for one in contract.roles:
        rota = None if one.rota is None else rotas.get(one.rota)
        held[one.role].append(rota.title if rota is not None else _person(contract, one.person))
    if not held:
        return ReportSection("people", (ReportNote("note.no_people"),))
    rows = [(subject.names.role(role), text(", ".join(dict.fromkeys(names)))) for role, names in held.items()]
    parts: list[Part] = [ReportTable("roles", ("column.role", "column.held_by"), tuple(rows))]
    ids = dict.fromkeys(one.rota for one in contract.roles if one.rota is not None)
    shifts = [row for id_ in ids if id_ in rotas for row in _shifts(rotas[id_], subject)]
    if shifts:
        columns = ("column.rota", "column.person", "column.shifts", "column.on_call")
        parts.append(ReportTable("on_call", columns, tuple(shifts), title="table.on_call"))
        parts.append(ReportNote("note.on_call"))
    return ReportSection("people", tuple(parts))


def _shifts(rota: Rota, subject: ReportSubject) -> list[tuple[ReportCell, ...]]:
    """The time of each person within the period, the longest first."""
    start, end = subject.bounds.start, subject.bounds.end
    numbers: dict[str, int] = defaultdict(int)
    spans: dict[str, timedelta] = defaultdict(timedelta)
    for shift in shifts_between(rota, start, end):
        numbers[shift.person] += 1
        spans[shift.person] += min(shift.end, end) - max(shift.start, start)
    most = sorted(spans, key=lambda person: (-spans[person], person))
    return [
        (
            subject.names.titled("rota", rota),
            text(rota.person(person).name) if person else word("word.nobody"),
            count(numbers[person]),
            span(spans[person]),
        )
        for person in most
    ]


def _person(contract: Contract, id_: str) -> str:
    known = contract.people.get(id_)
    return known.name if known is not None else id_
