"""Keys that slad knows but would not read at their place: they are refused, not ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sla_catalogue.assembly.authentication import kind_of_proof
from sla_catalogue.assembly.person import every_person
from sla_catalogue.document.allowance import AllowanceDocument
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.holiday import HolidayDocument
from sla_catalogue.document.plan import TargetDocument
from sla_catalogue.document.source import SourceDocument
from sla_catalogue.holiday.generate import HALF_DAY
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.source import AuthenticationKind, Dialect
from sla_domain.allowance import AllowanceUnit
from sla_domain.plan import WorkingDayTime

_Unread = tuple[Path, str]  # where, and why nothing reads it

# What each kind of proof is checked by; a secret belongs to most kinds, and addresses to every one.
_EVERY = frozenset({"scheme", "kind", "addresses", "challenge"})
_PROOF: Mapping[AuthenticationKind, frozenset[str]] = {
    AuthenticationKind.HMAC: frozenset(
        {
            "header",
            "algorithm",
            "encoding",
            "prefix",
            "signed",
            "id_header",
            "timestamp_header",
            "timestamp_key",
            "timestamp_field",
            "timestamp_format",
            "tolerance",
            "secret",
            "secrets",
        }
    ),
    AuthenticationKind.TOKEN: frozenset({"header", "prefix", "secret", "secrets"}),
    AuthenticationKind.BASIC: frozenset({"header", "username", "secret", "secrets"}),
    AuthenticationKind.BEARER: frozenset({"header", "secret", "secrets"}),
    AuthenticationKind.JWT: frozenset(
        {"header", "issuer", "audience", "claims", "algorithms", "jwks_url", "jwks", "tolerance", "secret", "secrets"}
    ),
    AuthenticationKind.MTLS: frozenset({"header", "prefix", "subjects", "proxies"}),
    AuthenticationKind.NONE: frozenset(),
}
# What deliveries of a dialect never state, so that nothing would read the key.
_NO_LABELS = {
    "labels": "tickets of this system have statuses; labels mean nothing to the dialect",
    "priority_labels": "tickets of this system have a priority of their own",
}
_OF_ALERTS = {
    "zone": "every time of an alert names its offset",
    "statuses": "an alert fires or has ended, it has no status",
    "labels": "an alert fires or has ended, its labels move nothing",
    "priority_labels": "the label `severity` is looked up in `priorities`",
    "staff": "nobody acts on an alert, a machine does",
    "customers": "nobody acts on an alert, a machine does",
    "bots": "nobody acts on an alert, a machine does",
}
_OF_EVENTS = {
    "statuses": "events say by their type what happened, and state no status",
    "labels": "events say by their type what happened, and list no labels",
    "priority_labels": "events state the priority, and list no labels",
}
_NOT_OF: Mapping[Dialect, Mapping[str, str]] = {
    Dialect.CLOUDEVENTS: {"zone": "every time of a CloudEvent names its offset", **_OF_EVENTS},
    Dialect.STANDARD_WEBHOOKS: _OF_EVENTS,
    Dialect.GITHUB: {
        "zone": "every time of GitHub names its offset",
        "statuses": "issues of GitHub have labels, no status",
    },
    Dialect.CHATWOOT: {"zone": "every time of Chatwoot names its offset or counts seconds", **_NO_LABELS},
    Dialect.FRESHDESK: {**_NO_LABELS, "customers": "only the requester is named, who is the customer anyway"},
    Dialect.GLPI: _NO_LABELS,
    Dialect.INTERCOM: {"zone": "every time of Intercom is a number of seconds", **_NO_LABELS},
    Dialect.REDMINE: {"zone": "every time of Redmine names its offset", **_NO_LABELS},
    Dialect.SERVICENOW: _NO_LABELS,
    Dialect.ZAMMAD: {"zone": "every time of Zammad names its offset", **_NO_LABELS},
    Dialect.ZENDESK: {"zone": "every time of Zendesk names its offset", **_NO_LABELS},
    Dialect.GITLAB: {
        "zone": "every time of GitLab names its offset",
        "statuses": "issues of GitLab have labels, no status",
    },
    Dialect.LINEAR: {"zone": "every time of Linear names its offset"},
    Dialect.PAGERDUTY: {
        "zone": "every time of PagerDuty names its offset",
        "statuses": "incidents of PagerDuty have fixed states, and none of them waits",
        "labels": "incidents of PagerDuty have no labels",
        "priority_labels": "incidents of PagerDuty have no labels",
        "customers": "only responders act on incidents of PagerDuty",
    },
    Dialect.OPSGENIE: {"zone": "the times of Opsgenie are counted since 1970"},
    Dialect.ALERTMANAGER: _OF_ALERTS,
    Dialect.GRAFANA: _OF_ALERTS,
}
# Dialects whose deliveries list no labels under which a lookup could find anything.
_UNLABELLED = frozenset(
    {
        Dialect.CHATWOOT, Dialect.FRESHDESK, Dialect.GLPI, Dialect.INTERCOM, Dialect.REDMINE, Dialect.SERVICENOW,
        Dialect.ZAMMAD, Dialect.ZENDESK, Dialect.PAGERDUTY, Dialect.CLOUDEVENTS, Dialect.STANDARD_WEBHOOKS,
    }
)  # fmt: skip
_OF_GENERATED = ("categories", "language", "observed", "half_day_closes_at")


def check_unread(subject: CheckedCatalogue) -> None:
    """Add an error to `subject.findings` for each key that has no effect where it is written.

    An example is `zone` of a GitHub source: all times from GitHub have an offset. A catalogue rebuilt from its stored
    text is not checked.
    """
    if subject.context.stored:
        return
    document = subject.written
    found: list[_Unread] = []
    for name, source in document.sources.items():
        found += _of_source(source, ("sources", name))
    for section, entries in (("plans", document.plans), ("contracts", document.contracts)):
        for name, entry in entries.items():
            for index, target in enumerate(entry.targets):
                found += _of_target(target, (section, name, "targets", index))
    for name, plan in document.plans.items():
        for index, allowance in enumerate(plan.allowances):
            found += _of_allowance(allowance, ("plans", name, "allowances", index))
    for name, holiday in document.holidays.items():
        found += _of_holidays(holiday, ("holidays", name))
    if not any(policy.hold for policy in document.escalations.values()):
        found += _of_quiet(document)
    for path, why in found:
        subject.findings.error(path, "unread-key", f"{path[-1]} would be read by nothing: {why}", "leave it out")


def _of_source(source: SourceDocument, path: Path) -> Iterator[_Unread]:
    if source.dialect not in list(Dialect):
        return  # reported where sources are built
    dialect = Dialect(source.dialect)
    for key, why in _NOT_OF.get(dialect, {}).items():
        if key in source.model_fields_set:
            yield (*path, key), why
    if dialect is not Dialect.MAPPED:
        for key in ("map", "preset"):
            if key in source.model_fields_set:
                yield (*path, key), f"{dialect.value} is read without a map; dialect: mapped has one"
    if dialect in _UNLABELLED:
        lookups = {"customer": source.customer, "product": source.product}
        places = [((name,), one) for name, one in lookups.items()]
        for where, lookup in places + [(("attributes", name), one) for name, one in source.attributes.items()]:
            if lookup is not None and lookup.label is not None:
                yield (*path, *where, "label"), f"slad reads no labels of {dialect.value}; say a field"
    if source.authentication is None:
        return
    kind = kind_of_proof(dialect, source.authentication)
    for key in sorted(source.authentication.model_fields_set - _PROOF[kind] - _EVERY):
        yield (*path, "authentication", key), f"a proof of the kind {kind.value} has none"


def _of_target(target: TargetDocument, path: Path) -> Iterator[_Unread]:
    times = [target.time, *target.by_priority.values()]
    if "working_days" in target.model_fields_set and not any(isinstance(time, WorkingDayTime) for time in times):
        yield (*path, "working_days"), "the target counts no working days"


def _of_allowance(allowance: AllowanceDocument, path: Path) -> Iterator[_Unread]:
    if allowance.off_hours is not None and allowance.unit is not AllowanceUnit.HOURS:
        yield (*path, "off_hours"), "only work in hours has a rate"


def _of_quiet(document: CatalogueDocument) -> Iterator[_Unread]:
    """Quiet hours, where no escalation holds anything."""
    why = "no escalation has `hold`, so nothing waits for their end"
    for path, person in every_person(document):
        if person.quiet:
            yield (*path, "quiet"), why
    for name, contract in document.contracts.items():
        for role, holders in contract.roles.items():
            for index, holder in enumerate(holders):
                if holder.quiet:
                    yield ("contracts", name, "roles", role, index, "quiet"), why


def _of_holidays(holiday: HolidayDocument, path: Path) -> Iterator[_Unread]:
    if not holiday.generate:
        for key in _OF_GENERATED:
            if key in holiday.model_fields_set:
                yield (*path, key), "no holidays are generated for this code"
    elif holiday.half_day_closes_at is not None and HALF_DAY not in holiday.categories:
        yield (*path, "half_day_closes_at"), f"the categories name no {HALF_DAY}"
