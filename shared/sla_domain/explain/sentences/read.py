"""From a text that a fact or remark carries to the reader's language: each sentence of slad is known by its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from string import Formatter

from sla_domain.event import EventKind
from sla_domain.explain.language import LANGUAGES, tag_for
from sla_domain.explain.language.words import Words
from sla_domain.explain.sentences import it, pl, ru, zh_tw
from sla_domain.explain.sentences.words import SentenceWords
from sla_domain.explain.text import counted_noun, title_of
from sla_domain.incident import Scope
from sla_domain.language_table import language_table
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import MetricId
from sla_domain.rulebook import MatchReason
from sla_domain.sentence import Sentence

SENTENCE_LANGUAGES: Mapping[str, SentenceWords] = language_table(
    {"pl": pl.WORDS, "it": it.WORDS, "ru": ru.WORDS, "zh-TW": zh_tw.WORDS}, translations=True
)
_ENDS = {EventKind.CANCELLED.value: Sentence.INCIDENT_CANCELLED, EventKind.MERGED.value: Sentence.INCIDENT_MERGED}
_NEXT = "; "  # between sentences
_LONGEST = 2_000  # slad writes no longer sentence, and a pattern is slow on long texts from others
_MAY_LACK = frozenset({"clause"})
_DAYS = re.compile(r"(\d+) days?, ")


def reason_words(written: str, language: str) -> str:
    """Return the reason why a clock ended or is paused, as words in a language.

    Args:
        written: The reason in a fact, such as `cancelled` or `no target for priority P4`. Text from a ticket is
            returned unchanged.
        language: Language tag. An unknown language gives English.
    """
    known = _ENDS.get(written)
    return sentence_words(known.value if known is not None else written, language)


@lru_cache(maxsize=4096)
def sentence_words(written: str, language: str) -> str:
    """Translate sentences that slad has written in English.

    Args:
        written: One sentence, or several with `; ` between them. Other text, such as text from a ticket, is returned
            unchanged.
        language: Language tag. An unknown language gives English.
    """
    tag = tag_for(language)
    if tag not in SENTENCE_LANGUAGES or len(written) > _LONGEST:
        return written
    whole = _translated(written, tag)
    if whole is not None:
        return whole
    between = SENTENCE_LANGUAGES[tag].between
    return between.join(_translated(part, tag) or part for part in written.split(_NEXT))


def _translated(written: str, tag: str) -> str | None:
    """The sentence in the language; None if it is none of slad's."""
    words = LANGUAGES[tag]
    if written in _scopes():
        return words.scopes[Scope(written)]
    if written in _matches():
        return words.reasons[MatchReason(written)]
    for sentence, form in _forms():
        if found := form.fullmatch(written):
            places = {name: _place(name, value, tag) for name, value in found.groupdict().items()}
            return SENTENCE_LANGUAGES[tag].sentences[sentence].format(**places)
    return None


def _place(name: str, value: str, tag: str) -> str:
    own, words = SENTENCE_LANGUAGES[tag], LANGUAGES[tag]
    match name:
        case "why":
            return sentence_words(value, tag)
        case "metric":
            return own.no_metric if value == "no metric" else own.quoted.format(name=_metric(value, tag))
        case "priority" | "stated" if value == "none":
            return "–"
        case "kind" | "words" if value in set(EventKind):
            return own.kinds[EventKind(value)]
        case "who" if value == "somebody":
            return own.somebody
        case "ahead":
            return _DAYS.sub(lambda days: f"{_days(int(days[1]), words)} ", value)
        case "words":
            return re.sub(r" none(?=,|$)", f" {words.nothing}", value)
        case _:
            return words.nothing if value == "none" else value


def _metric(id_: str, tag: str) -> str:
    built_in = BUILT_IN.get(MetricId(id_))
    return (title_of(built_in.titles, tag) if built_in is not None else "") or id_.replace("_", " ")


def _days(count: int, words: Words) -> str:
    return counted_noun(count, words.days, words)


@cache
def _forms() -> tuple[tuple[Sentence, re.Pattern[str]], ...]:
    """The form of each sentence; those with the most words of their own come first, as they say the most."""
    own = {sentence: "".join(text for text, *_ in Formatter().parse(sentence.value)) for sentence in Sentence}
    return tuple((sentence, _form(sentence)) for sentence in sorted(Sentence, key=lambda each: -len(own[each])))


def _form(sentence: Sentence) -> re.Pattern[str]:
    pattern = ""
    for text, name, *_ in Formatter().parse(sentence.value):
        pattern += re.escape(text)
        if name and f"(?P<{name}>" in pattern:
            pattern += f"(?P={name})"
        elif name:
            pattern += f"(?P<{name}>{'.*?' if name in _MAY_LACK else '.+?'})"
    return re.compile(pattern, re.DOTALL)


@cache
def _scopes() -> frozenset[str]:
    return frozenset(each.value for each in Scope)


@cache
def _matches() -> frozenset[str]:
    return frozenset(each.value for each in MatchReason)
