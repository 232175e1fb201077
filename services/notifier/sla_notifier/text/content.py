"""The values of a message before a language puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_domain.plan import Allowed
from sla_notifier.delivery.state import MessageKind


@dataclass(frozen=True, slots=True)
class CountedAndWall:
    """A span of time in the hours of a clock (`first`), with its length in wall time; None when that is the same.

    `by_wall`: the hours of the clock are not known, and `first` is wall time.
    """

    first: timedelta
    wall: timedelta | None
    by_wall: bool


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """A metric's title and the time its target allows, to be worded as in "First response, 2 working days".

    `allowed` is a text in facts of a release that worded it by itself.
    """

    metric: str
    allowed: Allowed | str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence by its name in each language's `why.toml`, with the values to fill in.

    A value that is a mapping holds a text by language; the reader's is used.
    """

    name: str
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)


Value = str | int | bool | datetime | timedelta | CountedAndWall | PromiseTerms
"""Instants, spans and targets are written out in the reader's language; everything else is shown as it is."""


@dataclass(frozen=True, slots=True)
class Action:
    """A link in a message. `label` names its text in each language, `main` marks the one to press."""

    label: str
    url: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a digest, with the link to its incident ("" for none)."""

    line: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message before it is put into words: `values` for the sentences, `rows` for the table in their order.

    `zone`: the time zone in which instants are shown.
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
    data: Mapping[str, object] = field(default_factory=dict)  # the webhook's `data`


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language, ready for any channel. `payload`: its values for programs, as JSON."""

    subject: str
    text: str
    html: str
    payload: Mapping[str, object]
