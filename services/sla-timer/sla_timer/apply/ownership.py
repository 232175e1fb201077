"""Which instance may apply events of a partition: the one that took its present epoch; earlier owners fail."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.errors import Fenced
from sla_platform.store.dialect import insert
from sla_timer import tables


async def take_partitions(connection: AsyncConnection, partitions: Iterable[int], owner: str) -> dict[int, int]:
    """Make `owner` the owner of these partitions, in place of any other.

    Returns the new epoch of each partition: partition -> epoch. The epoch is the number of times that the partition was
    taken. From now on `lock_partition` refuses every earlier epoch.

    Args:
        owner: The name of an instance.
    """
    taken: dict[int, int] = {}
    for number in sorted(partitions):
        statement = insert(connection, tables.partition).values(partition=number, epoch=1, owner=owner)
        taking = statement.on_conflict_do_update(
            index_elements=["partition"], set_={"epoch": tables.partition.c.epoch + 1, "owner": owner}
        ).returning(tables.partition.c.epoch)
        taken[number] = (await connection.execute(taking)).scalar_one()
    return taken


async def lock_partition(connection: AsyncConnection, partition: int, epoch: int) -> None:
    """Lock the row of a partition until the transaction ends, as its owner.

    The owner calls this before applying events of the partition.

    Args:
        epoch: The number that `take_partitions` returned.

    Raises:
        Fenced: Another instance has taken the partition since.
    """
    query = select(tables.partition.c.epoch).where(tables.partition.c.partition == partition).with_for_update()
    if (await connection.execute(query)).scalar_one_or_none() != epoch:
        raise Fenced(f"partition {partition} belongs to another instance now")


async def keep_owner_out(connection: AsyncConnection, partition: int) -> None:
    """Lock the row of a partition until the transaction ends, so that its owner can apply no events meanwhile.

    Re-planning, replays and retention call this function, on any instance. The partition keeps its owner.
    """
    await connection.execute(
        select(tables.partition.c.epoch).where(tables.partition.c.partition == partition).with_for_update()
    )
