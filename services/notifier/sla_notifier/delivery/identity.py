"""The id of a delivery: the same fact to the same person by the same address always has the same id.

It is the Message-ID and the webhook-id, so it is hashed: Standard Webhooks forbids dots, mail forbids much more.
"""

from __future__ import annotations

import hashlib


def delivery_id(occasion: str, person: str, address: str) -> str:
    """Return the id of a delivery: `dlv_` and 40 hex digits, the same for the same arguments.

    Args:
        occasion: The id of the request to notify (NotificationRequest).
        address: The address with its kind, such as `email:a@b`.
    """
    named = "\n".join((occasion, person, address))
    return f"dlv_{hashlib.sha256(named.encode()).hexdigest()[:40]}"
