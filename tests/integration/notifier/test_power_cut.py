"""Before a message leaves, everything that it follows from is on the disk: a power cut undoes nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from tests.integration.notifier.stage import NINE, Stage, breached

from sla_notifier.channel.port import Channel, Outcome, OutgoingMessage, Sent

NORMAL, FULL = 1, 2  # PRAGMA synchronous: does a commit wait for the disk?


class Watching(Channel):
    """Notes what was committed, and how, before each message."""

    def __init__(self, commits: list[int]) -> None:
        self._commits = commits
        self.before: list[list[int]] = []

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        self.before.append(list(self._commits))
        return Sent()

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_the_commit_before_a_message_waits_for_the_disk(stage: Stage) -> None:
    commits: list[int] = []

    def note(connection: Any) -> None:
        commits.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    event.listen(stage.store.engine.sync_engine, "commit", note)
    watching = Watching(commits)
    sending = stage.another(email=watching, webhook=watching)
    stage.time.go(NINE)
    commits.clear()
    await sending.hear(breached())
    assert commits, "the alert was written"
    assert set(commits) == {NORMAL}, "it is derived from the breach, and waits for no disk"
    await sending.send()
    assert watching.before, "somebody is told"
    assert all(before[-1] == FULL for before in watching.before)
