"""Section `rotas`: who is on call when, in turns and by exception."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from sla_catalogue.document.field import Day, Document, Hours, InstantText, Minute, Texts, Turns, refuse
from sla_catalogue.hours import DAYS, BadHours, parse_days

_EVERY = re.compile(r"(?:(\d{1,3})\s+)?(day|week)s?")
_MOST_DAYS = 366


def _every(written: object) -> int:
    found = _EVERY.fullmatch(written.strip()) if isinstance(written, str) else None
    count = int(found[1] or 1) * (7 if found[2] == "week" else 1) if found else 0
    if not 0 < count <= _MOST_DAYS:
        raise refuse("handover", f"{written!r} is no time between handovers", "write day, week, 3 days, 2 weeks")
    return count


def _weekday(written: object) -> int:
    try:
        days = parse_days(written) if isinstance(written, str) else ()
    except BadHours:
        days = ()
    if len(days) != 1:
        raise refuse("handover", f"{written!r} is no day of the week", f"write one of {', '.join(DAYS)}")
    return days[0]


Every = Annotated[int, PlainValidator(_every), WithJsonSchema({"type": "string"})]
Weekday = Annotated[int, PlainValidator(_weekday), WithJsonSchema({"type": "string"})]


class HandoverDocument(Document):
    """When the next person of a rota (on-call plan) takes over."""

    every: Every = 7
    """Days between two handovers. In the file `day`, `week` or `3 days`."""
    on: Weekday | None = None
    """Weekday (0 is Monday), if handovers are whole weeks apart. Absent means the weekday of the first handover."""
    at: Minute = 9 * 60
    """Time of the handover, in minutes from local midnight."""

    @property
    def days_are_weeks(self) -> bool:
        """Return whether the handovers are whole weeks apart, always on the same weekday."""
        return self.every % 7 == 0


class RotaFeedDocument(Document):
    """An iCalendar file with one entry for each shift."""

    file: str
    """Path, relative to the folder of the catalogue file."""
    names: dict[str, str] = Field(default_factory=dict)
    """Name of a person in the entries -> id of the person. Ids, names and mail addresses of people are found without
    this."""


class RotaLayerDocument(Document):
    """A layer of a rota (on-call plan): people who take turns, or the shifts of a calendar file.

    A rota may have several layers, for example one for working hours and one for nights.
    """

    people: Turns = Field(default_factory=list)
    """Ids of the people, in the order of their turns."""
    handover: HandoverDocument = Field(default_factory=HandoverDocument)
    """When the next person takes over."""
    starts: Day | None = None
    """The day of the first handover. Not needed for a single person."""
    feed: RotaFeedDocument | None = None
    coverage: str | None = None
    """Name of the hours in which the layer has somebody on call. Without `coverage` and `hours`, any hour."""
    hours: Hours = None
    """Weekly hours in which the layer has somebody on call, instead of `coverage`."""

    @model_validator(mode="after")
    def _one_way(self) -> RotaLayerDocument:
        if self.feed is not None and {"people", "handover", "starts"} & self.model_fields_set:
            raise refuse("rota", "a layer has people who take turns, or a feed, not both", "a layer for each")
        if self.coverage is not None and self.hours is not None:
            raise refuse("rota", "a layer names a coverage or gives hours, not both", "hours: {mon-fri: …}")
        return self


class RotaOverrideDocument(Document):
    """An exception to a rota (on-call plan): another person is on call for some time."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: InstantText = Field(alias="from")
    """The start, as local time of the rota or as a time with an offset."""
    until: InstantText
    """The end, as local time of the rota or as a time with an offset."""
    who: str
    """Id of the person on call."""
    instead_of: str | None = None
    """The person who is replaced. The change then applies only while this person would be on call. Absent means the
    whole span."""
    by: str | None = None
    """Who wrote the change."""
    reason: str = ""
    """Why the change was made."""


class RotaDocument(RotaLayerDocument):
    """An on-call plan: who is on call when.

    A rota has several layers under `layers`, or a single layer whose keys are written directly here.
    """

    zone: str
    """Time zone of handovers and hours."""
    title: Texts = Field(default_factory=dict)
    layers: list[RotaLayerDocument] = Field(default_factory=list)
    """At each instant, the first layer that has somebody on call applies."""
    overrides: list[RotaOverrideDocument] = Field(default_factory=list)
    """Changes by hand. Where two overlap, the later in the list wins."""

    @model_validator(mode="after")
    def _one_form(self) -> RotaDocument:
        own = set(RotaLayerDocument.model_fields) & self.model_fields_set
        if self.layers and own:
            words = " or ".join(sorted(own))
            raise refuse("rota", f"a rota with layers has no {words} of its own", "move it to a layer")
        return self

    def all_layers(self) -> list[tuple[tuple[str | int, ...], RotaLayerDocument]]:
        """Return the layers in order, as pairs (path from the rota to the layer, layer).

        A path is such as `("layers", 0)`, or () for a rota without `layers`.
        """
        return [(("layers", index), layer) for index, layer in enumerate(self.layers)] or [((), self)]
