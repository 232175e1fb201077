"""The values of a message before a language puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_domain.plan import Allowed
from sla_notifier.delivery.state import MessageKind


@dataclass(frozen=True, slots=True)
class CountedAndWall:
    """A span of time to be put into words, in counted time and in wall time.

    Counted time runs only in the hours of a clock, which are the coverage hours of a target.
    """

    first: timedelta
    """The span in counted time."""
    wall: timedelta | None
    """The span in wall time. If None, only `first` is shown."""
    by_wall: bool
    """True if the hours are unknown, so that `first` is wall time."""


@dataclass(frozen=True, slots=True)
class ShortInstant:
    """An instant to be put into words briefly, such as "Mar 3, 14:05 CET".

    Used for a line of a list. The year is shown only if it differs from the year of `now`.
    """

    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What a target promises, to be put into words such as "First response, 2 working days"."""

    metric: str
    """The metric's title."""
    allowed: Allowed | str
    """The promised time. For a fact of an older release, a ready text."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence that says why a person is notified, to be put into the reader's language."""

    name: str
    """The key of the sentence in each language's `why.toml`."""
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """Maps a placeholder to the text to fill in. The text may be a mapping from language to text."""


@dataclass(frozen=True, slots=True)
class FixedTerm:
    """A term of a fixed set, such as the severity `critical`, to be put into the reader's language.

    A language has the term under the key `<kind>_<name>` of its labels. A term without a label is shown unchanged.
    """

    kind: str
    """The set, such as `severity`."""
    name: str
    """The term, such as `critical`. "" for none."""


@dataclass(frozen=True, slots=True)
class PromiseLines:
    """When the targets of an incident (such as first response) are due, to be put into words in one line."""

    lines: tuple[tuple[str, datetime], ...]
    """Pairs of a metric's title and its due instant, in order."""
    now: datetime


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A line of a message about one target of an incident, such as first response: when due, or whether met.

    The line is not yet put into words.
    """

    metric: str
    """The metric's title."""
    due: datetime
    before: datetime | None = None
    """The due instant that was promised before. None if there was none."""
    ended: datetime | None = None
    """When the clock ended. None while nothing is known of its end."""
    outcome: str = ""
    """`met` or `missed`. "" while the clock is not decided."""


@dataclass(frozen=True, slots=True)
class MetricTally:
    """A line of a message about one metric, such as first response: how many targets were met and missed.

    The line is not yet put into words.
    """

    metric: str
    """The metric's title."""
    met: int
    missed: int


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A text or term that a new revision of a notice of a critical fix has changed.

    It is shown in a form such as "high (before: low)".
    """

    now: str | FixedTerm
    before: str | FixedTerm


@dataclass(frozen=True, slots=True)
class FactReason:
    """Why something happened, as a fact (published event) says, to be put into the reader's language."""

    written: str
    """The text in the fact. Sentences of slad are translated; words from the ticket are shown unchanged."""


Value = (
    str
    | int
    | bool
    | datetime
    | timedelta
    | CountedAndWall
    | PromiseTerms
    | ShortInstant
    | FixedTerm
    | PromiseLines
    | ChangedText
    | FactReason
    | MetricLine
    | MetricTally
)
"""Texts, numbers and yes or no are shown as they are; everything else is written out in the reader's language."""


@dataclass(frozen=True, slots=True)
class Action:
    """A link in a message."""

    label: str
    """The key of the link's text in each language."""
    url: str
    main: bool = False
    """Whether the link is the main button."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a digest (a mail that collects several messages)."""

    line: str | MetricLine | MetricTally
    """The line, or a value that is put into words."""
    url: str = ""
    """The link to the line's incident. "" means no link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says and links to, before it is put into the words of a language."""

    kind: MessageKind
    zone: str
    """The time zone in which instants are shown."""
    template: str = ""
    """The name of the sentences. "" means those of the kind."""
    values: Mapping[str, Value]
    """Maps a name to its value, for the sentences."""
    rows: tuple[str, ...] = ()
    """Names of the values in the table, in order."""
    notes: tuple[str, ...] = ()
    """Keys of sentences to add."""
    body: str = ""
    """Text from outside, shown unchanged."""
    actions: tuple[Action, ...] = ()
    """The links, shown as buttons."""
    items: tuple[Item, ...] = ()
    """The lines of a digest (a mail that collects several messages)."""
    more: int = 0
    """How many lines did not fit."""
    more_url: str = ""
    """Where the lines that did not fit are shown."""
    why: str = ""
    """Why the recipient is notified."""
    why_label: str = "why"
    """Key of the sentence around `why`."""
    document: str = ""  # the HTML part, ready; else it is made of the rest
    data: Mapping[str, object] = field(default_factory=dict)  # the webhook's `data`


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language, ready to be sent by any channel."""

    subject: str
    text: str
    """The text part of a mail."""
    html: str
    """The HTML part of a mail."""
    payload: Mapping[str, object]
    """`type` and `data` for the JSON body of a webhook."""
