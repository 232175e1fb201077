"""Prometheus Alertmanager: notifications of its webhook receiver (version 4). How an alert is read: `alert`.

The link of an incident is the alert's `generatorURL`, the expression in Prometheus.
"""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_ingest.dialect.alert import translate_alert
from sla_ingest.dialect.port import Delivery, Translation

_LINKS = ("generatorURL",)


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a delivery of one alert from Prometheus Alertmanager into an event: the alert fires, or it has ended.

    Args:
        source: The settings of the sender.
    """
    return translate_alert(delivery, source, _LINKS, of_grafana=False)
