"""The values of a message before a language puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_domain.plan import Allowed
from sla_notifier.delivery.state import MessageKind


@dataclass(frozen=True, slots=True)
class CountedAndWall:
    """A span by the hours of the clock, with the wall clock's where that differs (None: it does not).

    `by_wall`: the hours of the clock are not known, and `first` is the wall clock's.
    """

    first: timedelta
    wall: timedelta | None
    by_wall: bool


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """A metric's title and the time its target allows, such as "First response, 2 working days".

    `allowed` is a text only where it was written by a release that words it in another way.
    """

    metric: str
    allowed: Allowed | str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of each language by their name in `why.toml`; `values` are filled in, texts by language in the reader's."""

    name: str
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)


Value = str | int | bool | datetime | timedelta | CountedAndWall | PromiseTerms
"""Instants, spans and targets are written out in the reader's language; everything else is shown as it is."""


@dataclass(frozen=True, slots=True)
class Action:
    """A link; `label` names its text, `main` marks the one to press."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a digest, with the link to its incident."""

    line: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message before it is put into words: `values` for the sentences, `rows` for the table, in order."""

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
    data: Mapping[str, object] = field(default_factory=dict)  # the webhook's `data`


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language, ready for any channel; `payload` holds its values as JSON."""

    subject: str
    text: str
    html: str
    payload: Mapping[str, object]
