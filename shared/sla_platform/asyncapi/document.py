"""The AsyncAPI 3 document of the topics, built from the list of types (`docs/asyncapi.json`).

`python -m sla_platform.asyncapi.document > docs/asyncapi.json` writes it anew; a test compares.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson

from sla_platform.asyncapi.schema import EVENT_TYPES, EventType, Schema, event_type_schema, model_schemas
from sla_platform.bus.record import WATERMARK_TYPE
from sla_platform.bus.topics import TopicNames, topic_configuration
from sla_platform.envelope import Topic
from sla_platform.settings import Settings

VERSION = "1.0.0"
"""Of the contract: a new type or field raises the second number, a new version of a type the first."""

_SCHEMAS = "#/components/schemas/{model}"
_BINDING = "0.5.0"
_TOPICS = {
    Topic.INCIDENTS: ("What happened to incidents, in slad's own words. Written by ingest.", "ingest"),
    Topic.CLOCKS: ("What that means for the promises. Written by the timer service.", "timer"),
    Topic.NOTICES: ("Critical fixes. Written by ingest.", "ingest"),
    Topic.DELIVERIES: ("Who was notified, and who acknowledged. Written by the notifier.", "notifier"),
    Topic.OBJECTIVES: ("How objectives of attainment stand. Written by the board.", "board"),
    Topic.CONTRACTS: ("The records of contracts, kept for ever: the newest of a key is enough.", "ingest"),
}


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3 document of all topics and event types, as JSON values."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:slad:events",
        "info": {
            "title": "slad events",
            "version": VERSION,
            "description": (
                "Everything slad says on Apache Kafka, as CloudEvents 1.0 in binary mode. Delivery is at least once: "
                "drop what you have seen by `ce_id`. Order holds per record key. Ignore headers, fields and types "
                "you do not know."
            ),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{brokers}",
                "protocol": "kafka",
                "description": "The brokers of SLAD_BUS_URL.",
                "variables": {"brokers": {"default": "localhost:9092", "description": "host:port[,host:port]"}},
            }
        },
        "channels": {topic.value: _channel(topic) for topic in Topic} | {"dead": _dead_letters()},
        "operations": {
            f"{writer}Tells{topic.name.title()}": _operation(topic) for topic, (_, writer) in _TOPICS.items()
        },
        "components": {
            "messages": {one.name: _message(one) for one in EVENT_TYPES} | {"dead-letter": _dead_letter()},
            "schemas": {
                **model_schemas(_SCHEMAS),
                **{one.name: event_type_schema(one, _SCHEMAS) for one in EVENT_TYPES},
                "CloudEventHeaders": _cloudevent_headers(),
                "WatermarkHeaders": _headers({"ce_type": {"const": WATERMARK_TYPE}}, "The headers of a watermark."),
                "DeadLetterHeaders": _dead_letter_headers(),
            },
        },
    }


def document_bytes() -> bytes:
    """Return the AsyncAPI document as indented JSON in UTF-8, which is the content of `docs/asyncapi.json`."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _channel(topic: Topic) -> Schema:
    description, _ = _TOPICS[topic]
    types = [one.name for one in EVENT_TYPES if one.topic is topic]
    return _topic(topic.value, description, types)


def _topic(name: str, description: str, messages: list[str]) -> Schema:
    defaults = Settings.model_construct()
    configuration = topic_configuration(defaults, f"{defaults.bus_prefix}-{name}")
    return {
        "address": f"{{prefix}}-{name}",
        "description": description,
        "parameters": {"prefix": {"default": defaults.bus_prefix, "description": "SLAD_BUS_PREFIX"}},
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in messages},
        "bindings": {
            "kafka": {
                "partitions": defaults.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [configuration["cleanup.policy"]],
                    **({"retention.ms": int(configuration["retention.ms"])} if "retention.ms" in configuration else {}),
                    "max.message.bytes": int(configuration["max.message.bytes"]),
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(topic: Topic) -> Schema:
    return {"action": "send", "channel": {"$ref": f"#/channels/{topic.value}"}}


def _message(one: EventType) -> Schema:
    watermark = one.name == WATERMARK_TYPE
    headers = "WatermarkHeaders" if watermark else "CloudEventHeaders"
    key: Schema = {"type": "null"} if watermark else {"type": "string", "description": _key(one.topic)}
    return {
        "name": one.name,
        "title": one.name.removeprefix("io.slad."),
        "summary": one.summary,
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"$ref": f"#/components/schemas/{one.name}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
    }


def _key(topic: Topic) -> str:
    match topic:
        case Topic.INCIDENTS | Topic.CLOCKS:
            return "the incident, as in ce_partitionkey"
        case Topic.NOTICES:
            return "the notice, as in ce_partitionkey"
        case Topic.DELIVERIES:
            return "the incident, else the notice, else the contract, as in ce_partitionkey"
        case Topic.OBJECTIVES | Topic.CONTRACTS:
            return "the contract, as in ce_partitionkey"


def _cloudevent_headers() -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    names: dict[str, Schema] = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**text, "description": "unique with ce_source, the same for ever: drop what you have seen"},
        "ce_type": {**text, "pattern": "^io\\.slad\\.[a-z_.]+\\.v[0-9]+$"},
        "ce_source": {**text, "format": "uri-reference"},
        "ce_subject": {**text, "description": "what it is about: the incident or the notice"},
        "ce_time": {**text, "format": "date-time", "description": "when it became true"},
        "ce_partitionkey": {**text, "description": "the record's key: order holds among events that share it"},
        "content-type": {"const": "application/json"},
    }
    return _headers(names, "CloudEvents 1.0, Kafka protocol binding, binary content mode.")


def _headers(names: dict[str, Schema], description: str) -> Schema:
    return {"type": "object", "description": description, "properties": names, "required": sorted(names)}


def _dead_letters() -> Schema:
    description = "Records that a service of slad could not read or handle, as they came. Kept four times as long."
    channel = _topic("dead", description, ["dead-letter"])
    assert channel["address"].format(prefix="slad") == TopicNames("slad").dead
    return channel


def _dead_letter() -> Schema:
    return {
        "name": "dead-letter",
        "title": "quarantined record",
        "summary": "Key, value and headers of the original record, and in further headers where it lay and what was "
        "wrong.",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "whatever the original record held"},
    }


def _dead_letter_headers() -> Schema:
    names = {
        "slad_dead_group": "who could not handle it",
        "slad_dead_topic": "where it lay",
        "slad_dead_partition": "where it lay",
        "slad_dead_offset": "where it lay",
        "slad_dead_error": "what was wrong",
    }
    return _headers(
        {name: {"type": "string", "description": text} for name, text in names.items()},
        "The original's headers and these.",
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(document_bytes())
