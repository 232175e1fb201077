"""The verdict of a profile on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.oracle import Oracle, Row
from tests.chaos.world import World

MOST = 4
WIDEST = 180


def table(world: World, oracle: Oracle, early: Sequence[str], start: float, ran: float) -> tuple[str, bool]:
    """The text, and whether nothing speaks against slad."""
    no_leap = Row("no report was made and no period closed for a leap", world.done["clocks"], list(early))
    rows = [*oracle.rows(), no_leap, _alive(world), _answers(world)]
    sent = sum(len(played.sent) for played in world.player.played)
    heard = Counter(heard.kind for heard in world.receivers.heard)
    lines = [
        f"\n{world.profile.value}: seed {world.seed}, {world.seconds:.0f} s of chaos, started in {start:.0f} s, "
        f"{ran:.0f} s in all",
        f"  incidents, events          {len(world.player.played)}, {sent}",
        f"  answers                    {_counted(world.post.answers)}",
        f"  done to it                 {_counted(world.done)}",
        f"  rude receivers             {_counted(world.receivers.manners)}",
        f"  told                       {_counted(heard)}",
        f"  told how late              {_spread(oracle.late)}",
    ]
    for row in rows:
        lines.append(
            f"  {'ok ' if not row.against else 'NOT'} {row.name:<48} {row.looked_at:>6}  {len(row.against):>4} against"
        )
        lines += [f"        {one[:WIDEST]}" for one in row.against[:MOST]]
    return "\n".join(lines), not any(row.against for row in rows)


def _alive(world: World) -> Row:
    return Row("no process ended by itself, no answer was 5xx", sum(world.checked.values()), world.broken)


def _answers(world: World) -> Row:
    return Row("every sender got an answer that says what to do", sum(world.post.answers.values()), world.post.wrong)


def _counted(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items())) or "nothing"


def _spread(late: Sequence[float]) -> str:
    if not late:
        return "never"
    ordered = sorted(late)
    middle, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return f"p50 {middle:.2f} s, p99 {most:.2f} s, at most {ordered[-1]:.2f} s"
