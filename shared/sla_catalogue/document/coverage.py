"""Section `coverages` (also spelt `calendars`): when time counts."""

from __future__ import annotations

from pydantic import ConfigDict, Field, model_validator

from sla_catalogue.document.field import Document, Hours, LocalTime, Texts, refuse


class SpanDocument(Document):
    """An exceptional opening or closing, in local time, `to` exclusive."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: LocalTime = Field(alias="from")
    to: LocalTime
    reason: str = ""

    @model_validator(mode="after")
    def _forwards(self) -> SpanDocument:
        if self.to <= self.from_:
            raise refuse("span", "the span ends before it begins", "write from < to")
        return self


class CoverageDocument(Document):
    """Weekly hours, and whose holidays are subtracted: `none`, `contract`, or a code such as `PL` or `DE-BY`.

    `hours: unspecified` leaves them to the contract, as a plan's document may (PLANS, head).
    """

    hours: Hours
    title: Texts = Field(default_factory=dict)
    zone: str | None = None
    holidays: str = "none"
    openings: list[SpanDocument] = Field(default_factory=list)
    closings: list[SpanDocument] = Field(default_factory=list)
    clause: str = ""
