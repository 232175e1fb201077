"""What must be told to whom, and what must not: worked out from the accepted events alone, and compared with what came.

It shares no code with slad. A mark is a warning or a breach by metric, threshold and instant; how slad numbers its
targets is its own affair. Until the 202 of an event the story without it is true: what any such story tells up to then
may be told, what the whole story tells must be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.catalogue import FIXED
from tests.chaos.play import Played, Sent
from tests.chaos.receivers import Heard, Taken
from tests.chaos.watch import Watch
from tests.kill.drill import LEVEL_TWO_SECONDS, SOURCE, plan
from tests.kill.script import LONGEST
from tests.oracle.tenth_walker import BREACH, TENTHS, Ending, walked

SLACK_SECONDS = 0.05  # a message may not come before its instant by more
NEARBY_SECONDS = 3.0
RECOVERY_SECONDS = 20.0  # after something was broken, on a machine that others use too
UNDER_WAY_SECONDS = 8.0  # what was handed over before an acknowledgement may still arrive
_INCIDENT = re.compile(rf"{SOURCE}:[A-Za-z0-9-]+")
_END = ("resolved", "taken_back")
_OPEN = ("running", "paused")
_CLOSING = {"met": _END, "missed": ("resolved",), "cancelled": _END}  # which words may close a clock, by its verdict

_ALL = tuple(plan())
_ENDS = {"responded": ("first_response",), "resolved": _ALL, "priority": _ALL}

Mark = tuple[str, str, int]  # metric, threshold, tenth


@dataclass(slots=True)
class Row:
    """One line of the verdict; `against` must stay empty."""

    name: str
    looked_at: int = 0
    against: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Expected:
    """`late`: something of it was accepted so late that another story was true meanwhile; `turns`: when a clock (by
    metric) broke, ended or got another target, which makes its warnings before of no use; `history`: breaches of which
    slad heard only after the end of their clock, by an event from before: on record, and told to nobody."""

    ending: Ending
    must: frozenset[Mark]
    allowed: frozenset[Mark]
    late: bool
    turns: frozenset[tuple[str, int]]
    history: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Record:
    """Everything the oracle is given. `acknowledged`: alert -> when the answer was taken; `disturbed`: stretches of
    time in which something was broken on purpose; `published`: notice -> when it was accepted."""

    watch: Watch
    played: Sequence[Played]
    heard: Sequence[Heard]
    acknowledged: Mapping[str, float]
    disturbed: Sequence[tuple[float, float]]
    published: Mapping[str, float]
    shown: Mapping[str, Mapping[str, object] | None]


def expected(played: Played, watch: Watch) -> Expected:
    """From the events of one incident, in the order in which they were accepted."""
    events = sorted(played.sent, key=lambda sent: sent.accepted)
    zero = played.sent[0].happening.tenth
    whole = walked(plan(), [sent.happening for sent in events], zero + 4 * LONGEST)
    must = frozenset((told.metric, told.threshold, told.tenth) for told in whole.told)
    allowed = set(must)
    for known in range(1, len(events)):
        until = max(int((events[known].accepted - watch.zero) * TENTHS) + 1, zero + 1)
        story = walked(plan(), [sent.happening for sent in events[:known]], until)
        allowed |= {(told.metric, told.threshold, told.tenth) for told in story.told}
    late = allowed != set(must) or any(sent.held for sent in events)
    turns = {(metric, tenth) for metric, threshold, tenth in must if threshold == BREACH}
    for sent in events:
        turns |= {(metric, sent.happening.tenth) for metric in _ENDS.get(sent.happening.kind, ())}
    history = {mark for mark in must if mark[1] == BREACH and _is_history(mark, events, watch, zero)}
    return Expected(whole, must, frozenset(allowed), late, frozenset(turns), frozenset(history))


def _is_history(mark: Mark, events: Sequence[Sent], watch: Watch, zero: int) -> bool:
    """Whether the event that first made this breach true was accepted when the clock had ended.

    It had ended also if its end was accepted later still: whether slad hears of the end before it tells of the breach
    is a matter of its pace, and both are right.
    """
    metric, _, tenth = mark
    for known in range(1, len(events) + 1):
        happenings = [sent.happening for sent in events[:known]]
        accepted = max(int((events[known - 1].accepted - watch.zero) * TENTHS) + 1, zero + 1)
        following = zero + 4 * LONGEST
        if known < len(events):
            following = max(int((events[known].accepted - watch.zero) * TENTHS) + 1, zero + 1)
        told = walked(plan(), happenings, following).told
        if any((one.metric, one.threshold, one.tenth) == mark for one in told):
            stories = (happenings, [sent.happening for sent in events])
            over = any(walked(plan(), story, accepted).verdicts[metric] not in _OPEN for story in stories)
            return tenth < accepted and over
    return False


class Oracle:
    """The rows of a verdict."""

    def __init__(self, record: Record, expectations: Mapping[str, Expected]) -> None:
        self._record = record
        self._expected = expectations
        self._contract = {played.incident: played.contract for played in record.played}
        self._of: dict[str, list[Heard]] = defaultdict(list)
        for heard in record.heard:
            self._of[incident_of(heard)].append(heard)
        self.late: list[float] = []
        self._first_late = list(self._first_arrivals())

    def rows(self) -> Iterator[Row]:
        yield self._accepted()
        yield self._ended_right()
        yield self._told()
        yield self._climbed()
        yield self._not_false()
        yield self._once()
        yield self._not_early()
        yield self._closed()
        yield self._acknowledged()
        yield self._fixes()

    def missing(self) -> int:
        """How many messages are still to come: for whoever waits."""
        rows = (self._told(), self._closed(), self._climbed(), self._fixes())
        return sum(len(row.against) for row in rows)

    def _accepted(self) -> Row:
        row = Row("every event was accepted in the end", sum(len(played.sent) for played in self._record.played))
        row.against += [s.id for played in self._record.played for s in played.sent if not s.accepted]
        return row

    def _ended_right(self) -> Row:
        row = Row("every incident ended as it should", len(self._expected))
        for incident, expect in self._expected.items():
            shown = self._record.shown.get(incident)
            if shown != {"phase": expect.ending.phase, **expect.ending.verdicts}:
                row.against.append(f"{incident}: {shown}, not {expect.ending.phase} {dict(expect.ending.verdicts)}")
        return row

    def _told(self) -> Row:
        """Every mark of the whole story by its message; a breach whose clock has ended by the closing word."""
        row = Row("every warning and breach was told")
        for incident, expect in self._expected.items():
            told = {mark for heard in self._of[incident] if (mark := self._mark(heard)) is not None}
            ended = {(metric_of(heard), heard.kind) for heard in self._of[incident]}
            for mark in sorted(expect.must):
                row.looked_at += 1
                metric, threshold, _ = mark
                words = [(metric, word) for word in _CLOSING.get(expect.ending.verdicts[metric], ())]
                if mark in told or mark in expect.history or (threshold == BREACH and not ended.isdisjoint(words)):
                    continue
                if threshold != BREACH and self._overtaken(mark, expect):
                    continue
                row.against.append(f"{incident}: {mark} was not told")
        return row

    def _overtaken(self, mark: Mark, expect: Expected) -> bool:
        """A warning noticed only when it was of no use any more is on record and not told.

        That is excused only where something was broken on purpose, accepted late, or told late by a slow machine,
        between it and what overtook it: its breach, the end of its clock, another target.
        """
        metric, _, tenth = mark
        if expect.late:
            return True
        overtaking = [when for of, when in expect.turns if of == metric and when >= tenth]
        if not overtaking:
            return False
        begin, end = self._record.watch.wall(tenth), self._record.watch.wall(min(overtaking))
        if any(abs(at - begin) < NEARBY_SECONDS and late >= end - begin for at, late in self._first_late):
            return True  # a machine so slow that what was due then came after what overtook this
        return any(start <= end and begin <= over + RECOVERY_SECONDS for start, over in self._record.disturbed)

    def _first_arrivals(self) -> Iterator[tuple[float, float]]:
        """The instant of each mark and how late its first message came, before any receiver could delay it."""
        seen: set[str] = set()
        for heard in self._record.heard:
            mark = self._mark(heard)
            if mark is not None and heard.id not in seen and heard.told.get("level") in (0, 1):
                at = self._record.watch.wall(mark[2])
                yield at, heard.arrived - at
            seen.add(heard.id)

    def _climbed(self) -> Row:
        """A breach that nobody answers and that does not end reaches the next level, by mail."""
        row = Row("what nobody answered reached the next level")
        for incident, expect in self._expected.items():
            for metric, threshold, _ in expect.must:
                if threshold != BREACH or expect.ending.verdicts[metric] not in ("running", "paused"):
                    continue
                alerts = {h.thread for h in self._of[incident] if h.kind == "page" and metric_of(h) == metric}
                if alerts & self._record.acknowledged.keys():
                    continue
                row.looked_at += 1
                if not any(h.kind == "page" and is_mail(h) and metric_of(h) == metric for h in self._of[incident]):
                    row.against.append(f"{incident}: the lead never heard of {metric}")
        return row

    def _not_false(self) -> Row:
        row = Row("nobody heard what was never so")
        for incident, heards in self._of.items():
            for heard in heards:
                if incident in self._expected and (mark := self._mark(heard)) is not None:
                    row.looked_at += 1
                    if mark not in self._expected[incident].allowed:
                        row.against.append(f"{incident}: {heard.kind} of {mark}")
                contract = self._contract.get(incident, "")
                if contract and heard.person[-2:] != contract[-2:]:
                    row.against.append(f"{incident} of {contract} was told to {heard.person}")
        return row

    def _once(self) -> Row:
        """The same message again only marked, once its receiver had it; the same thing never under two ids."""
        row = Row("nothing was told twice unmarked", len(self._record.heard))
        had: dict[tuple[str, str], Heard] = {}
        ids: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for heard in self._record.heard:
            key = (heard.id, heard.person)
            if key in had and not heard.marked:
                row.against.append(f"{heard.id} ({heard.kind}) to {heard.person} again without the mark")
            if heard.taken is not Taken.NO:
                had[key] = heard
            if (mark := self._mark(heard)) is not None:
                told = heard.told
                ids[incident_of(heard), mark, heard.kind, heard.person, told.get("level"), told.get("round")].add(
                    heard.id
                )
        row.against += [f"{what} under {len(found)} ids" for what, found in ids.items() if len(found) > 1]
        return row

    def _not_early(self) -> Row:
        row = Row("nothing came before its instant")
        for heard in self._record.heard:
            mark = self._mark(heard)
            if mark is None or incident_of(heard) not in self._expected:
                continue
            row.looked_at += 1
            lateness = heard.arrived - self._record.watch.wall(mark[2])
            self.late.append(lateness)
            if lateness < -SLACK_SECONDS:
                row.against.append(f"{incident_of(heard)}: {heard.kind} of {mark} came {-lateness:.1f} s early")
        return row

    def _closed(self) -> Row:
        """Whoever was paged hears last that it is over, when it is."""
        row = Row("who was paged heard of the end, last")
        for incident, expect in self._expected.items():
            for metric, verdict in expect.ending.verdicts.items():
                words = [h for h in self._of[incident] if metric_of(h) == metric and h.kind in ("page", *_END)]
                for person in {h.person for h in words if h.kind == "page" and h.taken is Taken.YES}:
                    row.looked_at += 1
                    last = [h for h in words if h.person == person and not h.marked][-1:]
                    breached = any(m == metric and threshold == BREACH for m, threshold, _ in expect.must)
                    over = verdict in _CLOSING or not breached
                    if over and last and last[0].kind not in _END:
                        row.against.append(f"{incident}: {person} did not hear of the end of {metric} ({verdict})")
                    if verdict == "missed" and last and last[0].kind == "taken_back":
                        row.against.append(f"{incident}: {person} heard last that {metric} was not broken, and it was")
                    if not over and last and last[0].kind == "taken_back":
                        row.against.append(f"{incident}: {person} heard last that {metric} was not broken, and it is")
        return row

    def _acknowledged(self) -> Row:
        row = Row("what was acknowledged climbed no further", len(self._record.acknowledged))
        for heard in self._record.heard:
            answered = self._record.acknowledged.get(heard.thread)
            if answered is None or heard.kind != "page" or not is_mail(heard):
                continue
            if heard.arrived > answered + LEVEL_TWO_SECONDS + UNDER_WAY_SECONDS and not heard.marked:
                row.against.append(f"{incident_of(heard)}: {heard.person} paged {heard.arrived - answered:.1f} s after")
        return row

    def _fixes(self) -> Row:
        row = Row("every critical fix reached who runs the product")
        told: dict[str, set[str]] = defaultdict(set)
        for heard in self._record.heard:
            if heard.kind == "fix" and heard.told:
                told[str(heard.told["notice"])].add(str(heard.told["contract"]))
        for notice in self._record.published:
            row.looked_at += 1
            if told[notice] != FIXED:
                row.against.append(f"{notice}: told for {sorted(told[notice])}, not {sorted(FIXED)}")
        row.against += [f"{notice}: never published" for notice in told.keys() - self._record.published.keys()]
        return row

    def _mark(self, heard: Heard) -> Mark | None:
        """The mark a webhook tells of; a mail does not give the instant to the tenth."""
        if heard.kind not in ("warning", "page") or "at" not in heard.told:
            return None
        threshold = str(heard.told.get("threshold") or BREACH).partition("~")[0]
        return str(heard.told["metric"]), threshold, self._record.watch.tenths(str(heard.told["at"]))


def incident_of(heard: Heard) -> str:
    if heard.told:
        return str(heard.told.get("incident", ""))
    found = _INCIDENT.search(heard.text)
    return found[0] if found else ""


def metric_of(heard: Heard) -> str:
    if heard.told:
        return str(heard.told.get("metric", ""))
    return "first_response" if "first response" in heard.text.lower().splitlines()[0] else "resolution"


def is_mail(heard: Heard) -> bool:
    return not heard.told
