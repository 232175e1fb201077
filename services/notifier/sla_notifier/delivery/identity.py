"""The id of a delivery: the same fact told to the same person the same way is the same delivery, for ever.

It is the Message-ID and the webhook-id, so it is hashed: Standard Webhooks forbids dots, mail forbids much more.
"""

from __future__ import annotations

import hashlib


def delivery_id(occasion: str, person: str, address: str) -> str:
    """`occasion` is the fact or notice id, with the level and round of a page; `address` as `email:a@b`."""
    named = "\n".join((occasion, person, address))
    return f"dlv_{hashlib.sha256(named.encode()).hexdigest()[:40]}"
