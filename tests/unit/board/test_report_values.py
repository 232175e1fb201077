"""Reports as values: equal data give equal bytes, words come last, and differences are found by what names a row."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from sla_board.report import value
from sla_board.report.canonical import UnknownFormat, canonical_bytes, digest_of, report_of, shown_json
from sla_board.report.correction import figure_changes, incident_changes
from sla_board.report.kind import CHAPTERS
from sla_board.report.model import (
    Chapter,
    ContractReport,
    PlotKind,
    ReportFigures,
    ReportNote,
    ReportSection,
    ReportTable,
)
from sla_board.report.plot import plot_svg
from sla_board.report.section import SECTIONS
from sla_board.report.separated import report_csv
from sla_board.report.value import ReportCell
from sla_board.report.wording import ReportWriter, heading, period_text, shown_share
from sla_board.report.words import WORDS, words_in
from sla_board.report.workbook import report_workbook
from sla_domain.report_schedule import ReportKind

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def report(met: int = 41, missed: int = 3, **changed: object) -> ContractReport:
    share = Fraction(met, met + missed)
    table = ReportTable(
        "counted",
        ("column.metric", "column.priority", "column.in_time", "column.met", "column.missed"),
        (
            (
                value.name("metric/first_response"), value.name("priority/P1"), value.share(share),
                value.count(met, "/incidents?contract=acme&verdict=met"), value.count(missed),
            ),
        ),
    )  # fmt: skip
    trend = ReportTable(
        "trend",
        ("column.period", "column.in_time", "column.met", "column.missed", "column.promised"),
        tuple(
            (
                value.period(f"2026-{month:02}"),
                value.share(part),
                value.count(9),
                value.count(1),
                value.percent(Decimal(90)),
            )
            for month, part in ((10, Fraction(9, 10)), (11, None), (12, Fraction(1, 2)))
        ),
        plot=PlotKind.TREND,
    )
    odd = ReportTable(
        "odd", ("column.title", "column.late"), ((value.text("=cmd|' /C calc'!A0"), value.span(timedelta(hours=30))),)
    )
    sections = (
        ReportSection(
            "summary",
            (ReportNote("note.moved", {"count": value.count(2)}), ReportFigures((("figure.met", value.count(met)),))),
        ),
        ReportSection("attainment", (table,)),
        ReportSection("trend", (trend,)),
        ReportSection("breaches", (odd,)),
    )
    values: dict[str, object] = {
        "kind": ReportKind.SERVICE_REPORT,
        "contract": "acme",
        "title": "Acme <S.A.>",
        "customers": ("Acme",),
        "zone": "Europe/Warsaw",
        "period": "2026-11",
        "first": date(2026, 11, 1),
        "end": date(2026, 12, 1),
        "start": datetime(2026, 10, 31, 23, tzinfo=UTC),
        "until": datetime(2026, 11, 30, 23, tzinfo=UTC),
        "zones": ("Europe/Warsaw",),
        "made_at": AT,
        "provisional": False,
        "chapters": (Chapter("", sections),),
        "names": {"metric/first_response": {"en": "First response", "pl": "Pierwsza reakcja"}},
        "verdicts": {"desk:1": "met", "desk:2": "missed"},
    }
    return ContractReport(**values | changed)  # type: ignore[arg-type]


def writer(language: str = "en", zone: str = "") -> ReportWriter:
    return ReportWriter.of(report(), words_in(language), zone)


def test_a_report_is_read_back_from_its_canonical_data_and_gives_the_same_bytes() -> None:
    data = canonical_bytes(report())
    assert report_of(data) == report()
    assert canonical_bytes(report_of(data)) == data
    assert digest_of(data) == digest_of(canonical_bytes(report()))
    assert digest_of(canonical_bytes(report(met=42))) != digest_of(data)


def test_data_of_another_format_are_refused_by_name() -> None:
    with pytest.raises(UnknownFormat, match=r"slad\.report/9"):
        report_of(canonical_bytes(report()).replace(b"slad.report/1", b"slad.report/9"))


def test_the_json_names_the_list_behind_each_figure_for_people_and_programs() -> None:
    row = shown_json(report())["chapters"][0]["sections"][1]["parts"][0]["rows"][0]
    assert row[3] == {
        "kind": "count",
        "value": 41,
        "page": "/incidents?contract=acme&verdict=met",
        "api": "/v1/incidents?contract=acme&verdict=met",
    }
    assert row[2] == {"kind": "share", "value": "41/44"}


@pytest.mark.parametrize(
    ("share", "shown"), [(Fraction(2, 3), "0.6666"), (Fraction(89999, 100000), "0.8999"), (Fraction(1), "1")]
)
def test_a_share_is_rounded_down_so_that_none_looks_kept_that_is_not(share: Fraction, shown: str) -> None:
    assert shown_share(share) == Decimal(shown)


@pytest.mark.parametrize(
    ("language", "cell", "said"),
    [
        ("en", value.share(Fraction(41, 44)), "93.18%"),
        ("pl", value.share(Fraction(41, 44)), "93,18%"),
        ("ru", value.count(1234567), "1\u00a0234\u00a0567"),
        ("en", value.span(timedelta(minutes=95, seconds=59)), "1\u00a0hr 35\u00a0min"),
        ("pl", value.span(timedelta(days=12, hours=22, minutes=59)), "12\u00a0dni 22\u00a0godz."),
        ("en", value.span(-timedelta(minutes=2)), "\u22122\u00a0min"),
        ("en", value.span(timedelta()), "0\u00a0sec"),
        ("it", value.instant(AT), "1\u00a0dic\u00a02026 10:30"),
        ("zh-TW", value.day(date(2026, 12, 25)), "2026年12月25日 週五"),
        ("pl", value.period("2026-Q4"), "IV kw. 2026"),
        ("en", value.period("2026/27"), "2026/27"),
        ("pl", value.name("metric/first_response"), "Pierwsza reakcja"),
        ("it", value.name("metric/first_response"), "First response"),
        ("it", value.name("metric/time_to_parts"), "time to parts"),
        ("en", value.word("verdict.missed"), "missed"),
        ("en", value.NOTHING, ""),
    ],
)
def test_values_are_put_into_words_by_the_readers_language(language: str, cell: ReportCell, said: str) -> None:
    assert writer(language).text(cell) == said


def test_instants_are_in_the_readers_zone() -> None:
    assert writer("en", "Asia/Taipei").text(value.instant(AT)) == "Dec\u00a01,\u00a02026 17:30"


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 termin "), (3, "3 terminy "), (5, "5 terminów "), (22, "22 terminy ")]
)
def test_plurals_follow_the_language(number: int, said: str) -> None:
    assert writer("pl").note(ReportNote("note.moved", {"count": value.count(number)})).startswith(said)


def test_a_date_that_ends_with_a_full_stop_ends_the_sentence_with_one() -> None:
    said = writer("ru").note(ReportNote("note.provisional", {"day": value.day(date(2026, 11, 30))}))
    assert said.startswith("Период заканчивается 30 ноября 2026\u202fг. ") or ".." not in said


def test_no_word_is_missing_or_english_in_another_language() -> None:
    english = WORDS["en"].said
    alike = {"pl": {"section.trend", "mail.subject"}, "it": {"mail.subject"}, "ru": {"mail.subject"}, "zh-TW": set()}
    for tag, words in WORDS.items():
        assert words.said.keys() == english.keys(), tag
        for key, said in words.said.items():
            texts = [said] if isinstance(said, str) else list(said.values())
            meant = english[key] if isinstance(english[key], str) else english[key]["other"]  # type: ignore[index]
            assert all(set(re.findall(r"{\w+}", one)) == set(re.findall(r"{\w+}", str(meant))) for one in texts), (
                tag,
                key,
            )
            assert all(one.strip() for one in texts)
            if not isinstance(said, str):
                assert "other" in said
                wanted = {words.locale.plural_form(number) for number in range(200)}
                assert wanted <= said.keys(), (tag, key)
        if tag != "en":
            assert {key for key, said in words.said.items() if said == english[key]} == alike[tag]


def test_every_kind_of_report_is_made_of_sections_that_exist_and_have_a_title() -> None:
    for kind in ReportKind:
        assert f"kind.{kind.value}" in WORDS["en"].said
        for chapter, ids in CHAPTERS[kind]:
            assert not chapter or chapter in WORDS["en"].said
            for id_ in ids:
                assert id_ in SECTIONS
                assert f"section.{id_}" in WORDS["en"].said


def test_a_correction_names_the_figures_and_the_incidents_that_changed() -> None:
    found = figure_changes(report(), report(met=40, missed=4))
    assert [(one.figure, one.was.value, one.is_.value) for one in found] == [
        ("figure.met", 41, 40),
        ("column.in_time", "41/44", "10/11"),
        ("column.met", 41, 40),
        ("column.missed", 3, 4),
    ]
    assert found[1].row == (value.name("metric/first_response"), value.name("priority/P1"))
    assert figure_changes(report(), report()) == ()
    changes = incident_changes({"a": "met", "b": "missed", "c": "met"}, {"a": "missed", "b": "missed", "d": "exempt"})
    assert [(one.incident, one.was, one.is_) for one in changes] == [
        ("a", "met", "missed"),
        ("c", "met", ""),
        ("d", "", "exempt"),
    ]


def test_a_drawing_says_what_it_shows_and_holds_no_markup_of_a_title() -> None:
    table = report().table("trend")
    assert table is not None
    drawn = plot_svg(table, writer("pl"), "Trend & <b>")
    assert '<title id="t-trend">Trend &amp; &lt;b&gt;</title>' in drawn
    assert "<desc" in drawn
    assert drawn.count("<circle") == 2, "a period without a promise is a gap"
    assert "uzgodniono" in drawn
    lone = ReportTable("x", table.columns, table.rows[:1], plot=PlotKind.TREND)
    assert plot_svg(lone, writer(), "One") == ""


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(report_csv(report(), None, writer()))))
    assert ["'=cmd|' /C calc'!A0", "30.0000"] in rows
    assert ["First response", "P1", "0.9318", "41", "3"] in rows


def test_a_workbook_keeps_numbers_as_numbers_and_is_the_same_each_time() -> None:
    made = report_workbook(report(), None, writer(), "https://sla.example")
    assert made == report_workbook(report(), None, writer(), "https://sla.example")
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "/worksheets/sheet" in name}
        texts = book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 5
    assert "<v>0.9318</v>" in sheets["xl/worksheets/sheet3.xml"]
    assert "<v>1.25</v>" in sheets["xl/worksheets/sheet5.xml"], "30 hours are 1.25 days"
    assert "=cmd|" in texts
    assert not any("<f>" in sheet for sheet in sheets.values())


def test_the_heading_names_kind_contract_and_period() -> None:
    assert heading(report(), words_in("pl")) == "Raport z jakości usług: Acme <S.A.>, listopad 2026"
    assert period_text("2026-Q4", words_in("it"), long=True) == "4º trimestre 2026"
