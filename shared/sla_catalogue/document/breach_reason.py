"""Key `breach_reasons` of a plan: why a promise may have been broken, and whether that must be said."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, Texts


class ReasonCodeDocument(Document):
    """A code for the reason of a breach; written as a text, it is `id` alone.

    `title`: language -> text, as people choose and read it. `needs_text`: a text must be written besides.
    """

    id: str
    title: Texts = Field(default_factory=dict)
    needs_text: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class BreachReasonsDocument(Document):
    """Why promises of a plan may have been broken.

    `codes`: from which whoever explains a breach chooses; absent: those of the parent, else slad's own.
    `required_before_freeze`: a period is not frozen while a breach in it has no reason; absent: as the parent, else
    false.
    """

    codes: list[ReasonCodeDocument] = Field(default_factory=list)
    required_before_freeze: bool | None = None
