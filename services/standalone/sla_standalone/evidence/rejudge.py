"""Whether the verdicts follow: the events folded again under the catalogue and contracts that are in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import zip_longest
from typing import Any

import orjson

from sla_catalogue import load_text
from sla_catalogue.recorded import RecordOverlay
from sla_domain.calendar import tzdata_version
from sla_domain.errors import DomainError
from sla_domain.explain import events_known_at
from sla_domain.fold import fold
from sla_standalone.evidence.archive import BadEvidence, EvidenceFile
from sla_standalone.evidence.check import EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.manifest import Manifest, Member
from sla_timer.evidence import (
    Basis,
    BasisIncomplete,
    ClockOnRecord,
    JudgedFold,
    RefoldedClock,
    calendar_lines,
    clock_line,
    event_of,
    explanation_line,
    incident_line,
    judged_clocks,
    needed_folds,
    rulebooks_of,
    verdict_differences,
)

WHAT = "verdicts"


def check_verdicts(evidence: EvidenceFile, manifest: Manifest) -> EvidenceCheck:
    """Compute the clocks, calendars, arithmetic and verdicts again from the events, and compare them with the evidence.

    The result names each difference. If there is one, and the evidence was made with another release of slad or other
    time zone data, the result also says so. The result is UNCHECKED if the evidence lacks what is needed to compute.

    Raises:
        BadEvidence: The content has another form than slad writes.
    """
    try:
        about = next(evidence.lines(Member.ABOUT), None)
        if about is None:
            raise BadEvidence(f"{Member.ABOUT} is empty")
        if not about["recomputable"]:
            return unchecked(WHAT, f"they cannot be computed from this file: {about['missing']}")
        published = [ClockOnRecord.of_json(line) for line in evidence.lines(Member.PUBLISHED)]
        clocks, own, surplus = _judged(evidence, about, published)
        wrong = list(_wrong(evidence, about, clocks, own, surplus))
    except (KeyError, TypeError, ValueError, BasisIncomplete, DomainError) as error:
        raise BadEvidence(f"the content cannot be judged: {type(error).__name__}: {error}") from error
    if wrong:
        wrong += _other_grounds(about)
    events = sum(1 for _ in evidence.lines(Member.EVENTS))
    holds = f"{events} events give the {len(clocks)} clocks with their arithmetic, and all verdicts that were published"
    return concluded(WHAT, wrong, holds)


def _judged(
    evidence: EvidenceFile, about: Mapping[str, Any], published: list[ClockOnRecord]
) -> tuple[list[RefoldedClock], JudgedFold, int]:
    events = [event_of(line, about["incident"]) for line in evidence.lines(Member.EVENTS)]
    own = about["catalogue"]
    keys = needed_folds(published, own)
    basis = Basis(
        texts={line["version"]: line["text"] for line in evidence.lines(Member.CATALOGUES)},
        records={line["contract"]: _json(line["record"]) for line in evidence.lines(Member.CONTRACTS)},
        pins={line["version"]: line["revisions"] for line in evidence.lines(Member.PINS)},
    )
    books = rulebooks_of(
        basis, [judging for judging, _ in keys], load_text, lambda shelf: RecordOverlay(shelf).rulebook
    )
    folds = {}
    for key in keys:
        judging, until = key
        some = events if until is None else events_known_at(events, until) or events
        folds[key] = JudgedFold(fold(some, books[judging]), books[judging])
    return judged_clocks(published, own, folds), folds[own, None], int(about["surplus"])


def _wrong(
    evidence: EvidenceFile, about: Mapping[str, Any], clocks: list[RefoldedClock], own: JudgedFold, surplus: int
) -> Iterator[str]:
    as_of, language = datetime.fromisoformat(about["as_of"]), about["language"]
    for judged in clocks:
        for difference in verdict_differences(judged):
            told = judged.published
            yield f"{told.metric if told else ''} {told.id if told else ''}: {difference}"
    yield from _differing(evidence, Member.CLOCKS, (clock_line(one) for one in clocks))
    yield from _differing(evidence, Member.CALENDARS, calendar_lines(clocks, as_of))
    explained = clocks[len(clocks) - int(about["explained"]) :]
    yield from _differing(evidence, Member.EXPLANATIONS, (explanation_line(one, as_of, language) for one in explained))
    shown = incident_line(own.incident, own.rulebook, as_of, surplus, None)
    yield from _differing(evidence, Member.INCIDENT, iter([shown]))
    words = "\n".join(line.get("text", "") for line in evidence.lines(Member.EXPLANATIONS))
    if Member.EXPLANATION in evidence and evidence.read(Member.EXPLANATION).decode() != words:
        yield f"{Member.EXPLANATION} does not say what {Member.EXPLANATIONS} says"


def _differing(evidence: EvidenceFile, member: Member, computed: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    for number, (here, there) in enumerate(zip_longest(evidence.lines(member), computed), 1):
        if here is None or there is None:
            yield f"{member}:{number}: {'it does not follow from the events' if there is None else 'it is missing'}"
            continue
        there = _plain(there)
        for name in sorted({*here, *there}):
            if here.get(name) != there.get(name):
                yield f"{member}:{number}: {name} differs: {_short(here.get(name))}, computed {_short(there.get(name))}"


def _other_grounds(about: Mapping[str, Any]) -> list[str]:
    found = []
    if about["tzdata"] != tzdata_version():
        found.append(f"(made with time zone data {about['tzdata']}, here is {tzdata_version()}: that may be the cause)")
    if about["slad"] != version("slad"):
        found.append(f"(made by slad {about['slad']}, this is {version('slad')}: that may be the cause)")
    return found


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(orjson.dumps(line))
    return found


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _short(value: Any) -> str:
    text = _json(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
