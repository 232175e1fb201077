"""Creating the topics, and refusing to work with topics that would break order (`slad migrate`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from aiokafka import errors as kafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sla_platform.bus.kafka.access import KafkaAccess
from sla_platform.bus.kafka.client import START_SECONDS
from sla_platform.bus.topics import TopicNames, topic_configuration
from sla_platform.errors import BadSettings, BusUnavailable
from sla_platform.settings import Settings

_log = structlog.get_logger(__name__)
_SHOWN_SECONDS = 15.0  # how long a new topic may take to appear in the metadata
_POLL_SECONDS = 0.1


async def ensure_topics(settings: Settings) -> list[str]:
    """Create slad's Kafka topics that do not exist yet, and return the names of the created topics.

    The function waits until the broker lists the new topics. Existing topics are checked, not changed.

    Raises:
        BadSettings: A topic's number of partitions is not `SLAD_PARTITIONS`, or there are fewer brokers than
            `SLAD_KAFKA_REPLICATION`.
        BusUnavailable: The broker cannot be reached or does not create the topics.
    """
    names = TopicNames(settings.bus_prefix).all()
    access = KafkaAccess.of(settings)
    admin = AIOKafkaAdminClient(**access.options(), client_id="slad-migrate")
    try:
        async with asyncio.timeout(START_SECONDS + _SHOWN_SECONDS):
            await _start(admin, access)
            missing = _check(await _partitions(admin), names, settings.partitions)
            await _create(admin, missing, settings)
            while left := _check(await _partitions(admin), names, settings.partitions):
                _log.debug("topics.awaited", topics=left)
                await asyncio.sleep(_POLL_SECONDS)
    except (kafka.KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(f"the topics could not be created at {settings.kafka_servers}: {error!r}") from error
    finally:
        await admin.close()
    return missing


async def _start(admin: AIOKafkaAdminClient, access: KafkaAccess) -> None:
    try:
        await admin.start()
    except (kafka.KafkaError, OSError) as error:
        raise BusUnavailable(await access.why(error)) from error


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}


def _check(found: Mapping[str, int], names: list[str], partitions: int) -> list[str]:
    """The names that are missing. Raises BadSettings for a topic with the wrong number of partitions."""
    for name in names:
        if found.get(name, partitions) not in (partitions, 0):
            raise BadSettings(
                f"the topic {name} has {found[name]} partitions and SLAD_PARTITIONS says {partitions}. "
                "An incident's events keep their order only in one partition, so neither may change while the topic "
                f"is in use: set SLAD_PARTITIONS={found[name]}, or choose another SLAD_BUS_PREFIX."
            )
    return [name for name in names if not found.get(name)]


async def _create(admin: AIOKafkaAdminClient, names: list[str], settings: Settings) -> None:
    if not names:
        return
    topics = [
        NewTopic(
            name, settings.partitions, settings.kafka_replication, topic_configs=topic_configuration(settings, name)
        )
        for name in names
    ]
    response = await admin.create_topics(topics)
    for name, code, *details in response.topic_errors:
        error = kafka.for_code(code)
        if error is kafka.NoError or error is kafka.TopicAlreadyExistsError:
            continue
        if error is kafka.InvalidReplicationFactorError:
            raise BadSettings(
                f"Kafka has too few brokers for SLAD_KAFKA_REPLICATION={settings.kafka_replication} ({details})"
            )
        raise BusUnavailable(f"Kafka did not create the topic {name}: {error.__name__} {details}")
