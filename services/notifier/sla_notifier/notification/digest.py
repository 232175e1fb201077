"""A digest in words, put together when it leaves: one line an incident with its latest state, the most urgent first.

Pure. A warning whose breach was gathered too is part of the breach's line. Pages of clocks that ended meanwhile were
cancelled; the closing message reports their breach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import structlog

from sla_catalogue import Catalogue
from sla_domain.contract import Side
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.hold.message import RELEASED, WAITED
from sla_notifier.link import Links
from sla_notifier.notice.registered import is_registered
from sla_notifier.notification.directory import contract_of, title_of
from sla_notifier.notification.enqueue import bounded
from sla_notifier.notification.gather import FLOOD
from sla_notifier.text.content import Action, Content, Item
from sla_notifier.text.render import Texts
from sla_notifier.text.words import one_line

_log = structlog.get_logger(__name__)

MOST_LINES = 25  # longer mails are not read at night; the page behind the link shows all
MOST_CUSTOMERS = 2
_COUNTED = {
    MessageKind.PAGE: "broken",
    MessageKind.INFO: "broken",
    MessageKind.CRITICAL_FIX: "fixes",
    MessageKind.WARNING: "due_soon",
    MessageKind.UNPROMISED: "unpromised",
    MessageKind.TAKEN_BACK: "withdrawn",
    MessageKind.RESOLVED: "ended",
    MessageKind.ADVISORY: "fixes",
    MessageKind.NOTICE_ENDED: "ended",
    MessageKind.OBJECTIVE: "objectives",
    MessageKind.REPORT: "reports",
    MessageKind.HAPPENING: "happenings",
    MessageKind.CONTRACT: "contract_news",
}
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            MessageKind.PAGE,
            MessageKind.CRITICAL_FIX,
            MessageKind.INFO,
            MessageKind.WARNING,
            MessageKind.UNPROMISED,
            MessageKind.HAPPENING,
            MessageKind.OBJECTIVE,
            MessageKind.CONTRACT,
            MessageKind.REPORT,
            MessageKind.ADVISORY,
            MessageKind.TAKEN_BACK,
            MessageKind.RESOLVED,
            MessageKind.NOTICE_ENDED,
        )
    )
}
_STEPS = {
    MessageKind.WARNING: 0,
    MessageKind.PAGE: 1,
    MessageKind.INFO: 1,
    MessageKind.CRITICAL_FIX: 1,
    MessageKind.UNPROMISED: 1,
    MessageKind.TAKEN_BACK: 2,
    MessageKind.RESOLVED: 2,
    MessageKind.ADVISORY: 1,
    MessageKind.NOTICE_ENDED: 2,
    MessageKind.OBJECTIVE: 1,
    MessageKind.REPORT: 1,
    MessageKind.HAPPENING: 1,
    MessageKind.CONTRACT: 1,
}
ACKNOWLEDGEABLE = (MessageKind.PAGE, MessageKind.CRITICAL_FIX)  # what asks for an acknowledgement


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """All messages in a digest about one target of an incident, or about one critical fix.

    A digest is a mail that collects several messages.
    """

    row: DeliveryRow
    """The newest message."""
    data: Mapping[str, Any]
    """The `data` of the newest message's webhook payload."""
    before: tuple[MessageKind, ...] = ()
    """The kinds of the earlier messages, each once, without the kind of the newest."""

    @property
    def customer(self) -> str:
        """Return the customer's name; "" if the message has no customer, such as a critical fix."""
        return str(self.data.get("customer") or "")

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Return the key by which the entries of a digest are sorted, the most urgent first.

        Entries are sorted by the kind of their newest message (pages before all others), and then by the place of this
        message in the queue.
        """
        return _RANK[self.row.kind], self.row.turn, self.row.due_at, self.row.incident, self.row.id


def grouped_by_incident(carried: Sequence[DeliveryRow]) -> list[list[DigestEntry]]:
    """Return the entries of a digest, grouped by incident or critical fix.

    A digest is a mail that collects several messages. An entry has the messages about one alert. The groups, and the
    entries in each group, are sorted by urgency, the most urgent first.

    Args:
        carried: The deliveries in the digest.
    """
    of_promise: dict[str, list[DeliveryRow]] = {}
    for row in sorted(carried, key=lambda each: (each.episode, _STEPS.get(each.kind, 1), each.created_at, each.id)):
        of_promise.setdefault(row.alert or row.id, []).append(row)
    of_incident: dict[str, list[DigestEntry]] = {}
    for rows in of_promise.values():
        last = rows[-1]
        one = DigestEntry(
            last, _data(last), tuple(dict.fromkeys(row.kind for row in rows[:-1] if row.kind != last.kind))
        )
        of_incident.setdefault(last.incident or last.notice or last.id, []).append(one)
    heaps = [sorted(heap, key=lambda one: one.urgency) for heap in of_incident.values()]
    return sorted(heaps, key=lambda heap: heap[0].urgency)


def compose_digest(
    digest: DeliveryRow, carried: Sequence[DeliveryRow], texts: Texts, links: Links, catalogue: Catalogue, now: datetime
) -> DeliveryRow:
    """Return the delivery of a digest with its text, ready to be sent.

    A digest is a mail that collects several messages. Subject, text, HTML and payload are filled in, in the person's
    language.

    Args:
        carried: The deliveries in the digest. If there are none, the digest is returned as cancelled.
        now: The present instant. Spans of time in the text are computed for this instant.
    """
    if not carried:
        return replace(digest, state=DeliveryState.CANCELLED, reason=UnsentReason.NOTHING_LEFT.value, finished_at=now)
    contract = contract_of(catalogue, digest.contract)
    person = catalogue.rulebook.person(contract, digest.person)
    heaps = grouped_by_incident(carried)
    language = person.language if person is not None else "en"
    titles = {one.row.id: title_of(catalogue, one.row.contract) for heap in heaps for one in heap}
    message = texts.message(_content(digest, heaps, texts, links, language, titles, now), language)
    return replace(
        digest,
        subject=message.subject,
        text=message.text,
        html=message.html,
        payload=bounded({"timestamp": now, **message.payload}).decode(),
    )


def _content(
    digest: DeliveryRow,
    heaps: Sequence[Sequence[DigestEntry]],
    texts: Texts,
    links: Links,
    language: str,
    titles: Mapping[str, str],
    now: datetime,
) -> Content:
    """`titles`: of the contract of each entry, by the id of its row; a digest may gather messages of several."""
    labels = texts.words(language)
    every = [one for heap in heaps for one in heap]
    counts = dict.fromkeys(_COUNTED.values(), 0)
    for one in every:
        counts[_COUNTED[one.row.kind]] += 1
    asked = sum(one.row.kind in ACKNOWLEDGEABLE for one in every)
    page = links.acknowledge_digest(digest.id, digest.person, now)  # shows everything, and a button if it is asked
    answer = page if asked else ""
    theirs = digest.side == Side.CUSTOMER.value
    leave = links.unsubscribe(digest.person, now) if is_registered(digest.person) else ""
    if theirs and not leave:
        leave = links.opt_out(digest.contract, digest.person, now)
    items = tuple(
        Item(line_of(heap, labels), "" if theirs or not heap[0].row.incident else links.incident(heap[0].row.incident))
        for heap in heaps[:MOST_LINES]
    )
    customers = _each_once(one.customer or titles[one.row.id] for one in every)
    return Content(
        kind=MessageKind.DIGEST,
        zone="UTC",
        values={
            "customers": _few(customers, labels),
            "count": len(every),
            "incidents": sum(bool(heap[0].row.incident) for heap in heaps),  # a critical fix is on no ticket
            "contract": _few(_each_once(titles[one.row.id] for one in every), labels),
            "asked": asked,
            **counts,
        },
        items=items,
        more=max(len(heaps) - MOST_LINES, 0),
        more_url=page,
        actions=(
            Action("acknowledge_all" if asked > 1 else "acknowledge", answer, main=True),
            Action("open_board", "" if theirs else links.board(), main=not asked),
            Action("unsubscribe" if is_registered(digest.person) else "opt_out", leave),
        ),
        why=texts.phrases_in_words((WAITED,) if digest.occasion.startswith(RELEASED) else FLOOD, language),
        data={
            "count": len(every),
            **counts,
            "customers": [one_line(name) for name in customers[:100]],
            "acknowledge_url": answer,
            "unsubscribe_url": leave,
            "items": [{"line": item.line, "incident_url": item.url} for item in items],
            "recipient": digest.person,
        },
    )


def line_of(heap: Sequence[DigestEntry], labels: Mapping[str, str]) -> str:
    """Return the text of a digest's line about one incident.

    A digest is a mail that collects several messages. For each entry the line has the subject of the newest message,
    followed by the kinds of the earlier messages.

    Args:
        heap: The incident's entries, each with the messages about one alert.
        labels: Maps a text's key to the text in the reader's language, from `Texts.words`.
    """
    return labels["semicolon"].join(_one(one, labels) for one in heap)


def _one(one: DigestEntry, labels: Mapping[str, str]) -> str:
    line = one.row.subject or line_without_words(one.row.kind, one.row.incident or one.row.notice, labels)
    if not one.before:
        return line
    return f"{line} – {labels['comma'].join(labels[f'was_{kind.value}'] for kind in one.before)}"


def line_without_words(kind: MessageKind, about: str, labels: Mapping[str, str]) -> str:
    """Return a line of a digest for a message that could not be written, such as `Breached: demo:1 (see the board)`.

    A digest is a mail that collects several messages.

    Args:
        kind: The kind of the message.
        about: The id of the incident, or of the notice of a critical fix.
        labels: Text key -> text in the reader's language, from `Texts.words`.
    """
    return one_line(labels["not_worded"].format(kind=labels[f"kind_{kind.value}"], about=about), 200)


def _each_once(names: Iterable[str]) -> list[str]:
    """Return the names, each once whatever its case, in their order."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return list(found.values())


def _few(customers: Sequence[str], labels: Mapping[str, str]) -> str:
    shown = [one_line(name, 60) for name in customers[:MOST_CUSTOMERS]]
    if len(customers) > MOST_CUSTOMERS:
        return labels["and_others"].format(names=labels["comma"].join(shown), count=len(customers) - MOST_CUSTOMERS)
    return labels["and_last"].format(first=shown[0], last=shown[1]) if len(shown) == 2 else shown[0]


def _data(row: DeliveryRow) -> Mapping[str, Any]:
    try:
        data = orjson.loads(row.payload).get("data", {})
    except (ValueError, AttributeError):
        _log.exception("digest.unreadable", delivery=row.id)
        return {}
    return data if isinstance(data, dict) else {}
