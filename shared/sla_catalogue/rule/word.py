"""Words that may be a slip: unknown languages, misspelt attributes, roles that nothing uses, hours past midnight.

What is surely wrong is an error; what may be meant is a warning, and the catalogue can be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from sla_catalogue.assembly.person import MAIL_LANGUAGES, every_person
from sla_catalogue.document.contract import PersonDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.source import LookupDocument
from sla_catalogue.hours import DAY, DAYS, MinuteWindow, Week
from sla_catalogue.problem import Path, did_you_mean
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.language.tag import nearest_tag
from sla_domain.incident import Scope
from sla_domain.language_table import LANGUAGE_TAGS
from sla_domain.version import names_one_version

# What every incident may state, whatever its source; besides, sources state further attributes.
ATTRIBUTES = frozenset(
    {
        "customer", "priority", "product", "type", "channel", "title", "url", "reporter", "assignee", "group", "line",
        "language", "description", "version", "status", "key", "contract", "plan", "base_plan", "scope",
    }
)  # fmt: skip
_OWN = frozenset({"contract", "plan", "base_plan", "scope"})  # slad states these itself
_SCOPES = frozenset(scope.word for scope in Scope)  # every value of the attribute `scope`
_LONG_NIGHT = 12 * 60  # a shift over midnight that is longer is more likely two times swapped


def check_words(subject: CheckedCatalogue) -> None:
    """Check single words of the catalogue, and add likely mistakes to `subject.findings`.

    Mistakes are unknown languages, misspelt attributes and roles, hours past midnight whose two times look swapped,
    lookups (places of values in deliveries) that can find nothing, and a range of versions where the versions that a
    customer runs are expected.
    """
    _check_languages(subject)
    _check_attributes(subject)
    _check_roles(subject)
    _check_nights(subject)
    _check_lookups(subject)
    _check_versions(subject)


# -- languages --------------------------------------------------------------------------------------------


def _check_languages(subject: CheckedCatalogue) -> None:
    by_tag: dict[str, list[Path]] = {}
    for path, tag, unwritten in _tags(subject):
        if not is_language(tag):
            message = f"no language has the tag {tag!r}"
            subject.findings.error(path, "unknown-language", message, _like(tag, sorted(LANGUAGES)))
        elif unwritten:
            by_tag.setdefault(tag, []).append(path)
    for tag, paths in by_tag.items():
        more = len(paths) - 1
        others = f" and {more} {'others' if more > 1 else 'other'}" if more else ""
        who = f"{paths[0][-2]}{others}"
        message = f"slad has no words for mails in {tag}: {who} is written to in the contract's language"
        subject.findings.warning(paths[0], "no-mail-texts", message, f"it has {', '.join(sorted(MAIL_LANGUAGES))}")
    for contract in subject.bought:
        spoken = contract.contract.languages
        if spoken and not any(nearest_tag(tag, MAIL_LANGUAGES) for tag in spoken) and all(map(is_language, spoken)):
            message = (
                f"slad has no words for mails in {', '.join(spoken)}: who names no language is written to in English"
            )
            subject.findings.warning((*contract.path, "languages"), "no-mail-texts", message,
                                     f"it has {', '.join(sorted(MAIL_LANGUAGES))}")  # fmt: skip
        served = {language_of(tag) for tag in contract.built.plan.languages}
        other = [tag for tag in contract.contract.languages if served and language_of(tag) not in served]
        if other and "languages" in contract.document.model_fields_set:
            message = f"the plan {contract.document.plan} is not served in {', '.join(other)}"
            subject.findings.warning((*contract.path, "languages"), "language-not-served", message,
                                     f"it is served in {', '.join(contract.built.plan.languages)}")  # fmt: skip


def _tags(subject: CheckedCatalogue) -> Iterator[tuple[Path, str, bool]]:
    """Every language named, with its place, and whether somebody should be written to in it and slad has no words."""
    document = subject.written
    for path, person in every_person(document):
        yield from _spoken(path, person)
    for id_, contract in document.contracts.items():
        for tag in contract.languages:
            yield ("contracts", id_, "languages"), tag, False
    for id_, plan in document.plans.items():
        for tag in plan.languages:
            yield ("plans", id_, "languages"), tag, False


def _spoken(path: Path, person: PersonDocument) -> Iterator[tuple[Path, str, bool]]:
    """Somebody is written to in the first of their languages that mails can be in, else in the contract's."""
    key = "languages" if person.languages else "language"
    spoken = any(nearest_tag(tag, MAIL_LANGUAGES) for tag in person.spoken)
    for number, tag in enumerate(person.spoken):
        yield (*path, key), tag, number == 0 and not spoken


def is_language(tag: str) -> bool:
    """Return whether the first part of a language tag, such as `zh` in `zh-TW`, is a known language."""
    return language_of(tag) in _known()


def language_of(tag: str) -> str:
    """Return the first part of a language tag in lower case, such as `zh` for `zh_TW`."""
    return tag.replace("_", "-").partition("-")[0].lower()


@cache
def _known() -> frozenset[str]:
    from babel.core import get_global  # only here: a catalogue is checked more often than read for its languages

    return frozenset(map(language_of, (*get_global("likely_subtags"), *get_global("language_aliases"))))


def _like(tag: str, known: list[str]) -> str:
    return did_you_mean(tag, known) or f"write {', '.join(LANGUAGE_TAGS)}, …"


# -- attributes and roles ---------------------------------------------------------------------------------


