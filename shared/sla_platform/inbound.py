"""Field types for models and parameters with text from outside; the bounds are those of `sla_domain.bounds`.

Use them with a length: `Annotated[str, Field(max_length=bounds.CONTRACT), LINE]`. What does not fit is pydantic's
validation error, which the HTTP edge answers as 422 with the pointer of the field.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from sla_domain import bounds


def _line(text: str) -> str:
    if not bounds.writable(text):
        raise ValueError("a text without control characters or line breaks is expected")
    return text


def _prose(text: str) -> str:
    if not bounds.writable(text, lines=True):
        raise ValueError("a text without control characters is expected")
    return text


def _instant(given: datetime) -> datetime:
    if given.tzinfo is None:
        raise ValueError("an instant has its offset, such as 2026-11-22T10:00:00+01:00")
    return reachable(given)


def _local_or_instant(given: datetime) -> datetime:
    if given.tzinfo is not None:
        return reachable(given)
    reachable(given.replace(tzinfo=UTC))
    return given


def reachable(instant: datetime) -> datetime:
    """Return the aware instant unchanged, if it lies between the years 1970 and 2200.

    This is a validator for model fields with instants from outside.

    Raises:
        ValueError: The instant lies outside these years.
    """
    if not bounds.within_reach(instant):
        raise ValueError(f"an instant lies {bounds.RANGE}: no calendar reaches further")
    return instant


LINE = AfterValidator(_line)
PROSE = AfterValidator(_prose)

InstantIn = Annotated[datetime, AfterValidator(_instant)]
# without an offset, the instant is local to a zone given elsewhere
LocalOrInstantIn = Annotated[datetime, AfterValidator(_local_or_instant)]

IncidentIn = Annotated[str, Field(max_length=bounds.INCIDENT), LINE]
ContractIn = Annotated[str, Field(max_length=bounds.CONTRACT), LINE]
CustomerIn = Annotated[str, Field(max_length=bounds.CUSTOMER), LINE]
PriorityIn = Annotated[str, Field(max_length=bounds.PRIORITY), LINE]
MetricIn = Annotated[str, Field(max_length=bounds.METRIC), LINE]
NoticeIn = Annotated[str, Field(max_length=bounds.NOTICE), LINE]
PersonIn = Annotated[str, Field(max_length=bounds.PERSON), LINE]
WhoIn = Annotated[str, Field(max_length=bounds.WHO), LINE]
ChoiceIn = Annotated[str, Field(max_length=bounds.CHOICE), LINE]
PageIn = Annotated[str, Field(max_length=bounds.PAGE), LINE]
AttributeName = Annotated[str, Field(max_length=bounds.NAME), LINE]
AttributeValue = Annotated[str, Field(max_length=bounds.VALUE), PROSE]
