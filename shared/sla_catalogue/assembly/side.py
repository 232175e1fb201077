"""`sources.<id>.staff` and `.customers`: who belongs to which side, and which of these rules a dialect can apply."""

from __future__ import annotations

from collections.abc import Mapping

from sla_catalogue.document.source import PeopleDocument, SourceDocument
from sla_catalogue.mailbox import BadMailbox, ascii_domain, is_host_name
from sla_catalogue.problem import Findings, Path, did_you_mean
from sla_catalogue.source import Dialect, Membership, domain_of, fold_case

# What a delivery states of a person besides the account; a rule about anything else could never apply.
_STATED: Mapping[Dialect, frozenset[str]] = {
    Dialect.GITHUB: frozenset({"associations"}),
    Dialect.CHATWOOT: frozenset({"domains"}),
    Dialect.INTERCOM: frozenset({"domains"}),
    Dialect.JIRA: frozenset({"groups", "domains"}),
    Dialect.CLOUDEVENTS: frozenset({"domains"}),
    Dialect.GITLAB: frozenset({"domains"}),
    Dialect.LINEAR: frozenset({"domains"}),
    Dialect.OPSGENIE: frozenset({"domains"}),
    Dialect.STANDARD_WEBHOOKS: frozenset({"domains"}),
    Dialect.MAPPED: frozenset({"groups", "domains"}),
    Dialect.ZAMMAD: frozenset({"groups", "domains"}),
    Dialect.ZENDESK: frozenset({"domains"}),  # of triggers
}
_WAYS = ("groups", "domains", "associations")
# Senders that name the way in which work ended.
_NAME_ENDINGS = frozenset({Dialect.GITHUB, Dialect.JIRA, Dialect.MAPPED, Dialect.SERVICENOW})
# GitHub's author_association.
ASSOCIATIONS = (
    "OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE",
)  # fmt: skip


def build_membership(document: PeopleDocument) -> Membership:
    """Build the rules by which people belong to a side (staff or customers) without being listed one by one.

    They are the groups, mail domains and GitHub associations in `document`, in lower case and without outer spaces.
    """
    return Membership(
        groups=frozenset(map(fold_case, document.groups)),
        domains=frozenset(map(domain_of, document.domains)),
        associations=frozenset(map(fold_case, document.associations)),
    )


def check_sides(dialect: Dialect, document: SourceDocument, path: Path, findings: Findings) -> None:
    """Add an error to `findings` for each rule of a source on staff and customers that cannot be used.

    A rule cannot be used if it contradicts another rule, or if it needs something that the dialect's deliveries do not
    state, such as groups. Unknown associations, bad domains, and `resolutions` for a dialect without resolutions are
    reported too.

    Args:
        document: The source as written.
        path: Path of the source in the catalogue, such as `("sources", "desk")`.
        findings: Receives the errors.
    """
    staff, customers = document.staff, document.customers
    for name, side in (("staff", staff), ("customers", customers)):
        for way in _WAYS:
            written = getattr(side, way)
            if written and way not in _STATED.get(dialect, frozenset()):
                message = f"deliveries of the dialect {dialect.value} say nothing of {way}: the rule would never apply"
                findings.error((*path, name, way), "never-told", message, _instead(dialect))
        for word in side.associations:
            if word.strip().upper() not in ASSOCIATIONS:
                hint = did_you_mean(word.upper(), ASSOCIATIONS) or ", ".join(ASSOCIATIONS)
                message = f"GitHub knows no association {word!r}"
                findings.error((*path, name, "associations"), "unknown-association", message, hint)
        for word in side.domains:
            if message := _domain_fault(word):
                findings.error((*path, name, "domains"), "domain", message, "example.com")
    for way in ("people", *_WAYS):
        same = domain_of if way == "domains" else fold_case
        both = set(map(same, getattr(staff, way))) & set(map(same, getattr(customers, way)))
        if both:
            message = f"named for both sides: {', '.join(sorted(both))}"
            findings.error((*path, "customers", way), "both-sides", message, "name each on one side")
    if staff.only and not (staff.people or any(getattr(staff, way) for way in _WAYS)):
        message = "only those named are of the staff, and nobody is named: no answer would ever count"
        findings.error((*path, "staff", "only"), "nobody-answers", message, "people: […]")
    if document.resolutions and dialect not in _NAME_ENDINGS:
        message = f"deliveries of the dialect {dialect.value} name no resolution"
        findings.error((*path, "resolutions"), "never-told", message, "leave it out")


def _domain_fault(word: str) -> str:
    """Why a word is no domain such as `example.com` or `@example.com`; "" if it is one."""
    domain = domain_of(word)
    try:
        ascii_domain(domain)
    except BadMailbox as error:
        return f"{word!r} is no domain: {error}"
    whole = word.strip().rpartition("@")[0] == "" and is_host_name(domain)
    return "" if whole else f"{word!r} is no domain of a mail address"


def _instead(dialect: Dialect) -> str:
    stated = sorted(_STATED.get(dialect, frozenset()))
    return f"say {' or '.join(['people', *stated])}"
