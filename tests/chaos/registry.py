"""Everything that can go wrong in a run, by name; SLAD_CHAOS_WITHOUT leaves some out, SLAD_CHAOS_ONLY keeps some.

A kind is either something that goes on beside the load (a coroutine), or a way in which senders and receivers behave.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos import faults, people, strangers
from tests.chaos.receivers import AFTER_THE_DOT, AT_THE_DOOR, HTTP_MANNERS, SHORT_HANG_SECONDS, SLOW_HTTP
from tests.chaos.world import World
from tests.e2e.fleet import Profile

BOTH = frozenset(Profile)
PRODUCTION = frozenset({Profile.PRODUCTION})
LONG_SECONDS = 300.0  # a run that outlasts what hangs for tens of seconds
_SLOW_MAIL = ("hang after the dot",)


@dataclass(frozen=True, slots=True)
class Kind:
    """`beside`: what goes on; None for a way to behave, which `behaviour` looks up."""

    says: str
    profiles: frozenset[Profile] = BOTH
    beside: Callable[[World], Awaitable[None]] | None = None


KINDS: dict[str, Kind] = {
    "kills": Kind("kill -9 of any process", BOTH, faults.kills),
    "database": Kind("PostgreSQL stopped at once and started", PRODUCTION, faults.database),
    "broker": Kind("Kafka killed and started", PRODUCTION, faults.broker),
    "clocks": Kind("clocks leap by an hour, a minute, days, 400 days", BOTH, faults.clocks),
    "idle": Kind("hundreds of silent connections", BOTH, strangers.idle),
    "flood": Kind("signatures that do not hold", BOTH, strangers.flood),
    "odd": Kind("values at the edges, in and out", BOTH, strangers.odd),
    "hot": Kind("one incident updated without end", BOTH, strangers.hot),
    "notices": Kind("critical fixes", BOTH, strangers.notices),
    "acknowledgements": Kind("people who answer", BOTH, people.acknowledgements),
    "late": Kind("answers and ends that come seconds late"),
    "late-priority": Kind("priorities that come seconds late"),
    "rude-http": Kind("webhook receivers refuse, cut, redirect, hold the body"),
    "rude-mail": Kind("mail servers refuse, cut, hang up"),
    "hangs": Kind(f"receivers that hang, in runs of less than {LONG_SECONDS:.0f} s for {SHORT_HANG_SECONDS:.0f} s"),
}


def held(enabled: frozenset[str]) -> tuple[str, ...]:
    """The kinds of events that may come late."""
    late = ("responded", "resolved") if "late" in enabled else ()
    return (*late, "priority") if "late-priority" in enabled else late


def manners(enabled: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How webhook and mail receivers may misbehave."""
    slow = "hangs" in enabled
    http = tuple(name for name in HTTP_MANNERS if name != "fine" and (slow or name not in SLOW_HTTP))
    mail = tuple(name for name in (*AT_THE_DOOR, *AFTER_THE_DOT) if name != "fine" and (slow or name not in _SLOW_MAIL))
    return http if "rude-http" in enabled else (), mail if "rude-mail" in enabled else ()
