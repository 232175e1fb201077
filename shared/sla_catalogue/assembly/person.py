"""`people` → who can be notified, at which addresses, in which languages, and in which hours they work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sla_catalogue.assembly.coverage import check_week, weekly_of
from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import channel_kinds, normalise_address
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.contract import PersonDocument
from sla_catalogue.hours import DAY, Week
from sla_catalogue.problem import Path
from sla_domain.calendar import Calendar, CalendarSpec, growing_calendar, load_zone
from sla_domain.contract import Person, Side
from sla_domain.errors import UnknownZone
from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.language.tag import first_available

MAIL_LANGUAGES = frozenset(LANGUAGES)
"""In which languages slad writes mails; a test compares it with the notifier's templates."""


def every_person(document: CatalogueDocument) -> Iterator[tuple[Path, PersonDocument]]:
    """Yield each person of a catalogue as (path in the catalogue, the person's document).

    People of the section `people` come first, then those of each contract.
    """
    for id_, each in document.people.items():
        yield ("people", id_), each
    for name, contract in document.contracts.items():
        for id_, each in contract.people.items():
            yield ("contracts", name, "people", id_), each


def check_people(people: Iterable[tuple[Path, PersonDocument]], context: Context) -> None:
    """Check the time zones, working hours and quiet hours of people.

    Unknown zones, overlapping working hours, and quiet hours that overlap or never end are reported to
    `context.findings`.
    """
    for path, person in people:
        if person.zone is not None:
            check_zone(person.zone, (*path, "zone"), context.findings)
        check_week(person.hours or {}, (*path, "hours"), context)
        check_quiet(person.quiet, (*path, "quiet"), context)


def check_quiet(hours: Week | None, path: Path, context: Context) -> None:
    """Check quiet hours, and add mistakes to `context.findings`.

    Mistakes are hours that overlap, gaps of at most 5 minutes, and quiet hours that never end.

    Args:
        hours: The weekly hours as written. None means none.
        path: Path of the hours in the catalogue.
    """
    check_week(hours or {}, path, context)
    minutes = sum(window.end - window.start for windows in (hours or {}).values() for window in windows)
    if minutes >= 7 * DAY:
        message = "quiet hours that never end would hold messages for ever"
        context.findings.error(path, "quiet-endless", message, 'quiet: {daily: "22:00-07:00"}')


def build_person(
    id_: str, document: PersonDocument, notices: bool, side: Side, zone: str, languages: Sequence[str]
) -> Person:
    """Build the person that a document describes.

    The addresses are those under `addresses`, then those under keys of channel kinds (such as `email`), each once.

    Args:
        id_: Id of the person.
        notices: Whether to notify the person of critical fixes. Used if the document does not say.
        side: The person's side, staff or customer. Used if the document does not say.
        zone: Time zone of the working hours. Used if the document names none.
        languages: The languages of the contract, best first. Used for mails if the document names no language of mails.
    """
    of_kinds = (f"{kind.name}:{address}" for kind in channel_kinds() for address in document.of_kind(kind.name))
    addresses = [normalise_address(address) for address in (*document.addresses, *of_kinds)]
    return Person(
        id=id_,
        name=document.name,
        addresses=tuple(dict.fromkeys(addresses)),
        language=mail_language(document, languages),
        languages=document.spoken,
        notices=notices if document.notices is None else document.notices,
        side=document.side or side,
        zone=document.zone,
        week=weekly_of(document.hours or {}),
        hours=weekly_calendar("working hours", document.hours, document.zone or zone),
        quiet=weekly_calendar("quiet hours", document.quiet, document.zone or zone),
        until=document.until,
    )


def mail_language(document: PersonDocument, languages: Sequence[str]) -> str:
    """Return the tag of the language in which to write mails to a person.

    The languages of the person's document are tried first, then those of the contract (`languages`). The first for
    which slad has mail texts is returned, or English if there is none.
    """
    stated = document.spoken if {"language", "languages"} & document.model_fields_set else ()
    return first_available((*stated, *languages), MAIL_LANGUAGES)


def weekly_calendar(name: str, hours: Week | None, zone: str) -> Calendar | None:
    """Return the calendar of weekly hours without holidays.

    The result is None if there are no hours, or if the time zone is unknown. An unknown zone is not reported here:
    `check_people` or the contract's own check reports it.

    Args:
        name: A name of the hours, for error messages.
        hours: The hours as written.
        zone: The time zone of the hours.
    """
    if not hours:
        return None
    try:
        load_zone(zone)
    except UnknownZone:
        return None
    return _compiled(CalendarSpec(id=name, zone=zone, weekly=weekly_of(hours)))


@lru_cache(maxsize=1024)
def _compiled(spec: CalendarSpec) -> Calendar:
    return growing_calendar(spec)
