"""How known senders prove their deliveries by default, as a table: `scheme: NAME`, or the dialect of that name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_HUB = {"kind": "hmac", "header": ["X-Hub-Signature"], "prefix": "sha1=", "algorithm": "sha1"}

SCHEMES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "chatwoot": {
            "kind": "hmac", "header": ["X-Chatwoot-Signature"], "prefix": "sha256=",
            "signed": ["timestamp.body"], "timestamp_header": "X-Chatwoot-Timestamp", "timestamp_format": "seconds",
        },
        "github": {"kind": "hmac", "header": ["X-Hub-Signature-256"], "prefix": "sha256="},
        "gitlab": {"kind": "token", "header": ["X-Gitlab-Token"]},
        # GLPI stamps a delivery when it is queued, and its queue may wait for the next run of cron, or for a retry.
        "glpi": {
            "kind": "hmac", "header": ["X-GLPI-signature"], "signed": ["body", "timestamp"],
            "timestamp_header": "X-GLPI-timestamp", "timestamp_format": "seconds", "tolerance": "24h",
            "challenge": "glpi",
        },
        "grafana": {"kind": "hmac", "header": ["X-Grafana-Alerting-Signature"]},
        "hubspot": {
            "kind": "hmac", "header": ["X-HubSpot-Signature-v3"], "encoding": "base64",
            "signed": ["method", "uri", "body", "timestamp"],
            "timestamp_header": "X-HubSpot-Request-Timestamp", "timestamp_format": "milliseconds",
        },
        "intercom": {**_HUB, "challenge": "intercom"},
        "jira": {"kind": "hmac", "header": ["X-Hub-Signature"], "prefix": "sha256="},
        "linear": {
            "kind": "hmac", "header": ["Linear-Signature"],
            "timestamp_field": "webhookTimestamp", "timestamp_format": "milliseconds",
        },
        "pagerduty": {"kind": "hmac", "header": ["X-PagerDuty-Signature"], "prefix": "v1="},
        "redmine": {"kind": "hmac", "header": ["X-Redmine-Signature-256"], "prefix": "sha256="},
        "slack": {
            "kind": "hmac", "header": ["X-Slack-Signature"], "prefix": "v0=",
            "signed": ["v0:", "timestamp", ":", "body"],
            "timestamp_header": "X-Slack-Request-Timestamp", "timestamp_format": "seconds", "challenge": "slack",
        },
        "standard-webhooks": {
            "kind": "hmac", "header": ["webhook-signature"], "encoding": "base64", "prefix": "v1,",
            "signed": ["id.timestamp.body"], "timestamp_header": "webhook-timestamp", "timestamp_format": "seconds",
        },
        "stripe": {
            "kind": "hmac", "header": ["Stripe-Signature"], "prefix": "v1=", "signed": ["timestamp.body"],
            "timestamp_key": "t", "timestamp_format": "seconds",
        },
        "zammad": _HUB,
        "zendesk": {
            "kind": "hmac", "header": ["X-Zendesk-Webhook-Signature"], "encoding": "base64",
            "signed": ["timestamp+body"],
            "timestamp_header": "X-Zendesk-Webhook-Signature-Timestamp", "timestamp_format": "rfc3339",
        },
    }
)  # fmt: skip
"""Name of a scheme, which may be that of a dialect -> the keys of `authentication` that it stands for."""
