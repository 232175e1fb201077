"""The values of a message before a language puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_domain.plan import Allowed
from sla_notifier.delivery.state import MessageKind


@dataclass(frozen=True, slots=True)
class CountedAndWall:
    """A span of time to be worded in the hours of a clock, with its length in wall time beside it.

    `first`: the span in the hours of the clock. `wall`: its length in wall time, None if only `first` is to be shown.
    `by_wall`: True if the hours are not known, so that `first` is wall time.
    """

    first: timedelta
    wall: timedelta | None
    by_wall: bool


@dataclass(frozen=True, slots=True)
class ShortInstant:
    """An instant to be worded for a line of a list, without UTC, such as "Mar 3, 14:05 CET".

    The year is said only if `now` lies in another one.
    """

    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What a target promises, to be worded as in "First response, 2 working days".

    `metric`: the metric's title. `allowed`: the promised time; a ready text if the fact is of an older release.
    """

    metric: str
    allowed: Allowed | str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence to be put into words: `name` is its key in each language's `why.toml`, `values` fill it in.

    A value that is a mapping holds a text by language; the reader's is used.
    """

    name: str
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A text that a new revision of a notice has changed, to be worded as in "high (before: low)"."""

    now: str
    before: str


Value = str | int | bool | datetime | timedelta | CountedAndWall | PromiseTerms | ShortInstant | ChangedText
"""Instants, spans and targets are written out in the reader's language; everything else is shown as it is."""


@dataclass(frozen=True, slots=True)
class Action:
    """A link in a message. `label`: the key of its text in each language. `main`: it is the button to press."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a digest; `url`: the link to its incident, "" for none."""

    line: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message before a language puts it into words.

    `zone`: the time zone in which instants are shown. `values`: for the sentences, by name. `rows`: names of the values
    in the table, in their order. `notes`: names of sentences to add. `body`: text of others, shown as it is. `items`:
    the lines of a digest; `more`: how many did not fit, `more_url`: where they are shown. `why`: why the recipient gets
    it; `why_label`: the name of the sentence around that. `data`: values for programs.
    """

    kind: MessageKind
    zone: str
    values: Mapping[str, Value]
    rows: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # names of labels that stand as sentences
    body: str = ""
    actions: tuple[Action, ...] = ()
    items: tuple[Item, ...] = ()
    more: int = 0  # items that did not fit
    more_url: str = ""  # where they are shown
    why: str = ""
    why_label: str = "why"
    data: Mapping[str, object] = field(default_factory=dict)  # the webhook's `data`


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language, ready for any channel. `payload`: `type` and `data` of a webhook's body."""

    subject: str
    text: str
    html: str
    payload: Mapping[str, object]
