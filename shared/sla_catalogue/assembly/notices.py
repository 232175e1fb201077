"""From the key `notices` of a plan to the terms of its notices."""

from __future__ import annotations

from sla_catalogue.document.notices import NoticesDocument
from sla_domain.notice_terms import NoticeTerms


def build_notice_terms(document: NoticesDocument | None) -> NoticeTerms:
    """Return the terms that a document writes; without one everybody of the contract is entitled to every notice."""
    if document is None:
        return NoticeTerms()
    return NoticeTerms(
        registration=document.registration,
        causes=frozenset(document.causes),
        severities=frozenset(document.severities),
        clause=document.clause,
    )
