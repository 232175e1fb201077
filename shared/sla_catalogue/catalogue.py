"""A catalogue: everything the services use of its files, frozen under one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sla_catalogue.api_key import ApiKey, KeyId
from sla_catalogue.assembly.scenario import Scenario
from sla_catalogue.channel import ChannelEntry, ChannelId
from sla_catalogue.compiler import ContractCompiler
from sla_catalogue.holiday.row import HolidayTable, Horizon
from sla_catalogue.problem import FileProblem
from sla_catalogue.settings import InstallationSettings
from sla_catalogue.source import Source, SourceId
from sla_domain.escalation import EscalationPolicy
from sla_domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A catalogue without errors, identified by its version, with everything that the services use."""

    version: str
    """Hash of the content."""
    text: str = field(repr=False)
    """The stored form without secrets. `load_text` rebuilds the catalogue from it."""
    rulebook: Rulebook = field(repr=False)
    """The plans, contracts and calendars."""
    sources: Mapping[SourceId, Source]
    channels: Mapping[ChannelId, ChannelEntry]
    escalations: Mapping[str, EscalationPolicy]
    """Policies by id."""
    keys: Mapping[KeyId, ApiKey]
    settings: InstallationSettings
    holidays: Mapping[str, HolidayTable] = field(repr=False)
    """Code, such as `PL` -> holiday table."""
    horizon: Horizon
    """The years for which calendars are compiled."""
    scenarios: tuple[Scenario, ...] = field(repr=False, default=())
    """The tests in the catalogue."""
    warnings: tuple[FileProblem, ...] = field(repr=False, default=())
    """Warnings about the files."""
    compiler: ContractCompiler = field(repr=False, compare=False)
    """The compiler that builds and checks further contracts against this catalogue."""
