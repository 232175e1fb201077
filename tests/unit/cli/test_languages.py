"""Commands in the reader's language: by --lang or SLAD_LANG, never by the machine's own; JSON is the same in each."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from tests.unit.catalogue.made import written
from tests.unit.catalogue.test_rotas import OVERRIDE, TEXT, with_
from tests.unit.cli.invoke import slad

from sla_domain.explain.language import LANGUAGES
from sla_domain.roles import RoleReason
from sla_standalone.cli.words import ON_CALL_WORDS, WHEN

OTHERS = [tag for tag in LANGUAGES if tag != "en"]
WHEN_TW = ("when", "bpmonline-basic", "--priority", "P1", "--opened", "2026-11-10T16:30")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value
    return [text for each in values for text in _texts(each)]


def _places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("table", [WHEN, ON_CALL_WORDS], ids=["when", "oncall"])
@pytest.mark.parametrize("tag", OTHERS)
def test_a_table_has_every_text_with_the_places_of_english(table: Any, tag: str) -> None:
    assert set(table) == set(LANGUAGES)
    for field in fields(table[tag]):
        english, own = (_texts(getattr(table[each], field.name)) for each in ("en", tag))
        assert [_places(each) for each in own] == [_places(each) for each in english], field.name
        if field.name not in ("head", "columns", "no"):  # "plan", "no" are words of other languages too
            assert not {each for each in own if each in english}, field.name
    assert set(ON_CALL_WORDS[tag].reasons) == set(RoleReason)


def test_when_is_in_the_language_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    english = slad(*WHEN_TW)
    assert "first_response" in english.out
    chinese = slad(*WHEN_TW, "--lang", "zh_Hant").out
    assert "開啟於 2026-11-10T16:30:00+03:00" in chinese
    assert "首次回應" in chinese
    assert "4 小時" in chinese
    monkeypatch.setenv("LANG", "pl_PL.UTF-8")
    assert slad(*WHEN_TW).out == english.out, "the machine's language says nothing"
    monkeypatch.setenv("SLAD_LANG", "pl_PL.UTF-8")
    assert "Pierwsza reakcja" in slad(*WHEN_TW).out
    assert slad(*WHEN_TW, "--json").out == slad(*WHEN_TW, "--json", "--lang", "en").out


def test_a_remark_of_when_is_translated() -> None:
    said = slad("when", "bpmonline-basic", "--priority", "P9", "--lang", "ru").out
    assert "приоритета 'P9' нет в плане" in said


def test_a_language_there_is_not_is_refused_with_those_there_are() -> None:
    said = slad(*WHEN_TW, "--lang", "fi")
    assert (said.status, said.out) == (2, "")
    assert said.err.strip() == "slad: --lang fi: write one of en, pl, it, ru, zh-TW"


def test_who_is_on_call_is_in_the_language(tmp_path: Path) -> None:
    folder = str(written(tmp_path, with_(OVERRIDE, TEXT)))
    said = slad("oncall", "--catalogue", folder, "--at", "2026-10-06T09:00", "--contract", "acme", "--lang", "it").out
    assert "al posto di ann (a cura di bob)" in said
    assert "reperibile" in said
    assert "on call" not in said
