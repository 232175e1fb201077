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
    """When the next person of a rota takes over.

    `every`: days between two handovers; in the file `day`, `week` or `3 days`.
    `on`: weekday (0 is Monday), if handovers are whole weeks apart; absent: as at the first handover.
    `at`: minutes from local midnight.
    """

    every: Every = 7
    on: Weekday | None = None
    at: Minute = 9 * 60

    @property
    def days_are_weeks(self) -> bool:
        """Return whether the handovers are whole weeks apart, always on the same weekday."""
        return self.every % 7 == 0


class RotaFeedDocument(Document):
    """An iCalendar file with one entry for each shift.

    `file`: path, relative to the folder of the catalogue file.
    `names`: name of a person in the entries -> id of the person. Ids, names and mail addresses of people are found
    without this.
    """

    file: str
    names: dict[str, str] = Field(default_factory=dict)


class RotaLayerDocument(Document):
    """A layer of a rota: people who take turns, or the shifts of a calendar file (`feed`).

    `people`: ids, in the order of their turns.
    `handover`: when the next person takes over.
    `starts`: the day of the first handover; not needed for a single person.
    `coverage`, `hours`: the name of hours, or weekly hours, in which the layer has somebody on call; without both: at
    any hour.
    """

    people: Turns = Field(default_factory=list)
    handover: HandoverDocument = Field(default_factory=HandoverDocument)
    starts: Day | None = None
    feed: RotaFeedDocument | None = None
    coverage: str | None = None
    hours: Hours = None

    @model_validator(mode="after")
    def _one_way(self) -> RotaLayerDocument:
        if self.feed is not None and {"people", "handover", "starts"} & self.model_fields_set:
            raise refuse("rota", "a layer has people who take turns, or a feed, not both", "a layer for each")
        if self.coverage is not None and self.hours is not None:
            raise refuse("rota", "a layer names a coverage or gives hours, not both", "hours: {mon-fri: …}")
        return self


class RotaOverrideDocument(Document):
    """A change of a rota: from `from` until `until`, another person is on call.

    `from`, `until`: local times of the rota, or times with an offset.
    `who`: id of the person on call.
    `instead_of`: only while this person would be on call; absent: in the whole span.
    `by`, `reason`: who wrote the change, and why.
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: InstantText = Field(alias="from")
    until: InstantText
    who: str
    instead_of: str | None = None
    by: str | None = None
    reason: str = ""


class RotaDocument(RotaLayerDocument):
    """An on-call plan: who is on call when.

    A rota has several layers under `layers`, or a single layer whose keys are written directly here.
    `zone`: time zone of handovers and hours.
    `layers`: at each instant, the first layer that has somebody on call applies.
    `overrides`: changes by hand; where two overlap, the later in the list wins.
    """

    zone: str
    title: Texts = Field(default_factory=dict)
    layers: list[RotaLayerDocument] = Field(default_factory=list)
    overrides: list[RotaOverrideDocument] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_form(self) -> RotaDocument:
        own = set(RotaLayerDocument.model_fields) & self.model_fields_set
        if self.layers and own:
            words = " or ".join(sorted(own))
            raise refuse("rota", f"a rota with layers has no {words} of its own", "move it to a layer")
        return self

    def all_layers(self) -> list[tuple[tuple[str | int, ...], RotaLayerDocument]]:
        """Return the layers in order, as pairs (keys down from the rota to the layer, layer).

        The keys are such as `("layers", 0)`, or () for a rota without `layers`.
        """
        return [(("layers", index), layer) for index, layer in enumerate(self.layers)] or [((), self)]
