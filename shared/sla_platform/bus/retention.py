"""House-keeping of the embedded bus: removing events that every reader has passed.

On Kafka the relay empties the logs; here they would grow for ever. Readers keep their cursors in their own tables; a
reader that has none yet has read nothing, and then nothing goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import MetaData, Table, text

from sla_platform.envelope import Topic
from sla_platform.store import cursor as cursors
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor

CHUNK = 5000  # rows removed in one transaction, so that writers need not wait long

_REMOVE = """
DELETE FROM {log} WHERE position IN (
    SELECT position FROM {log}
    WHERE topic = :topic AND (txid < :txid OR (txid = :txid AND position <= :position))
    ORDER BY position LIMIT :limit)
"""


async def trim(store: Store, log: Table, readers: Mapping[Topic, Sequence[str]]) -> int:
    """Delete the events of an event log that all readers of their topic have read, and return how many.

    Args:
        readers: Topic -> the names of the services that read it. If a service has read nothing of the log yet, no event
            of its topics is deleted.
    """
    removed = 0
    for topic, names in readers.items():
        passed = await _passed_by_all(store, log, names)
        while passed is not None:
            gone = await _remove(store, log, topic, passed)
            removed += gone
            if gone < CHUNK:
                break
    return removed


async def _passed_by_all(store: Store, log: Table, names: Sequence[str]) -> Cursor | None:
    async with store.reading() as connection:
        reached = [await cursors.load(connection, cursor_table(MetaData(), name), log.name) for name in names]
    least = min(reached, default=Cursor())
    return least if least > Cursor() else None


async def _remove(store: Store, log: Table, topic: Topic, passed: Cursor) -> int:
    values = {"topic": topic.value, "txid": passed.txid, "position": passed.position, "limit": CHUNK}
    async with store.transaction() as connection:
        return (await connection.execute(text(_REMOVE.format(log=log.name)), values)).rowcount
