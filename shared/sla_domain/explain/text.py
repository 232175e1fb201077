"""An explanation as text, in one of five languages; local times of the zone in which the clock counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from sla_domain.clock import BREACH, ClockState
from sla_domain.explain.explanation import Explanation, ReasonedStep, RowOutcome, RowTried
from sla_domain.explain.language import LANGUAGES, tag_for
from sla_domain.explain.language.plural import PluralForm, plural_form
from sla_domain.explain.language.words import Words
from sla_domain.incident import PassedOver
from sla_domain.plan import Allowed, CoverageTime, Target, Texts, Unspecified, WallTime, WorkingDayTime


def render(explanation: Explanation, language: str = "en") -> str:
    """Return the explanation as plain text of several lines.

    Times are in the clock's time zone.

    Args:
        language: Tag of the language. The nearest supported language is used, else English.
    """
    tag = tag_for(language)
    return "\n".join(_lines(explanation, LANGUAGES[tag], tag)) + "\n"


def duration_text(span: timedelta, words: Words) -> str:
    """Return a span of time as exact text, such as `7 h 30 min`.

    A negative span begins with `−`.

    Args:
        words: The texts of the language to use.
    """
    sign, whole = ("−", -span) if span < timedelta() else ("", span)
    minutes, seconds = divmod(whole, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    exact = f"{seconds.total_seconds():.6f}".rstrip("0").rstrip(".")
    parts = [
        f"{hours} {words.hour}" if hours else "",
        f"{minutes} {words.minute}" if minutes else "",
        f"{exact} {words.second}" if seconds else "",
    ]
    return sign + (" ".join(part for part in parts if part) or f"0 {words.minute}")


def rounded_text(span: timedelta, words: Words) -> str:
    """Return the length of a span in few words: `1 day 14 h`, `2 h 5 min` or `40 s`.

    A day is 24 hours. Minutes are shown only below a day, seconds only below a minute. A negative span is shown without
    its sign.

    Args:
        words: The texts of the language to use.
    """
    seconds = abs(int(span.total_seconds()))
    days, hours = seconds // 86_400, seconds // 3_600 % 24
    if not days:
        return duration_text(timedelta(seconds=seconds - (seconds % 60 if seconds >= 60 else 0)), words)
    rest = f" {hours} {words.hour}" if hours else ""
    return counted_noun(days, words.days, words) + rest


def counted_noun(count: int, forms: Mapping[PluralForm, str], words: Words) -> str:
    """Return a number with its noun, such as `2 working days`.

    Args:
        forms: Form of the noun -> text with `{count}`.
        words: The texts of the language of `forms`.
    """
    return forms[plural_form(words.language, count)].format(count=count)


def allowed_words(target: Target, words: Words) -> str:
    """Return the allowed time of a target as text, such as `4 h` or `2 working days`.

    For a target without an allowed time (`Unspecified`), the text says so.

    Args:
        words: The texts of the language to use.
    """
    return allowed_text(target.allowed, words)


def allowed_text(allowed: Allowed, words: Words) -> str:
    """Return an allowed time as text, such as `4 h`, `2 working days` or `unspecified`.

    Args:
        words: The texts of the language to use.
    """
    match allowed:
        case CoverageTime(span):
            return duration_text(span, words)
        case WallTime(span):
            return words.wall.format(span=duration_text(span, words))
        case WorkingDayTime(days, _):
            return counted_noun(days, words.working_days, words)
        case Unspecified():
            return words.unspecified
        case _:
            assert_never(allowed)


def _lines(e: Explanation, w: Words, language: str) -> Iterator[str]:
    zone = ZoneInfo(e.zone)
    title = title_of(e.titles, language) or e.metric
    yield w.heading.format(metric=title, incident=e.incident, cycle=e.cycle + 1, state=state_text(e, w))
    yield from entitlement_lines(e, w, language)
    if e.definitions:
        yield definition_of(e, language)[1]
    yield from target_lines(e, w, language)
    yield f"{w.rows}:"
    yield from (f"  {row_name(row.target, w)}: {outcome_words(row, w)}" for row in e.rows)
    yield f"{w.time}:"
    yield from (f"  {_step(step, zone, w)}" for step in e.steps)
    yield consumption_text(e, w)
    yield from instant_lines(e, w)
    yield from version_lines(e, w)


# -- the parts, for other renderings too (`localized`)


_ANSWERS = frozenset({"first_response", "next_response", "update"})


def state_text(e: Explanation, w: Words) -> str:
    """Return the state of the explained clock in words.

    For an open clock that is overdue, the words also say since when.

    Args:
        w: The texts of the language to use.
    """
    plain = w.states[e.state]
    if e.broken_since is None:
        return plain
    since = local_text(e.broken_since, ZoneInfo(e.zone), w)
    if e.state is ClockState.PAUSED:
        return w.broken_paused.format(state=plain, since=since)
    return (w.unanswered if e.metric in _ANSWERS else w.unfulfilled).format(since=since)


def entitlement_lines(e: Explanation, w: Words, language: str) -> Iterator[str]:
    """Yield the lines on the contract, plan, entitlement and priority that apply.

    An entitlement is one of several plans of a contract. For a contract with several, each entitlement that does not
    apply has a line with the reason.

    Args:
        w: The texts of the language.
        language: Tag of the language for the priority's title.
    """
    yield w.contract.format(contract=e.contract, reason=w.reasons[e.match_reason])
    yield w.plan.format(plan=e.plan, scope=w.scopes[e.scope])
    if e.entitlement:
        yield w.entitlement.format(entitlement=e.entitlement)
    yield from (w.passed_over.format(entitlement=one.entitlement, reason=passed_words(one, w)) for one in e.passed_over)
    title = text_in(e.priority_titles, language)[1]
    named = f"{e.priority} ({title})" if title and title != e.priority else e.priority
    yield w.priority.format(priority=named or w.nothing)


def passed_words(passed: PassedOver, w: Words) -> str:
    """Return why an entitlement does not apply, in words such as `it begins on 2027-01-01`.

    An entitlement is one of several plans of a contract.

    Args:
        w: The texts of the language to use.
    """
    return w.passed[passed.reason].format(detail=passed.detail)


def definition_of(e: Explanation, language: str) -> tuple[str, str]:
    """Return the plan's definition of the clock's priority, as (language tag, line of text).

    The definition is in `language`, else in its base language (`zh` for `zh-TW`), else in English, else in any
    language. The result is ("", "") if the plan has no definition. Source: clause E12 (docs/clauses.md).
    """
    tag, text = text_in(e.definitions, language)
    words = LANGUAGES[tag_for(tag)]
    return tag, words.definition.format(priority=e.priority, definition=text) if text else ""


def target_lines(e: Explanation, w: Words, language: str) -> Iterator[str]:
    """Yield the line with the clock's target and allowed time.

    If a due date was agreed on, a line about the agreement follows. If the clock is exempt (left out of the share of
    targets met), a line about the exemption follows.

    Args:
        w: The texts of the language.
        language: Tag of the language for the title of the business hours.
    """
    coverage, row = text_in(e.coverage_titles, language)[1] or e.coverage or w.nothing, row_name(e.target, w)
    yield w.target.format(target=allowed_words(e.target, w), coverage=coverage, zone=e.zone, row=row)
    if e.agreed_by:
        original = local_text(e.original_due_at, ZoneInfo(e.zone), w) if e.original_due_at is not None else w.nothing
        said = w.agreed if e.agreed_reason else w.agreed_without_reason
        yield said.format(by=e.agreed_by, reason=e.agreed_reason, original=original)
    if e.exempt:
        yield w.exempt.format(reason=e.exempt, by=e.exempt_by or w.nothing)


def consumption_text(e: Explanation, w: Words) -> str:
    """Return the line with the consumed, allowed and remaining time of the clock.

    If `e.allowed` is None, the line has only the consumed time.

    Args:
        w: The texts of the language to use.
    """
    consumed = duration_text(e.consumed, w)
    if e.allowed is None or e.remaining is None:
        return w.sums_open.format(consumed=consumed)
    return w.sums.format(
        consumed=consumed, allowed=duration_text(e.allowed, w), remaining=duration_text(e.remaining, w)
    )


def instant_lines(e: Explanation, w: Words) -> Iterator[str]:
    """Yield the lines with instants: when the clock is due, then its warnings and breaches.

    After the line for the due instant, two more lines are possible. One has the due instant promised first, if it
    differs. The other has the instant since which the target is no longer promised. Warnings and breaches still to come
    are marked as expected.

    Args:
        w: The texts of the language to use.
    """
    zone = ZoneInfo(e.zone)
    yield w.due.format(due=local_text(e.due_at, zone, w)) if e.due_at is not None else w.due_undefined
    if e.original_due_at is not None and e.original_due_at != e.due_at:
        yield w.original.format(due=local_text(e.original_due_at, zone, w))
    if e.withdrawn_at is not None:
        yield w.withdrawn.format(at=local_text(e.withdrawn_at, zone, w))
    for mark in e.marks:
        at = local_text(mark.at, zone, w)
        line = (
            w.breached.format(at=at) if mark.kind == BREACH else w.warned.format(threshold=_mark(mark.kind, w), at=at)
        )
        yield f"{line} ({w.ahead})" if e.expected(mark) else line


def _mark(kind: str, w: Words) -> str:
    """`warn-75` as `75 %`, `warn-3600s` as `−1 h`: so long before the due instant."""
    mark = kind.removeprefix("warn-")
    if mark.isdigit():
        return f"{mark} %"
    return duration_text(-timedelta(seconds=int(mark[:-1])), w) if mark[:-1].isdigit() else kind


def version_lines(e: Explanation, w: Words) -> Iterator[str]:
    """Yield two lines about the data behind the explanation.

    The first has the versions of catalogue, holidays, time zones and calendar. The second says how reliable the times
    of the events are.

    Args:
        w: The texts of the language to use.
    """
    v = e.versions
    yield w.versions.format(
        catalogue=v.catalogue or w.nothing,
        holidays=v.holidays or w.nothing,
        tzdata=v.tzdata or w.nothing,
        calendar=v.calendar or w.nothing,
    )
    yield w.quality.format(quality=w.qualities[e.quality])


def _step(step: ReasonedStep, zone: ZoneInfo, w: Words) -> str:
    parts = [f"{local_text(step.start, zone, w)} – {local_text(step.end, zone, w)}", kind_words(step, w)]
    if step.counted:
        parts.append(f"+{duration_text(step.counted, w)}, {w.total.format(total=duration_text(step.total, w))}")
    if step.credited:
        parts.append(w.credited.format(span=duration_text(step.credited, w)))
    if step.ahead:
        parts.append(w.ahead)
    return "  ".join(parts)


def kind_words(step: ReasonedStep, w: Words) -> str:
    """Return the kind of a step (span of a clock's time) in words, with the reason.

    For example `paused (waiting on the vendor: ordered)`.

    Args:
        w: The texts of the language to use.
    """
    party = w.parties[step.waiting_on] if step.waiting_on is not None else ""
    why = ": ".join(part for part in (party, step.reason) if part)
    return w.steps[step.kind] + (f" ({why})" if why else "")


def outcome_words(row: RowTried, w: Words) -> str:
    """Return in words whether a target matched, with the condition that did not hold.

    For example `no: type is none, the row wants outage`.

    Args:
        w: The texts of the language to use.
    """
    match row.outcome:
        case RowOutcome.MATCHED:
            return w.row_matched
        case RowOutcome.UNSPECIFIED:
            return w.row_unspecified
        case RowOutcome.FAILED:
            condition = row.condition
            assert condition is not None
            form = w.row_failed_not if condition.negated else w.row_failed
            wanted = ", ".join(sorted(condition.values))
            return form.format(attribute=condition.attribute, actual=row.actual or w.nothing, wanted=wanted)


def row_name(target: Target, w: Words) -> str:
    """Return a name for a target: its place in the catalogue (`<file>:<line>`) and its contract clause.

    A target without place and clause is named by its allowed time.

    Args:
        w: The texts of the language to use.
    """
    return ", ".join(part for part in (target.line, target.clause) if part) or allowed_words(target, w)


def local_text(at: datetime, zone: ZoneInfo, w: Words) -> str:
    """Return an instant in local time with its UTC offset, such as `Tue 2026-11-10 16:30 +0100`.

    Seconds and microseconds are shown only if they are not 0.

    Args:
        w: The texts of the language for the weekday.
    """
    here = at.astimezone(zone)
    exact = "" if not (here.second or here.microsecond) else f":{here:%S}"
    if here.microsecond:
        exact += f".{here:%f}".rstrip("0")
    return f"{w.weekdays[here.weekday()]} {here:%Y-%m-%d %H:%M}{exact} {here:%z}"


def title_of(titles: Texts, language: str) -> str:
    """Return the title in `language`, or in the nearest language that has a title.

    These languages are tried in order: `language`, its base language (`zh` for `zh-TW`), English. The result is "" if
    none has a title.
    """
    return titles.get(language) or titles.get(language.partition("-")[0]) or titles.get("en", "")


def text_in(texts: Texts, language: str) -> tuple[str, str]:
    """Return (language tag, text) for the language, or for the nearest one that has a text.

    These languages are tried in order: `language`, its base language (`zh` for `zh-TW`), English, any. The result is
    ("", "") if there is no text.

    Args:
        texts: Language tag -> text.
    """
    tags = [tag for tag in (language, language.partition("-")[0], "en", *texts) if texts.get(tag)]
    return (tags[0], texts[tags[0]]) if tags else ("", "")
