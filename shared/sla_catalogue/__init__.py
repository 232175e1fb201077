"""YAML → validated, versioned domain objects: plans, contracts, calendars, sources, channels, keys, escalations.

`tree` and `gather` read files, `resolve` fills in environment and secrets, `document` holds the shapes, `assembly`
makes domain objects, `rule` looks for mistakes across sections, `canonical` stores the result under a version.
"""

from __future__ import annotations

from sla_catalogue.api_key import ApiKey, KeyId, KeyScope
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.channel import (
    ChannelEntry,
    ChannelId,
    ChannelKind,
    channel_kinds,
    install_channel_kinds,
)
from sla_catalogue.compiler import CompiledContract, ContractCompiler, ContractProblem, dates_overlap
from sla_catalogue.holiday.row import HolidayDiff, HolidayRow, HolidayTable, Horizon, RowKind, diff_rows, diff_tables
from sla_catalogue.horizon import HorizonEnd, horizon_ends
from sla_catalogue.load import (
    ReloadResult,
    builtin_catalogue,
    check_files,
    load_catalogue,
    load_source,
    load_sources,
    load_text,
    reload_catalogue,
)
from sla_catalogue.problem import CatalogueError, CatalogueInvalid, FileProblem, FindingLevel
from sla_catalogue.scenario import ScenarioResult, run_scenarios, scenario_events
from sla_catalogue.schema import catalogue_schema
from sla_catalogue.secret import Secret
from sla_catalogue.settings import InstallationSettings, Smtp, SmtpSecurity
from sla_catalogue.source import (
    Authentication,
    AuthenticationKind,
    Dialect,
    Lookup,
    SignedContent,
    Source,
    SourceId,
    TicketPhase,
)

__all__ = [
    "ApiKey",
    "Authentication",
    "AuthenticationKind",
    "Catalogue",
    "CatalogueError",
    "CatalogueInvalid",
    "ChannelEntry",
    "ChannelId",
    "ChannelKind",
    "CompiledContract",
    "ContractCompiler",
    "ContractProblem",
    "Dialect",
    "FileProblem",
    "FindingLevel",
    "HolidayDiff",
    "HolidayRow",
    "HolidayTable",
    "Horizon",
    "HorizonEnd",
    "InstallationSettings",
    "KeyId",
    "KeyScope",
    "Lookup",
    "ReloadResult",
    "RowKind",
    "ScenarioResult",
    "Secret",
    "SignedContent",
    "Smtp",
    "SmtpSecurity",
    "Source",
    "SourceId",
    "TicketPhase",
    "builtin_catalogue",
    "catalogue_schema",
    "channel_kinds",
    "check_files",
    "dates_overlap",
    "diff_rows",
    "diff_tables",
    "horizon_ends",
    "install_channel_kinds",
    "load_catalogue",
    "load_source",
    "load_sources",
    "load_text",
    "reload_catalogue",
    "run_scenarios",
    "scenario_events",
]
