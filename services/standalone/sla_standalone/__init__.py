"""The composition root and the command line `slad`. Importing it registers the kinds of channels with the catalogue."""

from __future__ import annotations

from sla_catalogue import install_channel_kinds
from sla_notifier.channel.registry import KINDS

install_channel_kinds(KINDS)
