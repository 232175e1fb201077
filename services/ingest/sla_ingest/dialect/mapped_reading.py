"""What the expressions of a source's map find in one event: texts, times, people and the ticket's phase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sla_catalogue.map_expression import Evaluation, EvaluationFailed
from sla_catalogue.source import Source, TicketPhase, fold_case
from sla_catalogue.source_map import SourceMap, TimeFormat
from sla_domain.event import Actor, TimeQuality
from sla_ingest.dialect.label import phase_by_label, priority_by_label
from sla_ingest.dialect.port import ClaimedTime, IngestRemark, RemarkNote
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    attribute_lookups,
    claimed_time,
    clean_text,
    identifier_text,
    name_text,
    stated_lookups,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, known_side, mail_domain, unknown_side_remark
from sla_ingest.dialect.ticket import resolution_meaning

_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})
_MAX_LABELS = 200
_SIDES = {"staff": Actor.STAFF, "agent": Actor.STAFF, "customer": Actor.CUSTOMER, "bot": Actor.BOT}


class MapFailed(Exception):
    """Raised if a JMESPath expression of a source's map fails on a delivery. The message names the key of the map."""


_KEYS = {"reporter_id": "reporter"}  # attribute -> key of the map, where they differ


class MapReading:
    """Evaluates the JMESPath expressions of a source's map on one event, each at most once.

    The map says where a delivery of the source has each value, such as the ticket's id.

    Args:
        source: The sender, which must have a map.
        event: The event: the whole body, or an item of a batch.
        body: The whole body.
        headers: The headers that the signature covers, by name in lower case.
    """

    __slots__ = (
        "_attributes", "_evaluation", "_found", "_labels", "_phase", "_priority", "_speaker", "_texts",
        "event", "map", "source",
    )  # fmt: skip

    def __init__(self, source: Source, event: Any, body: Any, headers: Any) -> None:
        assert source.map is not None
        self.source = source
        self.map: SourceMap = source.map
        self.event = event
        self._evaluation = Evaluation(body, headers)  # its work is counted over all expressions
        self._found: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._labels: tuple[str, ...] | None = None
        self._phase: tuple[TicketPhase | None, tuple[RemarkNote, ...]] | None = None
        self._priority: tuple[str, tuple[RemarkNote, ...]] | None = None
        self._attributes: Mapping[str, str] | None = None
        self._speaker: Speaker | None = None

    def value(self, name: str) -> Any:
        """Return the value that the expression under a key of the map finds.

        The result is None if the map does not have the key, or if the expression finds nothing.

        Args:
            name: The key, such as `incident`.

        Raises:
            MapFailed: The expression fails.
        """
        if name in self._found:
            return self._found[name]
        expression = getattr(self.map, name)
        found = None if expression is None else self.evaluated(name, expression)
        self._found[name] = found
        return found

    def evaluated(self, name: str, expression: Any) -> Any:
        """Return the value that an expression finds in the event.

        Args:
            name: The expression's key in the map, for the error.
            expression: A compiled JMESPath expression.

        Raises:
            MapFailed: The expression fails.
        """
        try:
            return expression.evaluate(self.event, self._evaluation)
        except EvaluationFailed as failed:
            raise MapFailed(f"{name}: {failed}") from None

    def text(self, name: str, limit: int = 0) -> str:
        """Return the value under a key of the map as text for people; "" if there is none.

        Args:
            name: The key, such as `title`.
            limit: The greatest number of characters. 0 means the limit of attributes.
        """
        known = self._texts.get(name)
        if known is None:
            found = self.value(name)
            known = clean_text(found, limit) if limit and isinstance(found, str) else name_text(found)
            self._texts[name] = known
        return known

    def identifier(self, name: str) -> str:
        """Return the value under a key of the map as an id; "" if it is neither a text nor a whole number."""
        return identifier_text(self.value(name))

    def stated(self, name: str) -> bool:
        """Return whether the map has an expression under this key."""
        return getattr(self.map, name) is not None

    # -- times

    def time(self, name: str, quality: TimeQuality) -> ClaimedTime:
        """Return the time that the expression under a key of the map finds in the event.

        The format of the time is the one that the map names.

        Args:
            name: The key, such as `time`.
            quality: How reliable the time is.

        Raises:
            MapFailed: The expression fails.
        """
        return read_time(self.value(name), self.map.time_format, quality, self.source.zone, self.change_number())

    def change_number(self) -> int:
        """Return the sender's number of the change, such as the ticket's version; 0 if there is none."""
        found = self.value("version")
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 18:
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**63 else 0

    # -- words of the ticket

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the ticket's labels."""
        if self._labels is None:
            found = self.value("labels")
            items = found.split(",") if isinstance(found, str) else found if isinstance(found, list) else []
            self._labels = tuple(filter(None, map(name_text, items[:_MAX_LABELS])))
        return self._labels

    def phase(self) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
        """Return the ticket's phase by its status, resolution and labels, and remarks. The phase is None if not known.

        There is a remark on a status or resolution that no table of the source explains.
        """
        if self._phase is None:
            self._phase = self._phase_now()
        return self._phase

    def _phase_now(self) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
        source, remarks = self.source, []
        status, resolution = self.text("status"), self.text("resolution")
        phase = source.phase_of(status) if status else None
        if status and phase is None:
            remarks.append(RemarkNote(IngestRemark.UNMAPPED_STATUS, status))
        if phase not in _ENDED and source.labels:
            phase = phase_by_label(source, self.labels) or phase
        if phase is TicketPhase.RESOLVED or (phase is TicketPhase.CLOSED and resolution):
            ending, unknown = resolution_meaning(source, resolution, {})
            remarks += unknown
            phase = TicketPhase.CANCELLED if ending is TicketPhase.CANCELLED else phase
        return phase, tuple(remarks)

    def priority(self) -> tuple[str, tuple[RemarkNote, ...]]:
        """Return the plan's priority, by the labels or by the sender's priority, and remarks.

        There is a remark on a priority that the source's table lacks.
        """
        if self._priority is None:
            self._priority = self._priority_now()
        return self._priority

    def _priority_now(self) -> tuple[str, tuple[RemarkNote, ...]]:
        by_label = priority_by_label(self.source, self.labels) if self.source.priority_labels else ""
        written = self.text("priority")
        if by_label or not written:
            return by_label, ()
        known = self.source.priority_of(written)
        if known is None and self.source.priorities:
            return written, (RemarkNote(IngestRemark.UNMAPPED_PRIORITY, written),)
        return known or written, ()

    def attributes(self) -> Mapping[str, str]:
        """Return the ticket's attributes that the event shows, as name -> value.

        They are found by the map and by the lookups of the source (settings that say where to find a value). A value is
        "" if the map finds an empty text, or if the event shows that the ticket has no value for a lookup
        (`stated_lookups`).
        """
        if self._attributes is None:
            self._attributes = self._attributes_now()
        return self._attributes

    def _attributes_now(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in ("title", "url", "status"):
            if self.stated(name):
                found[name] = self.text(name)
        if self.stated("description"):
            found["description"] = self.text("description", MAX_DESCRIPTION)
        if self.stated("reporter"):
            found["reporter"] = found["reporter_id"] = self.text("reporter")
        if self.stated("priority") or self.source.priority_labels:
            found["priority"], _ = self.priority()
        for name in ("customer", "product"):
            if self.stated(name):
                found[name] = self.text(name)
        emptied = {
            name for name in found if self.stated(_KEYS.get(name, name)) and self._emptied(_KEYS.get(name, name))
        }
        if self.source.priority_labels and not self.stated("priority") and self._shown_labels() is not None:
            emptied.add("priority")
        for name, expression in self.map.attributes.items():
            value = self.evaluated(f"attributes.{name}", expression)
            found[name] = name_text(value)
            emptied |= {name} if value == "" else set()
        lookups = attribute_lookups(self.source, None, None)
        for name, lookup in lookups.items():
            if found.get(name):
                found[name] = clean_text(lookup.translate(found[name]))
        missing = {name: lookup for name, lookup in lookups.items() if not found.get(name)}
        looked_up = stated_lookups(missing, self.event, self._shown_labels())
        emptied |= looked_up.keys()
        return {name: value for name, value in (found | looked_up).items() if value or name in emptied}

    def _shown_labels(self) -> tuple[str, ...] | None:
        """The ticket's labels, or None if the event does not show them: nothing found says nothing."""
        return None if self.value("labels") is None else self.labels

    def _emptied(self, name: str) -> bool:
        """Whether the event says that there is no such value: by an empty text. Nothing found says nothing."""
        return bool(self.value(name) == "")

    # -- people

    def speaker(self) -> Speaker:
        """Return whether the event's author is customer, staff, bot or unknown, with a remark if unknown."""
        if self._speaker is None:
            self._speaker = self._speaker_now()
        return self._speaker

    def _speaker_now(self) -> Speaker:
        account, shown = self.text("actor"), self.text("actor_name")
        said = _SIDES.get(fold_case(self.text("actor_side")))
        groups = self.value("actor_groups")
        listed = groups if isinstance(groups, list) else [groups]
        person = AccountDetails(
            names=frozenset(filter(None, [account])),
            shown=shown,
            account=account,
            groups=frozenset(fold_case(name) for one in listed[:_MAX_LABELS] if (name := name_text(one))),
            domain=mail_domain(account),
            bot=said is Actor.BOT,
            customer=said is Actor.CUSTOMER,
            member=said is Actor.STAFF,
        )
        reporter = self.text("reporter")
        side = known_side(self.source, person, reported=bool(account) and account == reporter)
        if side is not None:
            return Speaker(side)
        return Speaker(Actor.UNKNOWN, (unknown_side_remark(self.source, person.words),))


def read_time(value: Any, form: str, quality: TimeQuality, zone: str, version: int) -> ClaimedTime:
    """Return a value of the event as a time (ClaimedTime).

    If the value means no time or cannot be read, the result's `at` is None. A remark quotes a value that cannot be
    read.

    Args:
        form: The format of the value: a TimeFormat, or a pattern of `strptime`.
        quality: How reliable the time is.
        zone: The time zone of a time without an offset.
        version: The sender's number of the change; 0 for none.
    """
    if value is None or value == "":
        return ClaimedTime(at=None, quality=quality, version=version)
    if "%" in form:
        try:
            value = datetime.strptime(str(value)[:100].strip(), form).isoformat()  # noqa: DTZ007 - the zone comes below
        except ValueError:
            note = RemarkNote(IngestRemark.NO_TIME, f"{str(value)[:60]!r} is not written as {form}")
            return ClaimedTime(at=None, quality=quality, version=version, remarks=(note,))
    elif form != TimeFormat.ANY:
        value = _counted(value, 1_000 if form == TimeFormat.SECONDS else 1)
    return claimed_time(value, quality, zone=zone, version=version)


def _counted(value: Any, milliseconds: int) -> Any:
    """A number of a known unit in microseconds as text of RFC 3339; any other value as it is, which is no time then."""
    try:
        count = float(value) if isinstance(value, str) else value
        micros = (
            None if isinstance(count, bool) or not isinstance(count, int | float) else int(count * milliseconds * 1_000)
        )
    except (ValueError, OverflowError):
        return value
    if micros is None or micros == 0:
        return None if micros == 0 else value
    return micros if abs(micros) >= 10**14 else _small(micros)


def _small(micros: int) -> str:
    """Microseconds of the first years after 1970, which by their size would be read as milliseconds."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)).isoformat()
