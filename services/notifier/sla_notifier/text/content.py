"""The values of a message before a language puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_domain.plan import Allowed
from sla_notifier.delivery.state import MessageKind


@dataclass(frozen=True, slots=True)
class CountedAndWall:
    """A span of time to be put into words as counted time (within the hours of a clock) and as wall time.

    `first`: the span in counted time. `wall`: in wall time, None if only `first` is to be shown. `by_wall`: True if the
    hours are not known, so that `first` is wall time.
    """

    first: timedelta
    wall: timedelta | None
    by_wall: bool


@dataclass(frozen=True, slots=True)
class ShortInstant:
    """An instant to be put into words briefly, for a line of a list, such as "Mar 3, 14:05 CET".

    The year is shown only if it is not that of `now`.
    """

    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """The promise of a target, to be put into words in the form "First response, 2 working days".

    `metric`: the metric's title. `allowed`: the promised time; a ready text if the fact is of an older release.
    """

    metric: str
    allowed: Allowed | str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence that tells why a person is notified, to be put into the reader's language.

    `name`: its key in each language's `why.toml`. `values`: placeholder -> what to fill in: a text, or language ->
    text.
    """

    name: str
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A text that a new revision of a notice has changed, to be shown in the form "high (before: low)"."""

    now: str
    before: str


Value = str | int | bool | datetime | timedelta | CountedAndWall | PromiseTerms | ShortInstant | ChangedText
"""Instants, spans and targets are written out in the reader's language; everything else is shown as it is."""


@dataclass(frozen=True, slots=True)
class Action:
    """A link in a message. `label`: the key of its text in each language. `main`: whether it is the main button."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a digest (a mail that collects several messages). `url`: the link to its incident, "" for none."""

    line: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of a message before it is put into the words of a language.

    `zone`: the time zone in which instants are shown. `values`: name -> value, for the sentences. `rows`: names of the
    values in the table, in order. `notes`: keys of sentences to add. `body`: text from outside, shown as it is.
    `actions`: the links, shown as buttons. `items`: the lines of a digest (a mail that collects several messages);
    `more`: how many did not fit, `more_url`: where they are shown. `why`: why the recipient is notified; `why_label`:
    the key of the sentence around it. `document`: a complete HTML document for the mail's
    HTML part, "" to make one of the rest. `data`: the `data` of a webhook's payload.
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
    document: str = ""  # the HTML part, ready; else it is made of the rest
    data: Mapping[str, object] = field(default_factory=dict)  # the webhook's `data`


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language, ready to be sent by any channel.

    `text`, `html`: the two parts of a mail. `payload`: `type` and `data` for the JSON body of a webhook.
    """

    subject: str
    text: str
    html: str
    payload: Mapping[str, object]
