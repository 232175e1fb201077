"""A condition on one attribute, as targets and rules on whom to notify have them under `when`."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from sla_catalogue.document.field import Document, Names, refuse


class ConditionDocument(Document):
    """A condition on one attribute of an incident: its value must be one of the given values, or none of them."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    is_: Names = Field(default_factory=list, alias="is")
    """Values that fit. The attribute must have one of them. A plain text or list means this."""
    not_: Names = Field(default_factory=list, alias="not")
    """Values that do not fit. The attribute must have none of them."""

    @model_validator(mode="before")
    @classmethod
    def _from_values(cls, value: Any) -> Any:
        return {"is": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _says_something(self) -> ConditionDocument:
        if bool(self.is_) is bool(self.not_):
            raise refuse("condition", "a condition gives values, or `not:` with values", "type: [incident, request]")
        return self
