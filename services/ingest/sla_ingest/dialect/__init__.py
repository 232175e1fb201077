"""Dialects: one pure translation for each ticketing system, from its deliveries to canonical incident events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue.source import Dialect
from sla_ingest.dialect import (
    alert,
    alertmanager,
    chatwoot,
    freshdesk,
    github,
    gitlab,
    glpi,
    grafana,
    intercom,
    jira,
    linear,
    opsgenie,
    pagerduty,
    redmine,
    servicenow,
    standard,
    zammad,
    zendesk,
)
from sla_ingest.dialect.adapter import DialectAdapter, OpenedDelivery, WebhookDialect
from sla_ingest.dialect.cloudevents import CloudEventsDialect, undescribed_source
from sla_ingest.dialect.document import JSON
from sla_ingest.dialect.mapped import MappedDialect
from sla_ingest.dialect.port import (
    Accepted,
    CodedReason,
    Delivery,
    DoesNotFit,
    Ignored,
    IngestRemark,
    Outcome,
    Parked,
    ParkedBecause,
    Refused,
    RemarkNote,
    TranslatedEvent,
    Translation,
)

__all__ = [
    "DIALECTS",
    "EVENTS_DIALECT",
    "Accepted",
    "CodedReason",
    "Delivery",
    "DialectAdapter",
    "DoesNotFit",
    "Ignored",
    "IngestRemark",
    "OpenedDelivery",
    "Outcome",
    "Parked",
    "ParkedBecause",
    "Refused",
    "RemarkNote",
    "TranslatedEvent",
    "Translation",
    "undescribed_source",
]

EVENTS_DIALECT: DialectAdapter = CloudEventsDialect()
"""The dialect of `/v1/events`, whatever source the events name."""

DIALECTS: Mapping[Dialect, DialectAdapter] = MappingProxyType(
    {
        Dialect.CHATWOOT: WebhookDialect(chatwoot.translate, JSON, id_in_headers=False),
        Dialect.CLOUDEVENTS: EVENTS_DIALECT,
        Dialect.FRESHDESK: WebhookDialect(freshdesk.translate, freshdesk.MEDIA_TYPES, id_in_headers=False),
        Dialect.GLPI: WebhookDialect(glpi.translate, JSON, id_in_headers=False),
        Dialect.GITHUB: WebhookDialect(github.translate, github.MEDIA_TYPES),
        Dialect.INTERCOM: WebhookDialect(intercom.translate, intercom.MEDIA_TYPES, id_in_headers=False),
        Dialect.JIRA: WebhookDialect(jira.translate, jira.MEDIA_TYPES),
        Dialect.MAPPED: MappedDialect(),
        Dialect.REDMINE: WebhookDialect(redmine.translate, JSON, id_in_headers=False),
        Dialect.SERVICENOW: WebhookDialect(servicenow.translate, servicenow.MEDIA_TYPES, id_in_headers=False),
        Dialect.ZAMMAD: WebhookDialect(zammad.translate, JSON, id_in_headers=False),
        Dialect.ZENDESK: WebhookDialect(zendesk.translate, zendesk.MEDIA_TYPES, id_in_headers=False),
        Dialect.GITLAB: WebhookDialect(gitlab.translate, JSON),
        Dialect.LINEAR: WebhookDialect(linear.translate, JSON, lasting=linear.without_attempt),
        Dialect.PAGERDUTY: WebhookDialect(pagerduty.translate, JSON, id_in_headers=False),
        Dialect.OPSGENIE: WebhookDialect(opsgenie.translate, JSON, id_in_headers=False),
        Dialect.ALERTMANAGER: WebhookDialect(alertmanager.translate, JSON, id_in_headers=False, split=alert.split),
        Dialect.GRAFANA: WebhookDialect(grafana.translate, JSON, id_in_headers=False, split=alert.split),
        Dialect.STANDARD_WEBHOOKS: WebhookDialect(standard.translate, JSON),
    }
)
