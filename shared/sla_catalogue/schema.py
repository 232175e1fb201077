"""JSON Schema of a catalogue file, for editors: `# yaml-language-server: $schema=…` on the first line of a file."""

from __future__ import annotations

from typing import Any

from sla_catalogue.channel import channel_kinds
from sla_catalogue.gather import ALIASES
from sla_catalogue.model import catalogue_model


def catalogue_schema() -> dict[str, Any]:
    """Return the JSON Schema of a catalogue file, for editors.

    The schema allows the short forms that the loader accepts, such as a name in place of a list of names. It cannot
    find errors that depend on the whole catalogue, such as references to unknown ids: use `slad check` for these.
    """
    schema = catalogue_model(channel_kinds()).model_json_schema(by_alias=True)
    for alias, section in ALIASES.items():
        schema["properties"][alias] = schema["properties"][section]
    for definition in schema.get("$defs", {}).values():
        _widen(definition)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "slad catalogue"
    return schema


REFERENCE = {"type": "string", "pattern": r"\$\{"}  # the environment's to fill in

# Documents that may be written as one word, by their name in the schema.
_BY_NAME = frozenset(
    {
        "TriggerDocument", "RoleDocument", "HolderDocument", "LookupDocument", "ExpectDocument",
        "VendorDocument", "UncoveredDocument", "PlanChannelDocument",
    }
)  # fmt: skip

_OR_NONE = frozenset({"AgreedDatesDocument", "NoticesDocument"})  # or as the word `none`

_BY_NAMES = frozenset({"ConditionDocument", "StaffDocument"})  # or as a list of words


def _widen(definition: dict[str, Any]) -> None:
    for name, member in list(definition.get("properties", {}).items()):
        definition["properties"][name] = _widened(member)
    if definition.get("title") in _BY_NAME:
        as_mapping = dict(definition)
        definition.clear()
        definition["anyOf"] = [{"type": "string"}, as_mapping]
    elif definition.get("title") == "BoughtAllowanceDocument":
        as_mapping = dict(definition)
        definition.clear()
        definition["anyOf"] = [{"type": ["string", "number"]}, as_mapping]
    elif definition.get("title") in _OR_NONE:
        as_mapping = dict(definition)
        definition.clear()
        definition["anyOf"] = [{"const": "none"}, as_mapping]
    elif definition.get("title") == "ContractDocument":
        definition["anyOf"] = [{"required": ["plan"]}, {"required": ["entitlements"]}]
    elif definition.get("title") in _BY_NAMES:
        as_mapping = dict(definition)
        definition.clear()
        definition["anyOf"] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, as_mapping]


def _widened(member: Any) -> Any:
    """Names may be one text, texts in languages one English text."""
    if not isinstance(member, dict):
        return member
    strings = {"type": "string"}
    if member.get("type") == "array" and member.get("items") in (strings, {"$ref": "#/$defs/PlanChannelDocument"}):
        return {"anyOf": [strings, member]}
    if member.get("type") == "object" and member.get("additionalProperties") == strings:
        return {"anyOf": [strings, member]}
    if member.get("type") in ("integer", "boolean", "number") or "enum" in member:
        return {"anyOf": [member, REFERENCE]}
    return member
