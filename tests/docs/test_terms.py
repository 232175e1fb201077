"""One word each for met, missed and in time in mails, reports and explanations (docs/languages.md, Terms)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_board.report.words import WORDS
from sla_domain.clock import ClockState
from sla_domain.explain.language import LANGUAGES
from sla_notifier.text.render import FOLDER

DOCUMENT = Path(__file__).parents[2] / "docs" / "languages.md"
COLUMNS = ("en", "pl", "it", "ru", "zh-TW")
ENDINGS = {"pl": 1, "it": 1, "ru": 2}
"""How many letters of the word in the table change with gender and number."""
IN_TIME = "in time (requests)"


def terms() -> dict[str, dict[str, str]]:
    """Return the table of terms: English term -> language -> word."""
    table = DOCUMENT.read_text().split("## Terms")[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in rows[2:]}


def stem(word: str, language: str) -> str:
    """Return what of a word is the same in every form: without its ending, without spaces, in small letters."""
    return joined(word)[: -ENDINGS[language]] if language in ENDINGS else joined(word)


def joined(text: str) -> str:
    return text.replace(" ", "").lower()


def said(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield where a language says met or missed, which of the two, and its words."""
    labels = tomllib.loads((FOLDER / language / "labels.toml").read_text("utf-8"))
    yield from ((f"labels.toml {key}", term, labels[key]) for key, term in LABELS)
    yield from ((f"report {key}", term, WORDS[language].text(key)) for key, term in REPORT)
    states = LANGUAGES[language].states
    yield from ((f"explanation {state}", state.value, states[state]) for state in (ClockState.MET, ClockState.MISSED))


LABELS = (("met", "met"), ("missed", "missed"), ("line_met", "met"), ("line_missed", "missed"), ("misses", "missed"))
REPORT = (
    ("column.met", "met"), ("column.missed", "missed"), ("verdict.met", "met"), ("verdict.missed", "missed"),
    ("standing.kept", "met"), ("standing.missed", "missed"), ("table.pauses_met", "met"),
    ("table.missed_by_reason", "missed"), ("table.missed_by_metric", "missed"),
)  # fmt: skip


@pytest.mark.parametrize("language", COLUMNS)
def test_met_and_missed_are_one_word_each_everywhere(language: str) -> None:
    words = terms()
    met = stem(words["met"][language], language)
    missed = stem(words["missed"][language], language)
    assert met != missed
    for where, term, text in said(language):
        if term == "met":
            assert met in joined(text), f"{where}: {text}"
            assert missed not in joined(text), f"{where}: {text}"
        else:
            wanted = "miss" if language == "en" else missed  # English has a noun of the same word
            assert wanted in joined(text), f"{where}: {text}"


@pytest.mark.parametrize("language", COLUMNS)
def test_a_share_in_time_is_one_word_everywhere(language: str) -> None:
    word = "in time" if language == "en" else terms()[IN_TIME][language]
    labels = tomllib.loads((FOLDER / language / "labels.toml").read_text("utf-8"))
    texts = (labels["attained"], WORDS[language].text("figure.in_time"), WORDS[language].text("column.in_time"))
    assert [text for text in texts if joined(word) not in joined(text)] == []
    for name in ("report", "objective"):
        assert word in (FOLDER / language / f"{name}.j2").read_text("utf-8").lower(), name
