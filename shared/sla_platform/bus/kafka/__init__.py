"""Kafka behind the port: the source of a group, the publisher of the relay, topics, quarantined records, TLS and login.

Only this package imports aiokafka; it is imported itself only when SLAD_BUS_URL names a broker.
"""

from __future__ import annotations

from sla_platform.bus.kafka.access import KafkaAccess
from sla_platform.bus.kafka.admin import ensure_topics
from sla_platform.bus.kafka.dead import QuarantineTopic
from sla_platform.bus.kafka.publisher import Publisher
from sla_platform.bus.kafka.session import Subscription
from sla_platform.bus.kafka.source import BrokerIdentity, KafkaSource

__all__ = [
    "BrokerIdentity",
    "KafkaAccess",
    "KafkaSource",
    "Publisher",
    "QuarantineTopic",
    "Subscription",
    "ensure_topics",
]
