"""`channels` → the entries of the channels, each read and checked by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import ChannelEntry, ChannelId, channel_kind


def build_channels(context: Context) -> Mapping[ChannelId, ChannelEntry]:
    """Build the entries of the catalogue's section `channels` (such as webhook endpoints), by id.

    Errors in the entries are reported to `context.findings`.
    """
    found: dict[ChannelId, ChannelEntry] = {}
    for name, document in context.document.channels.items():
        kind = channel_kind(document.kind)
        assert kind is not None  # the shape of an entry is its kind's
        kind.check_entry(document, ("channels", name), context)
        found[ChannelId(name)] = kind.entry(ChannelId(name), document)
    return MappingProxyType(found)
