"""Key `breach_reasons` of a plan: the reasons for breaches that people choose from, and whether one is required."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, Texts


class ReasonCodeDocument(Document):
    """A code for the reason of a breach. A plain string is read as the `id` alone."""

    id: str
    title: Texts = Field(default_factory=dict)
    """Language -> text from which people choose."""
    needs_text: bool = False
    """Whether a person who chooses the code must also write a text."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class BreachReasonsDocument(Document):
    """A plan's rules on the reasons of breaches: the codes to choose from, and whether a reason is required."""

    codes: list[ReasonCodeDocument] = Field(default_factory=list)
    """The codes to choose from. Empty for the parent's codes, or slad's own codes if the parent has none."""
    required_before_freeze: bool | None = None
    """Whether every breach of a period needs a reason before the period's report is frozen. Absent: as the parent, else
    false.
    """
