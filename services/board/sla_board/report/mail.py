"""A report for a mail: its tables shortened, in every language that people of the contract read. Pure."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from sla_board.report.model import Chapter, ContractReport, ReportTable
from sla_domain.contract import Contract
from sla_domain.explain.language import tag_for

ROWS = 40
"""The most rows of a table in a mail; the page has all."""


def shortened(report: ContractReport, revision: int) -> ContractReport:
    """Return a copy of a report for a mail, with each table cut to 40 rows.

    A table that was cut has a link to the report's page.

    Args:
        revision: The number of the frozen report's revision, for the links.
    """
    query = urlencode({"period": report.period, "kind": report.kind.value, "revision": revision})
    page = f"/reports/{quote(report.contract, safe='')}?{query}"

    def short(table: ReportTable) -> ReportTable:
        left = len(table.rows) - ROWS
        if left <= 0:
            return table
        return replace(table, rows=table.rows[:ROWS], left_out=table.left_out + left, rest=page)

    chapters = tuple(
        Chapter(
            chapter.id,
            tuple(
                replace(
                    section,
                    parts=tuple(short(part) if isinstance(part, ReportTable) else part for part in section.parts),
                )
                for section in chapter.sections
            ),
        )
        for chapter in report.chapters
    )
    return replace(report, chapters=chapters)


def languages_of(contract: Contract) -> tuple[str, ...]:
    """Return the tags of the languages in which a contract's report is mailed.

    They are English and the languages of the contract and of its people. A language without texts in slad is replaced
    by the nearest one that has texts.
    """
    spoken = [*contract.languages, *(person.language for person in contract.people.values()), "en"]
    return tuple(dict.fromkeys(map(tag_for, spoken)))
