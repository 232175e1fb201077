"""The verdict on a drill: the invariants I1 to I5 and I7 of the design, each with what speaks against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.kill.evidence import Arrival, Evidence, Fact, Shown
from tests.kill.expected import expect
from tests.kill.load import Load, Played
from tests.oracle.tenth_walker import BREACH, Told

_ENDS_A_TARGET = frozenset({"responded", "updated", "priority", "resolved"})
_MOST = 5
_SLACK_SECONDS = 0.001  # two clocks of one machine are read, neither to the microsecond


@dataclass(slots=True)
class Row:
    """One line of the verdict; `against` must stay empty."""

    name: str
    looked_at: int = 0
    against: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """`answers` counts what ingest said, `longest_wait` is in seconds."""

    title: str
    notes: list[tuple[str, str]]
    rows: list[Row]
    answers: Counter[str]
    longest_wait: float

    @property
    def holds(self) -> bool:
        return not any(row.against for row in self.rows)

    def table(self) -> str:
        lines = [self.title, *(f"  {name:<44} {value}" for name, value in self.notes)]
        for row in self.rows:
            lines.append(f"  {row.name:<44} {row.looked_at:>7} looked at, {len(row.against):>3} against")
            lines += [f"      {one}" for one in row.against[:_MOST]]
        return "\n".join(lines)


def judge(title: str, load: Load, evidence: Evidence, latest_seconds: float) -> Verdict:
    """`latest_seconds`: how late a warning or breach may reach its pager."""
    trial = _Trial(load, evidence, latest_seconds)
    return Verdict(title, trial.notes(), list(trial.rows()), load.answers, load.longest_wait)


class _Trial:
    def __init__(self, load: Load, evidence: Evidence, latest: float) -> None:
        self._load = load
        self._evidence = evidence
        self._latest = latest
        self._expected = {played.incident: expect(played, load.watch) for played in load.played}
        self._sent = {played.incident: played.sent for played in load.played}
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        for fact in evidence.facts:
            self._facts[fact.incident].append(fact)
        self._arrived: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in evidence.arrivals:
            self._arrived[arrival.incident].append(arrival)
        self._ended = {
            (one["alert"], one["person"]) for one in evidence.deliveries
            if one["kind"] == "page" and one["state"] == "cancelled" and one["reason"] == "ended"
        }  # fmt: skip
        # A sender killed at it: somebody may have read the page, so the closing word goes to them too.
        self._maybe_paged = {
            (one["alert"], one["person"]) for one in evidence.deliveries
            if one["kind"] == "page" and one["state"] == "cancelled" and one["possibly_duplicate"]
        }  # fmt: skip
        self._taken_back = {
            one["alert"] for one in evidence.deliveries
            if one["kind"] == "page" and one["state"] == "cancelled" and one["reason"] == "taken_back"
        }  # fmt: skip
        self._reopened = {
            one["alert"] for one in evidence.deliveries
            if one["kind"] == "page" and one["state"] == "cancelled" and one["reason"] == "reopened"
        }  # fmt: skip
        self._carried = {
            (one["alert"], one["kind"], _instant(one["due_at"])) for one in evidence.deliveries if one["carried_by"]
        }
        self._overtaken = {
            (one["alert"], _instant(one["due_at"])): _instant(one["finished_at"]) for one in evidence.deliveries
            if one["kind"] == "warning" and one["state"] == "cancelled" and one["reason"] == "overtaken"
        }  # fmt: skip
        self._in_digest: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for one in evidence.deliveries:
            if one["carried_by"] and one["kind"] == "page":
                self._in_digest[one["carried_by"]].append((one["alert"], one["person"]))
        digests = {arrival.id for arrival in evidence.arrivals if arrival.kind == "digest"}
        self._end_in_digest = {
            (one["alert"], one["person"]) for one in evidence.deliveries
            if one["kind"] in ("resolved", "taken_back") and one["carried_by"] in digests
        }  # fmt: skip
        self.fired_late: list[float] = []
        self.told_late: list[float] = []

    def rows(self) -> Iterator[Row]:
        yield self._accepted()
        yield self._applied()
        yield self._ended_right()
        yield self._facts_right()
        yield self._told_all()
        yield self._told_once()
        yield self._nothing_false()
        yield self._never_early()
        yield self._not_late()
        yield self._in_order()
        yield self._all_finished()

    def notes(self) -> list[tuple[str, str]]:
        counted = Counter(arrival.kind for arrival in self._evidence.arrivals)
        repeats = sum(count - 1 for count in Counter(arrival.id for arrival in self._evidence.arrivals).values())
        return [
            ("incidents, events accepted", f"{len(self._load.played)}, {self._load.accepted}"),
            ("answers", _counted(self._load.answers)),
            ("longest wait for a 202", f"{self._load.longest_wait:.1f} s"),
            ("arrivals at the pagers", _counted(counted)),
            ("sent twice after a crash, all marked", str(repeats)),
            ("facts overtaken (on record, not told)", str(sum(fact.overtaken for fact in self._evidence.facts))),
            ("incidents judged with leave", str(sum(expected.tardy for expected in self._expected.values()))),
        ]

    # -- I1

    def _accepted(self) -> Row:
        row = Row("I1 every event answered, in the end with 202", sum(len(p.sent) for p in self._load.played))
        row.against += self._load.wrong
        row.against += [f"{s.id}: no 202" for p in self._load.played for s in p.sent if not s.accepted]
        return row

    def _applied(self) -> Row:
        row = Row("I1 every accepted event is applied, no other")
        for played, shown in self._shown():
            known = {id_.rpartition("#")[2].partition("/")[0] for id_ in shown.events} if shown else set()
            sent = {one.id for one in played.sent if one.accepted}
            row.looked_at += len(sent)
            row.against += [f"{played.incident}: {id_} is lost" for id_ in sorted(sent - known)]
            row.against += [f"{played.incident}: {id_} was never sent" for id_ in sorted(known - sent)]
        return row

    def _ended_right(self) -> Row:
        row = Row("I1 every incident ends as the oracle says", len(self._load.played))
        for played, shown in self._shown():
            ending = self._expected[played.incident].ending
            if shown is None or (shown.phase, dict(shown.verdicts)) != (ending.phase, dict(ending.verdicts)):
                row.against.append(f"{played.incident}: {shown}, the oracle says {ending.phase} {ending.verdicts}")
        return row

    # -- I3

    def _facts_right(self) -> Row:
        row = Row("I3 facts on the bus: none missing, none false")
        for incident, expected in self._expected.items():
            facts = {self._mark(fact) for fact in self._facts[incident]}
            row.looked_at += len(expected.must)
            if expected.tardy:
                told = {_place(mark) for mark in facts}
                missing = [mark for mark in expected.must if _place(mark) not in told]
            else:
                missing = sorted(expected.must - facts)
            row.against += [f"{incident}: {mark} is missing" for mark in missing]
            row.against += [f"{incident}: {mark} is false" for mark in sorted(facts - expected.allowed)]
            row.against += [f"{incident}: {f.id} is provisional" for f in self._facts[incident] if f.provisional]
        return row

    def _told_all(self) -> Row:
        row = Row("I3 every warning and breach reached its pager")
        for incident in self._expected:
            for fact in self._facts[incident]:
                row.looked_at += 1
                if not self._heard(fact):
                    place = f"{fact.generation}/{fact.threshold}"
                    row.against.append(f"{incident}: {place} of {fact.metric} was not told{self._instead(fact)}")
        for incident, expected in self._expected.items():
            for mark in expected.must:
                if mark.threshold == BREACH and expected.ending.verdicts[mark.metric] in ("running", "paused"):
                    row.looked_at += 1
                    if not any(a.kind == "page" and a.level == 2 and a.metric == mark.metric
                               for a in self._arrived[incident]):  # fmt: skip
                        row.against.append(f"{incident}: level 2 never heard of the breach of {mark.metric}")
        return row

    def _heard(self, fact: Fact) -> bool:
        kind = "page" if fact.threshold == BREACH else "warning"
        arrived = self._arrived[fact.incident]
        if any(
            (a.kind, a.alert, a.generation, a.threshold) == (kind, fact.clock, fact.generation, _base(fact.threshold))
            for a in arrived
        ):
            return True
        if fact.overtaken or (fact.clock, kind, fact.at) in self._carried:
            return True
        if kind == "warning" and self._was_overtaken(fact):
            return True
        if fact.history:
            return self._over_when_heard(fact)
        if kind == "page" and self._replaced(fact) and self._alert_is_open(fact):
            return True  # its people were paged for the clock, and the target that was broken next is gone already
        later = (a for a in arrived if (a.kind, a.alert) == ("page", fact.clock) and a.generation > fact.generation)
        if kind == "page" and fact.clock in self._reopened and any(later):
            return True  # another target was broken before the page went out, and its page came instead
        tardy = self._expected[fact.incident].tardy
        if tardy and kind == "page" and fact.clock in self._taken_back:
            return True  # a late event took the breach back before the page went out
        # Cut off by the end of its clock, a page is told by the closing word, be it one of its own or in a digest.
        closings = {(a.alert, a.person) for a in arrived if a.kind in ("resolved", "taken_back")} | self._end_in_digest
        return kind == "page" and any(who[0] == fact.clock and who in self._ended for who in closings)

    def _was_overtaken(self, fact: Fact) -> bool:
        """Whether its message was cancelled because the due instant that it announces had passed by then."""
        cancelled = self._overtaken.get((fact.clock, fact.at))
        return cancelled is not None and fact.due_at is not None and fact.due_at <= cancelled

    def _replaced(self, fact: Fact) -> bool:
        """Whether another change of priority came after the one that made the fact's target."""
        changes = (one.happening.kind == "priority" for one in self._sent[fact.incident])
        return fact.generation < sum(changes)

    def _alert_is_open(self, fact: Fact) -> bool:
        """Whether its people had a page for an earlier target of the clock, and no closing message before the fact."""
        about = [a for a in self._arrived[fact.incident] if a.alert == fact.clock]
        paged = any(a.kind == "page" and a.generation < fact.generation for a in about)
        closed = (a for a in about if a.kind in ("resolved", "taken_back"))
        return paged and not any(a.arrived < fact.fired_at.timestamp() for a in closed)

    def _over_when_heard(self, fact: Fact) -> bool:
        """Whether the mark is history: an event was accepted when the mark had passed and a later event had happened
        that ends targets. What was broken and still ran when its events were accepted must reach the pager."""
        instant, sent = self._load.watch.instant, self._sent[fact.incident]
        ends = [instant(one.happening.tenth) for one in sent if one.happening.kind in _ENDS_A_TARGET]
        return any(
            instant(one.happening.tenth) < end and one.accepted >= max(fact.at, end).timestamp()
            for one in sent
            for end in ends
        )

    def _instead(self, fact: Fact) -> str:
        """What became of the messages about its clock, for whoever has to find out why."""
        became = [
            f"{one['kind']} {one['state']} {one['reason']}"
            for one in self._evidence.deliveries
            if one["alert"] == fact.clock
        ]
        arrived = [f"{a.kind} {a.generation}/{a.threshold}" for a in self._arrived[fact.incident]
                   if a.alert == fact.clock]  # fmt: skip
        return f" (messages: {', '.join(became) or 'none'}; arrived: {', '.join(arrived) or 'nothing'})"

    # -- I2

    def _told_once(self) -> Row:
        row = Row("I2 nothing is told twice", len(self._evidence.arrivals))
        by_id: dict[str, list[Arrival]] = defaultdict(list)
        by_place: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for arrival in self._evidence.arrivals:
            by_id[arrival.id].append(arrival)
            if arrival.kind in ("warning", "page"):
                place = (arrival.kind, arrival.alert, arrival.generation, arrival.threshold, arrival.level)
                by_place[(*place, arrival.at, arrival.person)].add(arrival.id)
            if not arrival.signed:
                row.against.append(f"{arrival.id}: the signature does not hold")
        for id_, same in by_id.items():
            row.against += [f"{id_} of {again.incident} came again without the mark" for again in same[1:]
                            if not again.marked]  # fmt: skip
        row.against += [f"{place} was told under {len(ids)} ids" for place, ids in by_place.items() if len(ids) > 1]
        return row

    def _nothing_false(self) -> Row:
        row = Row("I3 no pager heard what is not so")
        known = {(f.clock, f.generation, _base(f.threshold)) for f in self._evidence.facts}
        for arrival in self._evidence.arrivals:
            if arrival.kind in ("warning", "page"):
                row.looked_at += 1
                if (arrival.alert, arrival.generation, arrival.threshold) not in known:
                    row.against.append(f"{arrival.incident}: {arrival.kind} {arrival.generation}/{arrival.threshold}")
        return row

    # -- I4

    def _never_early(self) -> Row:
        row = Row("I4 nothing is early", len(self._evidence.facts) + len(self._evidence.arrivals))
        row.against += [f"{f.incident}: {f.id} fired at {f.fired_at}, due {f.at}"
                        for f in self._evidence.facts if f.fired_at < f.at]  # fmt: skip
        row.against += [f"{a.incident}: {a.kind} came before {a.at}"
                        for a in self._evidence.arrivals if a.arrived < a.at.timestamp() - _SLACK_SECONDS]  # fmt: skip
        return row

    def _not_late(self) -> Row:
        row = Row(f"I4 nothing is later than {self._latest:.0f} s")
        for incident, expected in self._expected.items():
            for fact in self._facts[incident]:
                known = expected.known.get(self._mark(fact))
                if known is not None:
                    self.fired_late.append(fact.fired_at.timestamp() - known)
        for first in _firsts(self._evidence.arrivals):
            expected = self._expected[first.incident]
            mark = Told(first.metric, first.generation, first.threshold, self._tenth(first.at))
            known = expected.known.get(mark)
            if known is not None and first.level in (0, 1):
                row.looked_at += 1
                self.told_late.append(first.arrived - known)
                if first.arrived - known > self._latest:
                    row.against.append(f"{first.incident}: {mark} was told {first.arrived - known:.1f} s late")
        row.name += f" (fired {_spread(self.fired_late)}, told {_spread(self.told_late)})"
        return row

    # -- I5, I7

    def _in_order(self) -> Row:
        row = Row("I5 nobody hears the end before the breach")
        paged: set[tuple[str, str]] = set()
        for arrival in self._evidence.arrivals:
            who = (arrival.alert, arrival.person)
            paged.update(self._in_digest[arrival.id])
            if arrival.kind == "page":
                paged.add(who)
            elif arrival.kind in ("resolved", "taken_back"):
                row.looked_at += 1
                if not any(who in told for told in (paged, self._ended, self._maybe_paged)):
                    row.against.append(f"{arrival.incident}: {arrival.person} heard of the end first")
        return row

    def _all_finished(self) -> Row:
        row = Row("I7 every message has come to an end", len(self._evidence.deliveries))
        row.against += [
            f"{one['id']} of {one['incident']} is {one['state']}: {one['reason']} {one['failure']}"
            for one in self._evidence.deliveries
            if one["state"] not in ("sent", "cancelled")
        ]
        return row

    # -- small things

    def _shown(self) -> Iterator[tuple[Played, Shown | None]]:
        for played in self._load.played:
            yield played, self._evidence.shown.get(played.incident)

    def _mark(self, fact: Fact) -> Told:
        return Told(fact.metric, fact.generation, _base(fact.threshold), self._tenth(fact.at))

    def _tenth(self, at: datetime) -> int:
        return round(self._load.watch.tenths(at))


