"""Why two engines differ about a clock: when it began and ended, pauses, and in which hours each counts. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla_domain.target_text import elapsed_text
from sla_standalone.compare.clock import OurClock, TheirClock


def why_dues_differ(ours: OurClock, theirs: TheirClock, tolerance: timedelta) -> list[str]:
    """Return sentences on how far apart the due instants of two clocks are, and why.

    The list is empty if the instants agree, or if a clock has no due instant.

    Args:
        tolerance: Two instants count as equal if they are at most this far apart.
    """
    if ours.due_at is None or theirs.due_at is None:
        return []
    apart = theirs.due_at - ours.due_at
    if abs(apart) <= tolerance:
        return []
    said = f"their due instant is {elapsed_text(abs(apart))} {'later' if apart > timedelta() else 'earlier'}"
    return [said, *_grounds(ours, theirs, tolerance)]


def why_verdicts_differ(ours: OurClock, theirs: TheirClock, tolerance: timedelta) -> list[str]:
    """Return a sentence with the verdicts of two clocks, and a second one if their ends are apart.

    Args:
        tolerance: Two instants count as equal if they are at most this far apart.
    """
    said = f"ours is {'exempt' if ours.exempt else ours.state.value}, theirs {theirs.verdict.value}"
    if ours.ended_at is None or theirs.ended_at is None:
        return [said]
    apart = theirs.ended_at - ours.ended_at
    if abs(apart) <= tolerance:
        return [said]
    return [said, f"theirs ended {elapsed_text(abs(apart))} {'later' if apart > timedelta() else 'earlier'}"]


def _grounds(ours: OurClock, theirs: TheirClock, tolerance: timedelta) -> list[str]:
    found = []
    if theirs.started_at is not None and abs(theirs.started_at - ours.started_at) > tolerance:
        found.append(_apart("theirs began", theirs.started_at, ours.started_at))
    paused = theirs.paused
    if paused is not None and abs(paused - ours.paused) > tolerance:
        found.append(f"paused: ours {elapsed_text(ours.paused)}, theirs {elapsed_text(paused)}")
    elif paused is None and ours.paused > tolerance:
        found.append(f"ours was paused for {elapsed_text(ours.paused)}; they do not say whether theirs was")
    if (hours := _hours(ours, theirs, tolerance)) != "":
        found.append(hours)
    if not found:
        found.append(f"began and paused alike: other hours than {_own_hours(ours)}, or another target")
    return found


def _hours(ours: OurClock, theirs: TheirClock, tolerance: timedelta) -> str:
    """What their span from start to due says of the hours in which they count."""
    if ours.allowed is None or theirs.started_at is None or theirs.due_at is None or ours.by_wall:
        return ""
    wall = theirs.due_at - theirs.started_at - (theirs.paused or timedelta())
    own = wall if ours.due_at is None else ours.due_at - ours.started_at - ours.paused
    # Where ours took no longer by the wall either, their span says nothing.
    if abs(wall - ours.allowed) <= tolerance < abs(own - ours.allowed):
        return f"they count {elapsed_text(ours.allowed)} round the clock, ours in {_own_hours(ours)}"
    return ""


def _own_hours(ours: OurClock) -> str:
    return "wall-clock time" if ours.by_wall else f"{ours.hours or 'its hours'} ({ours.zone})"


def _apart(what: str, theirs: datetime, ours: datetime) -> str:
    apart = theirs - ours
    return f"{what} {elapsed_text(abs(apart))} {'later' if apart > timedelta() else 'earlier'}"
