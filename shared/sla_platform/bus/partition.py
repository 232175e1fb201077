"""Which partition a key belongs to: the same answer in every process and every release, or order is lost."""

from __future__ import annotations

import zlib


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key: its CRC-32 modulo `partitions`, from 0 to `partitions` - 1.

    Never change the formula: topics in use depend on it.
    """
    return zlib.crc32(key.encode()) % partitions
