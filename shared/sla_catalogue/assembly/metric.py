"""`metrics` → what is timed: a metric of one's own, or a built-in one with some of its conditions replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.plan import MetricDocument, TriggerDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import Metric, MetricId, Trigger

Written = Mapping[str, tuple[Path, MetricDocument]]

NONE = "none"  # `until: none` takes away what the metric it is like has


def build_metrics(wanted: Iterable[str], written: Written, context: Context) -> tuple[Metric, ...]:
    """Build the metrics (what is timed) of a plan, each once.

    Unknown names are left out and not reported.

    Args:
        wanted: Names of metrics, which come first in the result. Metrics that they depend on (`after`, `until`) follow.
        written: Name -> (path in the catalogue, document), for metrics that the catalogue defines. They replace
            built-in metrics of the same name.
    """
    found: dict[str, Metric] = {}
    left = list(wanted)
    while left:
        name = left.pop(0)
        metric = None if name in found else _metric(name, written, context, ())
        if metric is not None:
            found[name] = metric
            left += _awaited(metric)
    return tuple(found.values())


def _awaited(metric: Metric) -> Iterator[str]:
    return (other for other in (metric.after, metric.until) if other is not None)


def known_metrics(written: Written) -> frozenset[str]:
    """Return the names of all metrics that a plan may use: built-in ones and those in `written`.

    Args:
        written: Name -> (path in the catalogue, document), for metrics that the catalogue defines.
    """
    return frozenset(written) | frozenset(BUILT_IN)


def written_metrics(context: Context) -> dict[str, tuple[Path, MetricDocument]]:
    """Return the metrics of the section `metrics`, which every plan may use.

    The result is name -> (path in the catalogue, document).
    """
    return {name: (("metrics", name), document) for name, document in context.document.metrics.items()}


def _metric(name: str, written: Written, context: Context, below: tuple[str, ...]) -> Metric | None:
    if name not in written:
        return BUILT_IN.get(MetricId(name))
    path, document = written[name]
    base = _base(name, path, document, written, context, below)
    metric = base or Metric(id=MetricId(name), start=(), stop=())
    return replace(
        metric,
        id=MetricId(name),
        start=_replaced(metric.start, document.start, (*path, "start"), context),
        stop=_replaced(metric.stop, document.stop, (*path, "stop"), context),
        reset=_replaced(metric.reset, document.reset, (*path, "reset"), context),
        cancel=_replaced(metric.cancel, document.cancel, (*path, "cancel"), context),
        pause=_replaced(metric.pause, document.pause, (*path, "pause"), context),
        resume=_replaced(metric.resume, document.resume, (*path, "resume"), context),
        on_reopen=document.on_reopen or metric.on_reopen,
        on_priority_change=document.on_priority_change or metric.on_priority_change,
        on_priority_lowered=document.on_priority_lowered or metric.on_priority_lowered,
        after=_other(metric.after, document.after, (*path, "after"), written, context),
        until=_other(metric.until, document.until, (*path, "until"), written, context),
        titles=document.title or metric.titles,
        clause=document.clause or metric.clause,
    )


def _other(held: MetricId | None, name: str | None, path: Path, written: Written, context: Context) -> MetricId | None:
    """The metric that `after` or `until` names: its clock is waited for."""
    if name is None or name == NONE:
        return held if name is None else None
    if name not in known_metrics(written):
        context.report_unknown(name, [*known_metrics(written), NONE], path, "metric")
        return held
    return MetricId(name)


def _replaced(
    held: tuple[Trigger, ...], written: list[TriggerDocument] | None, path: Path, context: Context
) -> tuple[Trigger, ...]:
    return held if written is None else _triggers(written, path, context)


def _base(
    name: str, path: Path, document: MetricDocument, written: Written, context: Context, below: tuple[str, ...]
) -> Metric | None:
    like = document.like or name
    if like == name or like in below:
        if document.like and like in below:
            context.findings.error((*path, "like"), "cycle", f"the metrics {name} and {like} are like each other")
        return BUILT_IN.get(MetricId(name))
    if like not in known_metrics(written):
        context.report_unknown(like, known_metrics(written), (*path, "like"), "metric")
        return None
    return _metric(like, written, context, (*below, name))


def _triggers(documents: Iterable[TriggerDocument], path: Path, context: Context) -> tuple[Trigger, ...]:
    found: list[Trigger] = []
    # Nothing has happened in an observation: what it makes known is read as the events that it makes up for.
    kinds = [kind.value for kind in EventKind if kind is not EventKind.OBSERVED]
    for index, document in enumerate(documents):
        where = (*path, index)
        if document.event not in kinds:
            context.report_unknown(document.event, kinds, where, "event")
            continue
        found.append(
            Trigger(
                kind=EventKind(document.event),
                actors=frozenset(_sound(document.by, [a.value for a in Actor], where, "actor", context)),
                waiting_on=frozenset(
                    WaitingOn(name)
                    for name in _sound(document.waiting_on, [w.value for w in WaitingOn], where, "party", context)
                ),
            )
        )
    return tuple(found)


def _sound(names: Iterable[str], known: list[str], path: Path, what: str, context: Context) -> list[str]:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            context.findings.error(path, f"unknown-{what}", f"no {what} is called {name!r}", hint)
    return [name for name in names if name in known]
