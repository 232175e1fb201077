"""Conditions of a metric that shadow each other, so that one of them can never apply, and metrics that nobody uses.

A metric reacts to one event in the order stop > reset > cancel > pause > resume > start, so a condition wholly covered
by an earlier one can never apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from sla_catalogue.assembly.metric import build_metrics, written_metrics
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.event import WORDS, Actor
from sla_domain.plan import Metric, MetricId, Trigger

_PEOPLE = frozenset(actor.value for actor in Actor if actor is not Actor.BOT)


def check_metrics(subject: CheckedCatalogue) -> None:
    """Check that metrics (what is timed) can work as written, and add mistakes to `subject.findings`.

    Mistakes are a metric that can never start, stop or resume, a metric that waits for its own clock to stop, and a
    condition that never applies. A metric that no plan uses gives a warning, except in a catalogue rebuilt from its
    stored text.
    """
    seen: set[Path] = set()
    for built in subject.plans:
        for metric in built.plan.metrics:
            written = built.draft.metrics.get(metric.id)
            path = written[0] if written else ("metrics", metric.id)
            shared = metric.id in subject.context.document.metrics
            if path not in seen and (written or shared):
                seen.add(path)
                _check(metric, path, subject)
                _check_waiting(metric, {each.id: each for each in built.plan.metrics}, path, subject)
    if not subject.context.stored:  # what was in force once stays readable
        _check_unused(seen, subject)


def _check_unused(used: Set[Path], subject: CheckedCatalogue) -> None:
    """Check the entries of the section `metrics` that no plan times: nothing has built them so far.

    An entry that a used one is `like` is the common part of others: it is built with them, and need not be whole.
    """
    shared = written_metrics(subject.context)
    kept = {name for name, (path, _) in shared.items() if path in used}
    kept |= {each.like for built in subject.plans for _, each in built.draft.metrics.values() if each.like}
    left = list(kept)
    while left:
        entry = shared.get(left.pop())
        if entry is not None and entry[1].like and entry[1].like not in kept:
            kept.add(entry[1].like)
            left.append(entry[1].like)
    for name in shared.keys() - kept:
        path: Path = ("metrics", name)
        message = f"the metric {name!r} is in no target: no plan times it"
        subject.findings.warning(path, "unused-metric", message, f"a target with metric: {name}, or leave it out")
        built = build_metrics([name], shared, subject.context)
        for metric in built[:1]:
            _check(metric, path, subject)
            _check_waiting(metric, {each.id: each for each in built}, path, subject)


def _check_waiting(metric: Metric, known: Mapping[MetricId, Metric], path: Path, subject: CheckedCatalogue) -> None:
    """A metric that waits for itself, however far around, is never armed."""
    seen: set[MetricId] = set()
    awaited = metric.after
    while awaited is not None and awaited not in seen:
        if awaited == metric.id:
            message = f"the metric {metric.id!r} waits for its own clock to stop: no clock would ever run"
            subject.findings.error((*path, "after"), "never-starts", message, "after: first_response, or after: none")
            return
        seen.add(awaited)
        awaited = known[awaited].after if awaited in known else None


def _check(metric: Metric, path: Path, subject: CheckedCatalogue) -> None:
    error = subject.findings.error
    if not metric.start:
        error(path, "never-starts", f"the metric {metric.id!r} never starts", "start: [opened]")
    if not metric.stop:
        error(path, "never-stops", f"the metric {metric.id!r} never stops", "stop: [resolved]")
    if metric.start and metric.after is None and all(_covered(start, metric.stop) for start in metric.start):
        message = f"whatever starts {metric.id!r} also stops it: no clock would ever run"
        error((*path, "stop"), "trap-stop-covers-start", message, "remove the common event from `stop`")
    for pause in metric.pause:
        if _covered(pause, metric.start):
            message = f"{pause.kind.value!r} starts {metric.id!r} and pauses it: the clock would pause for good"
            error((*path, "pause"), "trap-pause-within-start", message, "pause on another event")
        if _covered(pause, (*metric.stop, *metric.reset, *metric.cancel)):
            message = f"{pause.kind.value!r} ends {metric.id!r} before it could pause it: it never pauses"
            error((*path, "pause"), "trap-pause-never", message, "remove it from `stop`, `reset` or `cancel`")
    if metric.pause and not metric.resume:
        error(path, "never-resumes", f"the metric {metric.id!r} pauses and never resumes", "resume: [resumed]")
    for resume in metric.resume:
        if _covered(resume, (*metric.stop, *metric.reset, *metric.cancel, *metric.pause)):
            message = f"{resume.kind.value!r} never resumes {metric.id!r}: an earlier condition takes it"
            error((*path, "resume"), "resume-never", message, "resume on another event")


def _covered(trigger: Trigger, by: tuple[Trigger, ...]) -> bool:
    """Whether every event that fires `trigger` also fires one of `by`."""
    return any(
        other.kind is trigger.kind
        and _within(_whose(trigger), _whose(other))
        and _within(trigger.waiting_on, other.waiting_on)
        for other in by
    )


def _whose(trigger: Trigger) -> frozenset[str]:
    """Whose events fire it; empty is anybody's. A word of a bot fires only what names bots."""
    return trigger.actors or (_PEOPLE if trigger.kind in WORDS else frozenset())


def _within(narrow: frozenset[object] | frozenset[str], wide: frozenset[object] | frozenset[str]) -> bool:
    """Empty means anybody."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))
