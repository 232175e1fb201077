"""From the key `notices` of a plan to the terms of its notices, and which domains may register for them."""

from __future__ import annotations

from collections.abc import Sequence

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.notices import NoticesDocument
from sla_catalogue.mailbox import BadMailbox, ascii_host
from sla_catalogue.problem import Path
from sla_domain.notice_terms import NoticeTerms, Registration


def build_notice_terms(document: NoticesDocument | None) -> NoticeTerms:
    """Build a plan's rules on who receives notices (messages about critical fixes).

    Args:
        document: The rules as written. None means that everybody of a contract receives every notice.
    """
    if document is None:
        return NoticeTerms()
    return NoticeTerms(
        registration=document.registration,
        causes=frozenset(document.causes),
        severities=frozenset(document.severities),
        clause=document.clause,
    )


def build_registration_domains(
    written: Sequence[str], terms: NoticeTerms, path: Path, context: Context
) -> frozenset[str]:
    """Return the mail domains from which people of a contract may register for critical-fix notices.

    The domains are in ASCII and lower case. Texts that are no domains are reported to `context.findings`. So are
    domains that have no effect, because the plan does not ask for registration.

    Args:
        written: The domains as written.
        terms: The plan's terms, which say whether it asks for registration.
        path: Path of the domains in the catalogue.
    """
    found = set()
    for domain in written:
        try:
            found.add(ascii_host(domain).lower())
        except BadMailbox as error:
            context.findings.error(path, "domain", str(error), "write a domain such as example.com")
    if written and terms.registration is Registration.NONE:
        message = "the plan asks for no registration, so that nobody registers"
        context.findings.warning(path, "registration-unused", message, "take it away, or write registration: opt_in")
    return frozenset(found)
