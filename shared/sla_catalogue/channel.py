"""A way to send messages besides e-mail: a webhook endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NewType

from sla_catalogue.secret import Secret

ChannelId = NewType("ChannelId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """A webhook endpoint; every one of `secrets` signs, so that the receiver can be given a new one at leisure."""

    id: ChannelId
    url: str = field(default="", repr=False)  # such addresses often carry a token
    secrets: tuple[Secret, ...] = ()
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    private_addresses: bool = False
