"""A whole catalogue, as merged from its files."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.api_key import KeyDocument
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.document.contract import ContractDocument, PersonDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.escalation import PolicyDocument
from sla_catalogue.document.field import Document
from sla_catalogue.document.holiday import HolidayDocument
from sla_catalogue.document.plan import MetricDocument, PlanDocument
from sla_catalogue.document.rota import RotaDocument
from sla_catalogue.document.scenario import ScenarioDocument
from sla_catalogue.document.settings import SettingsDocument
from sla_catalogue.document.source import SourceDocument


class CatalogueDocument(Document):
    """A whole catalogue as written.

    Each section maps ids to entries, except `tests` (a list) and `settings` (one mapping).
    """

    settings: SettingsDocument = Field(default_factory=SettingsDocument)
    coverages: dict[str, CoverageDocument] = Field(default_factory=dict)
    holidays: dict[str, HolidayDocument] = Field(default_factory=dict)
    metrics: dict[str, MetricDocument] = Field(default_factory=dict)
    plans: dict[str, PlanDocument] = Field(default_factory=dict)
    people: dict[str, PersonDocument] = Field(default_factory=dict)
    rotas: dict[str, RotaDocument] = Field(default_factory=dict)
    contracts: dict[str, ContractDocument] = Field(default_factory=dict)
    escalations: dict[str, PolicyDocument] = Field(default_factory=dict)
    sources: dict[str, SourceDocument] = Field(default_factory=dict)
    channels: dict[str, ChannelDocument] = Field(default_factory=dict)
    keys: dict[str, KeyDocument] = Field(default_factory=dict)
    tests: list[ScenarioDocument] = Field(default_factory=list)