def awaited(load: Load) -> set[tuple[object, ...]]:
    """The warnings and first pages the pagers have to hear, once everything has been played."""
    return {
        (played.incident, mark.metric, mark.generation, mark.threshold)
        for played in load.played
        for mark in expect(played, load.watch).must
    }


def heard(arrivals: Sequence[Arrival]) -> set[tuple[object, ...]]:
    """What they have heard so far, to be compared with it."""
    return {(a.incident, a.metric, a.generation, a.threshold) for a in arrivals}


def _firsts(arrivals: Sequence[Arrival]) -> list[Arrival]:
    first: dict[str, Arrival] = {}
    for arrival in arrivals:
        if arrival.kind in ("warning", "page"):
            first.setdefault(arrival.id, arrival)
    return list(first.values())


def _place(mark: Told) -> tuple[str, int, str]:
    return mark.metric, mark.generation, mark.threshold


def _base(threshold: str) -> str:
    """A telling after one that was taken back has a number behind its name."""
    return threshold.partition("~")[0]


def _spread(late: list[float]) -> str:
    if not late:
        return "never"
    ordered = sorted(late)
    middle, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return f"p50 {middle * 1000:.0f} ms, p99 {most * 1000:.0f} ms, max {ordered[-1] * 1000:.0f} ms"


def _counted(counter: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