def _check_attributes(subject: CheckedCatalogue) -> None:
    """A condition on an attribute that is nearly one that incidents have."""
    document = subject.context.document
    known = {*ATTRIBUTES, *(name for source in document.sources.values() for name in source.attributes)}
    known |= {name for scenario in document.tests for name in scenario.attributes}
    rows = [(built.path, built.target) for plan in subject.plans for built in plan.rows]
    rows += [(row.path, row.target) for contract in subject.bought for row in contract.rows]
    seen: set[tuple[Path, str]] = set()
    for path, target in rows:
        for condition in target.match.conditions:
            if condition.attribute == "scope" and (odd := sorted(condition.normal_values - _SCOPES)):
                message = f"no incident is {odd[0]!r} of scope: the row would never apply"
                subject.findings.error(path, "unknown-scope", message, _like_scope(odd[0]))
            if condition.attribute in known or (path, condition.attribute) in seen:
                continue
            seen.add((path, condition.attribute))
            if near := get_close_matches(condition.attribute, known, n=1, cutoff=0.8):
                message = f"the row asks for the attribute {condition.attribute!r}, which nothing here states"
                subject.findings.warning(path, "attribute-misspelt", message, f"did you mean {near[0]!r}?")
    for name, source in subject.written.sources.items():
        for attribute in sorted(_OWN & set(source.attributes)):
            message = f"slad itself states the attribute {attribute!r} of an incident"
            subject.findings.error(("sources", name, "attributes", attribute), "own-attribute", message, "another name")


def _check_roles(subject: CheckedCatalogue) -> None:
    """A role that a contract fills and that neither its plan nor its escalation asks for."""
    document = subject.context.document
    named = {name for policy in document.escalations.values() for level in policy.levels for name in level.tell}
    for contract in subject.contracts:
        asked = named | {role.id for each in contract.bought for role in each.built.plan.roles} | {"operators"}
        for role in contract.document.roles:
            if role not in asked and (near := get_close_matches(role, asked, n=1, cutoff=0.8)):
                message = f"neither the plan nor an escalation asks for the role {role!r}"
                subject.findings.warning((*contract.path, "roles", role), "role-unasked", message,
                                         f"did you mean {near[0]!r}?")  # fmt: skip


def _like_scope(word: str) -> str:
    return did_you_mean(word, sorted(_SCOPES)) or ", ".join(sorted(_SCOPES))


# -- hours ------------------------------------------------------------------------------------------------


def _check_nights(subject: CheckedCatalogue) -> None:
    for path, weeks in _written(subject):
        found = list(_swapped(weeks))
        if found:
            days = ", ".join(f"{DAYS[day]} {window}" for day, window in found)
            message = f"open past midnight into the next day: {days}"
            hint = "write the earlier time first, unless work goes on through the night"
            subject.findings.warning((*path, "hours"), "over-midnight", message, hint)


_Weeks = tuple[Week, ...]


def _written(subject: CheckedCatalogue) -> Iterator[tuple[Path, _Weeks]]:
    """The hours of work wherever they are written; quiet hours are nights."""
    document = subject.written
    for name, coverage in document.coverages.items():
        yield ("coverages", name), _weeks(coverage)
    for section, entries in (("plans", document.plans), ("contracts", document.contracts)):
        for id_, entry in entries.items():
            for name, coverage in entry.coverages.items():
                yield (section, id_, "coverages", name), _weeks(coverage)
    for path, person in every_person(document):
        yield path, (person.hours or {},)
    for id_, rota in document.rotas.items():
        for place, layer in rota.all_layers():
            yield ("rotas", id_, *place), (layer.hours or {},)


def _weeks(coverage: CoverageDocument) -> _Weeks:
    return (coverage.hours or {}, *(season.hours or {} for season in coverage.seasons))


def _swapped(weeks: _Weeks) -> Iterator[tuple[int, MinuteWindow]]:
    """Windows past midnight that look like two times in the wrong order: long, or another day's hours turned around."""
    windows = [(day, window) for week in weeks for day, open_ in week.items() for window in open_]
    by_day = {(window.start, window.end) for _, window in windows if window.end <= DAY}
    for day, window in windows:
        turned = (window.end - DAY, window.start)
        if window.end > DAY and (turned in by_day or window.end - window.start > _LONG_NIGHT):
            yield day, window


# -- lookups ----------------------------------------------------------------------------------------------


def _check_lookups(subject: CheckedCatalogue) -> None:
    for name, source in subject.written.sources.items():
        lookups: list[tuple[str, LookupDocument | None]] = [("customer", source.customer), ("product", source.product)]
        lookups += [(f"attributes.{attribute}", lookup) for attribute, lookup in source.attributes.items()]
        for where, lookup in lookups:
            path: Path = ("sources", name, *where.split(".", 1))
            if lookup is None:
                continue
            if not any((lookup.field, lookup.label, lookup.constant)):
                message = f"{where} says neither a field, nor a label, nor a constant: nothing is ever found"
                subject.findings.error(path, "empty-lookup", message, "field: issue.fields.customfield_10002")
            elif lookup.values and not any((lookup.field, lookup.label)):
                message = f"{where} translates `values`, but looks nothing up: it is always {lookup.constant!r}"
                subject.findings.error(path, "empty-lookup", message, "field: …, or leave `values` out")


# -- versions ---------------------------------------------------------------------------------------------


def _check_versions(subject: CheckedCatalogue) -> None:
    """Report ranges among the versions that customers run: no critical fix would match them."""
    for name, contract in subject.written.contracts.items():
        for number, item in enumerate(contract.environment):
            for version in item.versions:
                if not names_one_version(version):
                    path: Path = ("contracts", name, "environment", number, "versions")
                    message = f"{version!r} is no version that somebody runs, but a range"
                    subject.findings.error(path, "version-range", message, "name each version, or none for any")
