"""The queue before the group commit: in order for each sender, in turns between them, with room for who is small."""

from __future__ import annotations

import pytest

from sla_ingest.commit_queue import CommitQueue


def filled(sender: str, queue: CommitQueue[str], deliveries: int, size: int = 1) -> int:
    """How many items of a sender the queue takes."""
    taken = 0
    while queue.admits(sender, deliveries, size):
        queue.add(sender, f"{sender}{taken}", deliveries, size)
        taken += 1
    return taken


def drained(queue: CommitQueue[str]) -> list[str]:
    found = []
    while queue:
        found.append(queue.take())
    return found


def test_senders_take_turns_and_each_keeps_its_order() -> None:
    queue: CommitQueue[str] = CommitQueue(10_000, 10_000)
    for sender, count in (("a", 4), ("b", 1), ("c", 2)):
        for number in range(count):
            queue.add(sender, f"{sender}{number}", 1, 1)
    assert queue.deliveries == 7
    assert drained(queue) == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"]
    assert queue.deliveries == 0
    assert not queue.full


def test_who_comes_while_another_has_much_waiting_is_next_but_one() -> None:
    queue: CommitQueue[str] = CommitQueue(10_000, 10_000)
    filled("flood", queue, 250)
    queue.add("other", "other0", 1, 1)
    queue.take()
    assert queue.take() == "other0"


@pytest.mark.parametrize(("deliveries", "size"), [(100, 1), (1, 100)])
def test_a_sender_with_much_waiting_leaves_room_for_others(deliveries: int, size: int) -> None:
    queue: CommitQueue[str] = CommitQueue(1_600, 1_600)
    assert filled("flood", queue, deliveries, size) == 12  # three quarters
    assert not queue.admits("flood", 1, 1)
    assert [filled(f"other{number}", queue, deliveries, size) for number in range(5)] == [1, 1, 1, 1, 0]
    assert queue.full


def test_anything_may_wait_alone() -> None:
    queue: CommitQueue[str] = CommitQueue(10, 10)
    assert queue.admits("a", 500, 500)
    queue.add("a", "a0", 500, 500)
    assert not queue.admits("b", 1, 1)
    assert queue.take() == "a0"
    assert queue.admits("b", 1, 1)
    with pytest.raises(KeyError):
        queue.take()
