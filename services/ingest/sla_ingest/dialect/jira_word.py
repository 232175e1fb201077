"""The meaning of Jira's statuses, resolutions and priorities: by id, then by name, then by category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Source, TicketPhase, fold_case
from sla_ingest.dialect.port import IngestRemark, RemarkNote
from sla_ingest.dialect.read import Node, object_at, text_at

USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "open": TicketPhase.OPEN,
    "new": TicketPhase.OPEN,
    "to do": TicketPhase.OPEN,
    "backlog": TicketPhase.OPEN,
    "reopened": TicketPhase.OPEN,
    "waiting for support": TicketPhase.OPEN,
    "waiting for triage": TicketPhase.OPEN,
    "in progress": TicketPhase.IN_PROGRESS,
    "work in progress": TicketPhase.IN_PROGRESS,
    "in review": TicketPhase.IN_PROGRESS,
    "escalated": TicketPhase.IN_PROGRESS,
    "waiting for customer": TicketPhase.WAITING_CUSTOMER,
    "awaiting customer": TicketPhase.WAITING_CUSTOMER,
    "customer action required": TicketPhase.WAITING_CUSTOMER,
    "waiting for vendor": TicketPhase.WAITING_VENDOR,
    "waiting for third party": TicketPhase.WAITING_VENDOR,
    "pending": TicketPhase.WAITING_OTHER,
    "on hold": TicketPhase.WAITING_OTHER,
    "resolved": TicketPhase.RESOLVED,
    "done": TicketPhase.RESOLVED,
    "completed": TicketPhase.RESOLVED,
    "closed": TicketPhase.CLOSED,
    "canceled": TicketPhase.CANCELLED,
    "cancelled": TicketPhase.CANCELLED,
    "declined": TicketPhase.CANCELLED,
}
# Of the statuses that every Jira has had from its first day. The others of them are renamed into waits, too.
_STATUS_NUMBERS: Mapping[str, TicketPhase] = {"5": TicketPhase.RESOLVED, "6": TicketPhase.CLOSED}
_CATEGORIES: Mapping[str, TicketPhase] = {
    "new": TicketPhase.OPEN,
    "indeterminate": TicketPhase.IN_PROGRESS,
    "done": TicketPhase.RESOLVED,
}
_CATEGORY_NUMBERS: Mapping[str, str] = {"2": "new", "4": "indeterminate", "3": "done"}
ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})
# Resolutions by which work was declined. `resolutions: {"won't do": resolved}` changes it.
_DECLINED = frozenset(
    {"won't do", "won't fix", "wont do", "wont fix", "declined", "duplicate", "invalid", "canceled", "cancelled"}
)
_DONE = frozenset(
    {"done", "fixed", "resolved", "completed", "complete", "known error", "cannot reproduce", "incomplete"}
)
# Those of Jira before version 7: ids from 10000 on are given out by each site.
_RESOLUTION_NUMBERS: Mapping[str, TicketPhase] = {
    "1": TicketPhase.RESOLVED,
    "2": TicketPhase.CANCELLED,
    "3": TicketPhase.CANCELLED,
}
# By their two generations of English names.
_PRIORITY_NUMBERS: Mapping[str, tuple[str, str]] = {
    "1": ("highest", "blocker"),
    "2": ("high", "critical"),
    "3": ("medium", "major"),
    "4": ("low", "minor"),
    "5": ("lowest", "trivial"),
}


@dataclass(frozen=True, slots=True)
class JiraName:
    """A status, resolution or priority as a delivery names it.

    The object is false in a condition if it has neither id nor names.
    """

    id: str
    """Jira's number of the status, resolution or priority; "" if not stated."""
    names: tuple[str, ...]
    """For example, `In Progress`. The first name is shown to people."""
    category: str = ""
    """Jira's category of a status: `new`, `indeterminate` or `done`; "" if not stated."""

    def __bool__(self) -> bool:
        return bool(self.id or self.names)

    @property
    def shown(self) -> str:
        """Return the text to show to people: the first of `names`, else the id."""
        return self.names[0] if self.names else self.id

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys under which the catalogue may list this value: its id, if any, then its names."""
        return (self.id, *self.names) if self.id else self.names

    def __str__(self) -> str:
        return f"{self.shown} ({self.id})" if self.id and self.names else self.shown

    def same(self, other: JiraName) -> bool:
        """Return whether this and `other` name the same status, resolution or priority.

        If both have an id, the ids must be equal. Otherwise they must share a name, in any case.
        """
        if self.id and other.id:
            return self.id == other.id
        return bool({fold_case(name) for name in self.names} & {fold_case(name) for name in other.names})


@dataclass(frozen=True, slots=True)
class JiraMeaning:
    """The phase of a ticket (such as open or resolved) that a Jira status or resolution means, with remarks."""

    phase: TicketPhase | None
    """The phase. None when not known."""
    remarks: tuple[RemarkNote, ...] = ()
    """Remarks that say that the phase is unknown or guessed."""
    sure: bool = False
    """True if the catalogue states the phase, False if slad has guessed."""


def jira_name_of(value: Node) -> JiraName:
    """Return the id, names and category of a status, resolution or priority object in an issue.

    Args:
        value: For example, `{"id": "3", "name": "In Progress"}`. An empty object gives an empty (false) JiraName.
    """
    category = object_at(value, "statusCategory")
    key = text_at(category, "key")
    return JiraName(
        id=text_at(value, "id"),
        names=_names(text_at(value, "name"), text_at(value, "untranslatedName")),
        category=key if key in _CATEGORIES else _CATEGORY_NUMBERS.get(text_at(category, "id"), ""),
    )


def changed_names_of(item: Node, present: JiraName) -> tuple[JiraName, JiraName]:
    """Return (old value, new value) of a changed field of a Jira issue.

    Args:
        item: The change, as an item of Jira's changelog.
        present: The field's value in the issue. If it is the same as the new value, its names and category are added to
            the new value.
    """
    before = JiraName(text_at(item, "from"), _names(text_at(item, "fromString")))
    after = JiraName(text_at(item, "to"), _names(text_at(item, "toString")))
    return before, complete_name(after, present)


def complete_name(word: JiraName, present: JiraName) -> JiraName:
    """Return a value of Jira's changelog, completed by the names and the category of the issue's present value.

    If `word` and `present` are different values, `word` is returned unchanged.

    Args:
        word: A status, resolution or priority as the changelog names it.
        present: The issue's present value.
    """
    if not word or not word.same(present):
        return word
    return JiraName(word.id or present.id, _names(*present.names, *word.names), present.category)


def status_now(source: Source, word: JiraName) -> JiraMeaning:
    """Return the ticket phase that the issue's present status (`word`) means.

    The first rule that knows the status decides:

    - The table `statuses` of the source in the catalogue.
    - The usual names of statuses, unless Jira's category disagrees on whether the work has ended.
    - Jira's category, with a remark.

    If none knows the status, the phase is None, with a remark.
    """
    known = _by_table(source.statuses, word)
    if known is not None:
        return JiraMeaning(known, sure=True)
    guess = _usual(word)
    by_category = _CATEGORIES.get(word.category)
    if by_category is None:
        return JiraMeaning(guess, () if guess else (RemarkNote(IngestRemark.UNMAPPED_STATUS, str(word)),))
    if guess is not None and (guess in ENDED) is (by_category in ENDED):
        return JiraMeaning(guess)
    said = f"{word} is in the category {word.category}; sources.{source.id}.statuses may say more"
    return JiraMeaning(by_category, (RemarkNote(IngestRemark.STATUS_BY_CATEGORY, said),))


def status_before(source: Source, word: JiraName) -> JiraMeaning:
    """Return the ticket phase that an issue's status before a change (`word`) means.

    The table `statuses` of the source in the catalogue decides, else the usual names of statuses. Jira's category is
    not used, since a changelog does not contain it. If neither knows the status, the result's `phase` is None, and
    there is a remark (except for an empty `word`).
    """
    known = _by_table(source.statuses, word)
    if known is not None:
        return JiraMeaning(known, sure=True)
    guess = _usual(word)
    return JiraMeaning(guess, () if guess or not word else (RemarkNote(IngestRemark.STATUS_BEFORE, str(word)),))


def resolution_meaning(source: Source, word: JiraName) -> JiraMeaning:
    """Return whether a Jira resolution (`word`) means RESOLVED or CANCELLED.

    The table `resolutions` of the source in the catalogue decides, else the usual meaning of Jira's own resolutions,
    known by name or id. Any other resolution means RESOLVED, with a remark.
    """
    known = next((found for key in word.keys if (found := source.ending_of(key))), None)
    if known is not None:
        return JiraMeaning(TicketPhase.CANCELLED if known is TicketPhase.CANCELLED else TicketPhase.RESOLVED, sure=True)
    folded = {fold_case(name).replace("\u2019", "'") for name in word.names}
    if folded & _DECLINED:
        return JiraMeaning(TicketPhase.CANCELLED)
    by_number = None if folded & _DONE else _RESOLUTION_NUMBERS.get(word.id)
    if by_number is not None or folded & _DONE:
        return JiraMeaning(by_number or TicketPhase.RESOLVED)
    said = f"{word}; say under sources.{source.id}.resolutions whether it means resolved or cancelled"
    return JiraMeaning(TicketPhase.RESOLVED, (RemarkNote(IngestRemark.UNMAPPED_RESOLUTION, said),))


def priority_of(source: Source, word: JiraName) -> tuple[str, tuple[RemarkNote, ...]]:
    """Return slad's priority for the Jira priority `word`, and remarks on it.

    The first rule that applies decides:

    - `word` is empty: "".
    - The source's table `priorities` has `word`: the table's priority.
    - The table is empty: Jira's name.
    - `word` is one of Jira's own five priorities (known by id), was renamed, and the table has its usual name: the
      table's priority for that name, with a remark.
    - Otherwise: Jira's name, with a remark.
    """
    if not word:
        return "", ()
    known = next((found for key in word.keys if (found := source.priority_of(key))), None)
    if known is not None:
        return known, ()
    if not source.priorities:
        return word.shown, ()
    usual = next((found for key in _PRIORITY_NUMBERS.get(word.id, ()) if (found := source.priority_of(key))), None)
    where = f"say it under sources.{source.id}.priorities"
    if usual is not None and not _usual_priority(word):
        return usual, (RemarkNote(IngestRemark.PRIORITY_BY_NUMBER, f"{word} is read as {usual}; {where}"),)
    return word.shown, (RemarkNote(IngestRemark.UNMAPPED_PRIORITY, f"{word}; {where}"),)


def _usual_priority(word: JiraName) -> bool:
    """Whether it has one of the English names: then its absence from the table is meant."""
    usual = {name for names in _PRIORITY_NUMBERS.values() for name in names}
    return any(fold_case(name) in usual for name in word.names)


def _by_table(table: Mapping[str, TicketPhase], word: JiraName) -> TicketPhase | None:
    return next((found for key in word.keys if (found := table.get(fold_case(key)))), None)


def _usual(word: JiraName) -> TicketPhase | None:
    by_name = next((found for name in word.names if (found := USUAL_STATUSES.get(fold_case(name)))), None)
    return by_name or _STATUS_NUMBERS.get(word.id)


def _names(*written: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, written)))
