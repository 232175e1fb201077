"""`rotas.<id>.feed` → the shifts that calendar files list; a stored catalogue has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from sla_catalogue.assembly.rota import ListedShifts
from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import channel_kinds
from sla_catalogue.document.contract import PersonDocument
from sla_catalogue.document.rota import RotaFeedDocument
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.holiday.tidy import BadFeed, decode_feed
from sla_catalogue.problem import Path
from sla_catalogue.rota.feed import PeopleByName, ShiftFeed, read_shifts
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone
from sla_domain.rota import ListedShift

MAX_FEED_BYTES = 4 * 1024 * 1024


def read_rota_feeds(horizon: Horizon, bases: Mapping[str, FilePath], context: Context) -> ListedShifts:
    """Read the shifts in the calendar files of rotas (on-call plans).

    The result is rota id -> number of the layer (from 0) -> shifts. An unreadable file is reported as an error to
    `context.findings`. An entry of a file that is left out, or that is unclear, is reported as a warning.

    Args:
        horizon: The years from which to read shifts.
        bases: Name of a catalogue file -> directory for relative file names in that file.
    """
    found: dict[str, dict[int, tuple[ListedShift, ...]]] = {}
    for name, document in context.document.rotas.items():
        for place, (below, layer) in enumerate(document.all_layers()):
            if layer.feed is not None:
                where: Path = ("rotas", name, *below, "feed")
                for word, person in layer.feed.names.items():
                    context.has_entry("people", person, (*where, "names", word), "person")
                shifts = _read(layer.feed, document.zone, where, horizon, bases, context).shifts
                found.setdefault(name, {})[place] = shifts
    return found


def _read(
    feed: RotaFeedDocument, zone: str, path: Path, horizon: Horizon, bases: Mapping[str, FilePath], context: Context
) -> ShiftFeed:
    findings = context.findings
    base = bases.get(findings.at(path).file, FilePath())
    people = PeopleByName({id_: _called(each) for id_, each in context.document.people.items()}, feed.names)
    try:
        load_zone(zone)
        with (base / feed.file).open("rb") as stream:
            content = stream.read(MAX_FEED_BYTES + 1)
        if len(content) > MAX_FEED_BYTES:
            raise BadFeed(f"the feed is larger than {MAX_FEED_BYTES} bytes")
        text, doubts = decode_feed(content)
        found = read_shifts(text, people, zone, horizon)
        for remark in (*doubts, *found.remarks):
            hint = "correct the entry, or say under `names` who is meant"
            findings.warning(path, "feed-entry", f"{feed.file}: {remark}", hint)
        return found
    except UnknownZone:
        return ShiftFeed()  # reported where rotas are built
    except OSError as error:
        findings.error(path, "feed", f"{feed.file} cannot be read: {error.strerror}", "check the path")
    except (BadFeed, UnicodeDecodeError) as error:
        findings.error(path, "feed", f"{feed.file}: {error}", "export it again as iCalendar")
    return ShiftFeed()


def _called(person: PersonDocument) -> Iterator[str]:
    """The name, and the addresses of the person's own, without their kind."""
    yield person.name
    for kind in channel_kinds():
        if kind.personal:
            prefix = f"{kind.name}:"
            yield from person.of_kind(kind.name)
            yield from (each.removeprefix(prefix) for each in person.addresses if each.startswith(prefix))
