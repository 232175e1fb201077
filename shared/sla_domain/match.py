"""Conditions on the attributes of an incident, as targets and rules on whom to notify have them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sla_domain.normal import normal, normals


@dataclass(frozen=True, slots=True)
class MatchCondition:
    """A condition of a target on one attribute of the incident.

    An attribute that the incident lacks has the value "". Case and extra spaces do not matter.
    """

    attribute: str
    values: frozenset[str]
    """The values with which the condition holds."""
    negated: bool = False
    """Whether the condition holds if the attribute has none of `values` instead."""
    normal_values: frozenset[str] = field(init=False, repr=False, compare=False)
    """`values` in the form in which they are compared."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_values", normals(self.values))

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether the condition holds for an incident with these attributes."""
        return (normal(attributes.get(self.attribute, "")) in self.normal_values) is not self.negated


@dataclass(frozen=True, slots=True)
class Match:
    """The conditions of a target, all of which must hold.

    A match without conditions holds for every incident.
    """

    conditions: tuple[MatchCondition, ...] = ()

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether every condition holds for an incident with these attributes."""
        for condition in self.conditions:
            if (normal(attributes.get(condition.attribute, "")) in condition.normal_values) is condition.negated:
                return False
        return True

    def failing(self, attributes: Mapping[str, str]) -> MatchCondition | None:
        """Return the first condition that does not hold for an incident with these attributes.

        The result is None if all conditions hold.
        """
        return next((c for c in self.conditions if not c.holds(attributes)), None)


NO_CONDITIONS = Match()
