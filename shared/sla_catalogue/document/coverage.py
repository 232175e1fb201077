"""Section `coverages` (also spelt `calendars`): when time counts."""

from __future__ import annotations

from pydantic import ConfigDict, Field, field_validator, model_validator

from sla_catalogue.document.field import Document, Hours, LocalTime, Names, Texts, refuse
from sla_catalogue.document.season import SeasonDocument

YES_OR_NO = frozenset({"true", "false", "yes", "no", "on", "off"})
NORWAY = "NO"


class SpanDocument(Document):
    """An exception to the hours of a coverage (when time is counted): a span that is open, or a span that is closed."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: LocalTime = Field(alias="from")
    """The start, as wall-clock time in the coverage's zone, such as `2027-12-24T14:00`."""
    to: LocalTime
    """The end, as wall-clock time in the coverage's zone. The end itself is excluded."""
    reason: str = ""
    """The reason of the exception."""

    @model_validator(mode="after")
    def _forwards(self) -> SpanDocument:
        if self.to <= self.from_:
            raise refuse("span", "the span ends before it begins", "write from < to")
        return self


class CoverageDocument(Document):
    """When time is counted: weekly hours, holidays, and exceptions."""

    hours: Hours = None
    """Weekly hours. `unspecified` means that the plan gives none and a contract must."""
    all_of: Names = Field(default_factory=list)
    """Names of other coverages, instead of hours. The coverage is open while all of them are."""
    any_of: Names = Field(default_factory=list)
    """Names of other coverages, instead of hours. The coverage is open while any of them is."""
    seasons: list[SeasonDocument] = Field(default_factory=list)
    """Other hours on some days. Where two seasons overlap, the last applies."""
    title: Texts = Field(default_factory=dict)
    """Language -> name."""
    zone: str | None = None
    """Time zone. Absent means the contract's."""
    holidays: str = "none"
    """The holidays on which the hours are closed: `none`, `contract`, or a code such as `DE-BY`."""
    openings: list[SpanDocument] = Field(default_factory=list)
    """Exceptional openings."""
    closings: list[SpanDocument] = Field(default_factory=list)
    """Exceptional closings."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @field_validator("holidays")
    @classmethod
    def _whose(cls, value: str) -> str:
        """Refuse true and false, which are a contract's answer: a coverage says whose holidays."""
        if value.lower() in YES_OR_NO and value != NORWAY:
            raise refuse(
                "coverage",
                f"a coverage says whose holidays close it, {value} says only whether",
                "write `contract`, `none`, or a code such as PL; true and false belong to a contract",
            )
        return value

    @model_validator(mode="after")
    def _one_form(self) -> CoverageDocument:
        if ("hours" in self.model_fields_set) + bool(self.all_of) + bool(self.any_of) != 1:
            raise refuse(
                "coverage", "a coverage gives `hours`, `all_of` or `any_of`, and only one of them", "hours: 24x7"
            )
        if self.seasons and self.hours is None and not self.all_of and not self.any_of:
            raise refuse("coverage", "a coverage with seasons gives its other hours too", "hours: {}: closed")
        own = {"zone", "holidays", "openings", "closings", "seasons"} & self.model_fields_set
        if own and (self.all_of or self.any_of):
            raise refuse("coverage", f"a coverage made of others has no {' or '.join(sorted(own))} of its own", "")
        return self

    @property
    def hours_unspecified(self) -> bool:
        """Return whether the hours are written as `unspecified`, so that a contract must give them."""
        return self.hours is None and not self.all_of and not self.any_of
