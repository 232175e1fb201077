"""Every message, page and reason in all five languages: nothing is missing, English, or short of a plural form."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from jinja2 import Environment, nodes
from tests.unit.notifier.test_texts import NOW, content

from sla_domain.explain import reason_words, sentence_words
from sla_domain.explain.language import LANGUAGES
from sla_domain.explain.language.plural import PluralForm, plural_form, plural_forms
from sla_domain.explain.language.tag import accepted_tag, first_available, nearest_tag
from sla_domain.explain.sentences import SENTENCE_LANGUAGES
from sla_domain.explain.text import rounded_text
from sla_domain.plan import WorkingDayTime
from sla_domain.sentence import Sentence
from sla_domain.tell import OF_CONTRACTS, Happening
from sla_notifier.acknowledge.page import AckPage, AckPageKind, ListedAlert, render_page
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.customer_content import TEMPLATE
from sla_notifier.text.content import CountedAndWall, FactReason, FixedTerm, Phrase, PromiseTerms, Value
from sla_notifier.text.render import FOLDER, Texts
from sla_notifier.text.words import instant_in_words

TAGS = tuple(LANGUAGES)
OTHERS = tuple(tag for tag in TAGS if tag != "en")
FILES = ("labels", "why", "answer")
TEMPLATES = (*(kind.value for kind in MessageKind), TEMPLATE)
_MARKS = frozenset({"comma", "semicolon", "colon", "promise_terms", "role"})
"""Marks and places, in which a language may rightly say what English says."""
SAME = {"pl": _MARKS, "it": _MARKS, "ru": _MARKS, "zh-TW": frozenset({"role"})}
_LATIN = re.compile(r"[A-Za-z]{3,}")
_FOREIGN = re.compile(  # what is the same in every language: the test's own values, names of things, units, zones
    r"Acme( S\.A\.)?|github:7 Shop is down|first response|shop|Data loss|slad|notices: false|CET|UTC|https?://\S+|"
    r"Breached: first response|Anna|Wei|demo:1|id|Critical"
)


def table(tag: str, file: str) -> Mapping[str, str]:
    return tomllib.loads((FOLDER / tag / f"{file}.toml").read_text("utf-8"))


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def test_the_languages_of_messages_are_those_of_explanations() -> None:
    assert set(Texts().tags) == set(TAGS) == {*SENTENCE_LANGUAGES, "en"}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("tag", OTHERS)
def test_a_table_has_every_text_with_the_places_of_english_and_none_in_english(tag: str, file: str) -> None:
    english, own = table("en", file), table(tag, file)
    assert list(own) == list(english), "the same keys in the same order"
    assert [key for key in own if places(own[key]) != places(english[key])] == []
    assert [key for key in own if own[key] == english[key] and key not in SAME[tag]] == []


@pytest.mark.parametrize("tag", OTHERS)
def test_every_sentence_of_facts_and_remarks_has_its_places(tag: str) -> None:
    own = SENTENCE_LANGUAGES[tag]
    assert set(own.sentences) == set(Sentence)
    differ = [each for each in Sentence if set(places(own.sentences[each])) != set(places(each.value))]
    assert differ == []
    assert [each for each in Sentence if own.sentences[each] == each.value] == []


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("sentence", Sentence)
def test_every_sentence_is_known_by_its_form(sentence: Sentence, tag: str) -> None:
    filled = {name: f"<{name}>" for name in places(sentence.value)}
    filled |= {"why": Sentence.END_NOT_DATED.value} if "why" in filled else {}
    expected = {name: sentence_words(value, tag) for name, value in filled.items()}
    if "metric" in expected:
        expected["metric"] = SENTENCE_LANGUAGES[tag].quoted.format(name="<metric>")
    said = sentence_words(sentence.filled(**filled), tag)
    assert said == SENTENCE_LANGUAGES[tag].sentences[sentence].format(**expected)
    assert sentence_words(sentence.filled(**filled), "en") == sentence.filled(**filled)


def test_words_of_a_ticket_stay_as_they_are() -> None:
    assert reason_words("Duplicate of #4; see there", "pl") == "Duplicate of #4; see there"
    assert reason_words("cancelled", "en") == "the incident was cancelled"
    assert reason_words("merged", "it") == "la segnalazione è stata unita a un'altra"
    assert sentence_words("x" * 3_000, "ru") == "x" * 3_000


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_the_blocks_and_names_of_english(template: str, tag: str) -> None:
    english, own = (_tree(each, template) for each in ("en", tag))
    assert set(own) == set(english)
    for block, tree in own.items():
        assert _names(tree) == _names(english[block]), block


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_numbers_take_every_form_of_the_language(template: str, tag: str) -> None:
    wanted = {form.value for form in plural_forms(tag)}
    for tree in _tree(tag, template).values():
        for call in tree.find_all(nodes.Call):
            assert isinstance(call.node, nodes.Name)
            assert call.node.name == "numbered"
            assert {each.key for each in call.kwargs} == wanted


def _tree(tag: str, template: str) -> dict[str, nodes.Block]:
    parsed = Environment(autoescape=True).parse((FOLDER / tag / f"{template}.j2").read_text("utf-8"))
    return {block.name: block for block in parsed.find_all(nodes.Block)}


def _names(tree: nodes.Block) -> set[str]:
    return {each.name for each in tree.find_all(nodes.Name) if each.name != "numbered"}


@pytest.mark.parametrize("tag", TAGS)
def test_the_forms_of_nouns_are_those_of_cldr(tag: str) -> None:
    rule = Locale.parse(tag, sep="-").plural_form
    numbers = [*range(1_100), 10_001, 20_002, 30_005, 999_999]
    assert [plural_form(tag, number).value for number in numbers] == [rule(number) for number in numbers]
    assert {plural_form(tag, number) for number in numbers} == set(plural_forms(tag))
    words = LANGUAGES[tag]
    assert set(words.days) == set(words.working_days) == set(plural_forms(tag))


def test_numbers_of_days_follow_the_grammar() -> None:
    for days, said in ((1, "1 dzień roboczy"), (3, "3 dni robocze"), (5, "5 dni roboczych"), (22, "22 dni robocze")):
        terms = PromiseTerms("Czas reakcji", WorkingDayTime(days))
        assert f"Czas reakcji, {said}\n" in Texts().message(content(MessageKind.PAGE, promise=terms), "pl").text
    assert LANGUAGES["ru"].days[PluralForm.FEW].format(count=2) == "2 дня"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), ("0 min", "0 min", "0 мин", "0 分鐘")),
        (timedelta(seconds=59), ("59 s", "59 s", "59 с", "59 秒")),
        (timedelta(seconds=61), ("1 min", "1 min", "1 мин", "1 分鐘")),
        (timedelta(hours=2, minutes=5, seconds=9), ("2 h 5 min", "2 godz. 5 min", "2 ч 5 мин", "2 小時 5 分鐘")),
        (timedelta(days=3, hours=4, minutes=9), ("3 days 4 h", "3 dni 4 godz.", "3 дня 4 ч", "3 天 4 小時")),
        (timedelta(days=1, minutes=30), ("1 day", "1 dzień", "1 день", "1 天")),
        (timedelta(minutes=-7), ("7 min", "7 min", "7 мин", "7 分鐘")),
    ],
)
def test_spans_are_worded_as_in_explanations(length: timedelta, said: tuple[str, ...]) -> None:
    assert tuple(rounded_text(length, LANGUAGES[tag]) for tag in ("en", "pl", "ru", "zh-TW")) == said


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("pl", "pl"), ("pl-PL", "pl"), ("pl_PL.UTF-8", "pl"), ("PL", "pl"), ("it-CH", "it"), ("zh", "zh-TW"),
        ("zh-Hant", "zh-TW"), ("zh_Hant_TW", "zh-TW"), ("zh_TW", "zh-TW"), ("zh-HK", "zh-TW"), ("zh-Hans-CN", "zh-TW"),
        ("en-GB", "en"), ("fi", ""), ("", ""), ("../../etc", ""), ("xx-YY", ""),
    ],
)  # fmt: skip
def test_a_language_is_the_nearest_there_is(wanted: str, tag: str) -> None:
    assert nearest_tag(wanted, TAGS) == tag
    assert Texts().language(wanted) == (tag or "en")


def test_a_browser_and_a_list_name_the_first_that_there_is() -> None:
    assert accepted_tag("fi, ru;q=0.4, it-IT;q=0.9, *;q=0.1", TAGS) == "it"
    assert accepted_tag("pl;q=0, sv", TAGS) == "en"
    assert accepted_tag("", TAGS) == accepted_tag(";q=x,,;;", TAGS) == "en"
    assert first_available(("", "fi", "ru-RU", "pl"), TAGS) == "ru"


TOLD = [each for each in Happening if f"happened_{each.value}" in table("en", "labels")]
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"outcome": "withdrawn", "again": True, "outside": True, "opens": NOW, "late_two": True, "left_two": True},
    {
        "outcome": "cancelled",
        "changed": True,
        "staff": True,
        "several": True,
        "late_by_wall": True,
        "left_by_wall": True,
    },
    {"outcome": "met", "noticeable": False, "late_two": True, "staff": True, "changed": True},
    {"outcome": "retargeted", "registered": True, "noticeable": False, "again": True},
    {"lapsed_by": "Wei", "lapsed_at": NOW, "level": 2},
    {"passed_by": "Wei", "passed_to": "Li", "level": 2},
    {"lapsed_by": "Wei", "lapsed_at": NOW, "level": 1, "round": 2},
    *({"happening": each.value, "happened": FixedTerm("happened", each.value)} for each in TOLD),
)


def test_every_happening_that_has_no_message_of_its_own_has_words() -> None:
    own = {Happening.WARNED, Happening.BREACHED, Happening.UNPROMISED, *OF_CONTRACTS}
    assert set(TOLD) == set(Happening) - own
    leads = [Texts().message(content(MessageKind.HAPPENING, happening=each.value), "en").text for each in TOLD]
    assert len(set(leads)) == len(TOLD)
    assert all("github:7" in lead.partition("\n")[0] for lead in leads)


def said_of(tag: str) -> Iterator[str]:
    """Everything that a language says in any case, each with the values of the test in it."""
    texts = Texts()
    for kind in MessageKind:
        for variant in VARIANTS:
            message = texts.message(content(kind, **variant), tag)
            yield message.subject
            yield message.text
            yield texts.brief(content(kind, **variant), tag).subject


@pytest.mark.parametrize("tag", ["ru", "zh-TW"])
def test_a_language_of_other_letters_has_no_english_word(tag: str) -> None:
    for text in said_of(tag):
        assert _LATIN.findall(_FOREIGN.sub("", text).replace("level 2, lead", "")) == [], text


@pytest.mark.parametrize("tag", OTHERS)
def test_a_message_has_no_sentence_of_english(tag: str) -> None:
    common = re.compile(r"\b(the|is|was|are|of|and|by|this|you|breached|promise|due|closed|notice|late)\b", re.I)
    for text in said_of(tag):
        assert common.findall(_FOREIGN.sub("", text)) == [], text


@pytest.mark.parametrize("tag", OTHERS)
def test_values_are_in_the_language(tag: str) -> None:
    values: dict[str, Value] = {
        "severity": FixedTerm("severity", "high"),
        "because": FactReason("no target for priority P4"),
        "late_both": CountedAndWall(timedelta(hours=2), timedelta(days=1), by_wall=False),
    }
    text = Texts().message(content(MessageKind.RESOLVED, outcome="cancelled", **values), tag).text
    assert sentence_words("no target for priority P4", tag) in text
    assert "high" not in Texts().message(content(MessageKind.CRITICAL_FIX, **values), tag).text


def test_dates_are_those_of_the_language() -> None:
    said = [instant_in_words(NOW, "Asia/Taipei", tag) for tag in ("pl", "it", "ru", "zh-TW")]
    assert said == [
        "pon., 2 mar 2026, 17:15 CST (09:15 UTC)",
        "lun 2 mar 2026, 17:15 CST (09:15 UTC)",
        "пн, 2 мар. 2026\u202fг., 17:15 CST (09:15 UTC)",
        "2026年3月2日 週一 17:15 CST (09:15 UTC)",
    ]


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("shown", AckPageKind)
def test_a_page_is_in_the_language(shown: AckPageKind, tag: str) -> None:
    listed = tuple(
        ListedAlert("<x>", stands, "Wei", "https://slad.example/1")
        for stands in ("open", "acknowledged", "closed", "again", "told", "pending", "confirmed", "ended")
    )
    page = AckPage(shown=shown, language=tag, what="<x>", who="Wei", at=NOW, count=3, listed=listed, link="https://x/")
    english = render_page(Texts(), AckPage(shown=shown, language="en", what="<x>", who="Wei", at=NOW, count=3))
    html = render_page(Texts(), page)
    assert f'<html lang="{tag}">' in html
    words = re.compile(r"\b(the|this|you|is|link|acknowledged?|closed|of)\b", re.I)
    shown_words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.S)
    assert [each for each in words.findall(shown_words) if each.lower() != "link" or tag not in ("pl", "it")] == []
    assert html != english
    assert 'lang="zh-TW"' in render_page(Texts(), AckPage(shown=shown), "de, zh-Hant;q=0.8, en;q=0.5")


@pytest.mark.parametrize("tag", TAGS)
def test_the_page_says_when_an_acknowledgement_expires_and_whether_work_puts_it_off(tag: str) -> None:
    def shown(kind: AckPageKind, count: int = 0, *, idle: bool = False) -> str:
        page = AckPage(shown=kind, language=tag, expires_at=NOW, idle=idle, count=count, zone="Asia/Taipei", at=NOW)
        return render_page(Texts(), page)

    thanks = AckPageKind.THANKS
    found = {shown(thanks), shown(thanks, idle=True), shown(AckPageKind.THANKS_ALL, 2), shown(AckPageKind.ALREADY)}
    assert len(found) == 4
    assert all(instant_in_words(NOW, "Asia/Taipei", tag) in each for each in found)


@pytest.mark.parametrize("tag", TAGS)
def test_every_reason_for_a_recipient_is_in_the_language(tag: str) -> None:
    role = Phrase(
        "role", {"role": {"": "duty manager", "en": "Duty manager", "pl": "Kierownik dyżuru", "zh-TW": "值班經理"}}
    )
    for name, text in table(tag, "why").items():
        phrase = role if name == "role" else Phrase(name, dict.fromkeys(places(text), "7"))
        assert "{" not in Texts().phrases_in_words((phrase,), tag)
    level = Phrase("level", {"level": "2"})
    said = {each: Texts().phrases_in_words((level, role, Phrase("on_call")), each) for each in ("pl", "zh-Hant", "fi")}
    assert said == {
        "pl": "poziom 2, Kierownik dyżuru, na dyżurze",
        "zh-Hant": "第 2 層，值班經理，值班中",
        "fi": "level 2, Duty manager, on call",
    }


def test_every_language_has_the_files_of_english() -> None:
    def files(folder: Path) -> set[str]:
        return {each.name for each in folder.iterdir()}

    assert {tag: files(FOLDER / tag) ^ files(FOLDER / "en") for tag in OTHERS} == {tag: set() for tag in OTHERS}
