"""Grafana alerting: notifications of a webhook contact point (version 1). How an alert is read: `alert`.

Grafana's first alerting, removed in version 11, posted another body: it states neither a time nor which firing of the
rule it is about, so that a redelivery and a second alert look the same. Such a body is parked.
"""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_ingest.dialect.alert import translate_alert
from sla_ingest.dialect.document import object_of
from sla_ingest.dialect.port import Delivery, DoesNotFit, Parked, ParkedBecause, Translation, body_id

_LINKS = ("panelURL", "dashboardURL", "generatorURL")
_LEGACY = "Grafana's alerting before version 9 tells no time and no number of the alert: use its unified alerting"


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a delivery of one alert from Grafana into an event: the alert fires, or it has ended.

    A notification of Grafana's legacy alerting, which Grafana 11 removed, is parked (stored as not understood), since
    such a notification has no time.

    Args:
        source: The settings of the sender.
    """
    if _legacy(delivery):
        return Translation(delivery.id or body_id(delivery), Parked(ParkedBecause.UNKNOWN_TYPE, _LEGACY))
    return translate_alert(delivery, source, _LINKS, of_grafana=True)


def _legacy(delivery: Delivery) -> bool:
    try:
        payload = object_of(delivery)
    except DoesNotFit:
        return False
    return "alerts" not in payload and "ruleId" in payload and "state" in payload
