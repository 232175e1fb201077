"""The queue before the group commit: in order for each sender, in turns between them, with room for who is small."""

from __future__ import annotations

import pytest

from sla_ingest.commit_queue import CommitQueue, SenderRoom


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


def test_slices_of_batches_take_turns_and_no_room_from_others() -> None:
    queue: CommitQueue[str] = CommitQueue(10, 10)
    for number in range(5):
        queue.add("flood", f"flood{number}", 250, 250, counted=False)
    assert filled("other", queue, 1) == 7  # three quarters, as if nothing waited
    assert queue.deliveries == 5 * 250 + 7
    assert drained(queue)[:4] == ["flood0", "other0", "flood1", "other1"]
    assert queue.deliveries == 0
    assert queue.admits("flood", 10, 10)


def test_what_is_held_is_free_again_also_after_an_error() -> None:
    room = SenderRoom(100, 100)
    with room.holding("a", 60, 60):
        assert not room.admits("b", 41, 1)
        assert not room.admits("a", 16, 1)  # the last quarter
        assert room.admits("b", 6, 1)
        with pytest.raises(ZeroDivisionError), room.holding("b", 6, 1):
            raise ZeroDivisionError
        with room.holding("a", 15, 1):
            pass
        assert not room.full
    assert room.admits("b", 1_000, 1_000)  # nothing is held
