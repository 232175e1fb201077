"""Lives under a plan: verdicts, what is left open at the end, attainment, agreement, difference, several processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.replay.made import HEADER, MAPPING, PLAN, mapping, row

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_standalone.replay import (
    BadLog,
    ClockOutcome,
    LineReader,
    OutcomeChange,
    ReplayHistory,
    ReplayRules,
    Verdict,
    VerdictAttribute,
    changed_outcomes,
    play,
    read_lines,
    read_table,
)

MET = [row("New", "10:00", number="met"), row("Done", "13:00", 1, number="met", kept="yes")]
LATE = [row("New", "10:00", number="late"), row("Done", "20:00", 1, number="late", kept="no")]
LEFT = [row("New", "10:00", number="left"), row("Work", "10:30", 1, number="left")]
FRESH = [row("New", "19:30", number="fresh", opened="01-03-2026 19:30")]
END = [row("New", "20:00", number="end", opened="01-03-2026 20:00")]


@pytest.fixture
def history(tmp_path: Path) -> Callable[..., ReplayHistory]:
    def read(*rows: Sequence[str], text: str = MAPPING) -> ReplayHistory:
        path = tmp_path / "log.csv"
        path.write_text("\n".join(",".join(cells) for cells in (HEADER, *rows)))
        return read_table(path, mapping(text))

    return read


def verdicts(outcomes: list[ClockOutcome], metric: str = "resolution") -> dict[str, Verdict]:
    return {one.incident.removeprefix("desk:"): one.verdict for one in outcomes if one.metric == metric}


def test_every_clock_gets_its_verdict_at_the_end_of_the_log(
    history: Callable[..., ReplayHistory], plain: Catalogue
) -> None:
    played = play(history(*MET, *LATE, *LEFT, *FRESH, *END), [ReplayRules(plain)])
    assert verdicts(played.outcomes[0]) == {
        "met": Verdict.MET,  # 3 h of 8
        "late": Verdict.MISSED,  # 10 h of 8
        "left": Verdict.OVERDUE,  # 10 h have passed when the log ends at 20:00
        "fresh": Verdict.OPEN,
        "end": Verdict.OPEN,
    }
    assert verdicts(played.outcomes[0], "first_response") == {
        "met": Verdict.MISSED,  # resolving answers too, after 3 h of 1
        "late": Verdict.MISSED,
        "left": Verdict.MET,
        "fresh": Verdict.OPEN,
        "end": Verdict.OPEN,
    }
    assert (played.incidents, played.until) == (5, datetime(2026, 3, 1, 19, 0, tzinfo=UTC))


def test_an_earlier_end_sees_less(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    until = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)  # 12:00 in Warsaw
    played = play(history(*MET, *LATE, *FRESH), [ReplayRules(plain)], until=until)
    assert verdicts(played.outcomes[0]) == {"met": Verdict.OPEN, "late": Verdict.OPEN}
    assert verdicts(played.outcomes[0], "first_response") == {"met": Verdict.OVERDUE, "late": Verdict.OVERDUE}
    assert played.until == until


def test_warnings_are_counted_as_people_would_have_had_them(
    history: Callable[..., ReplayHistory], plain: Catalogue
) -> None:
    played = play(history(*MET, *LATE, *LEFT, *END), [ReplayRules(plain)])
    warned = {one.incident: one.warned for one in played.outcomes[0] if one.metric == "resolution"}
    assert warned == {"desk:met": 0, "desk:late": 1, "desk:left": 1, "desk:end": 0}


def test_all_may_be_judged_under_one_contract(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    played = play(history(*MET), [ReplayRules(plain, ContractId("two"))])
    (resolution,) = [one for one in played.outcomes[0] if one.metric == "resolution"]
    assert (resolution.contract, resolution.verdict) == ("two", Verdict.MISSED)  # 3 h of 2


def test_attainment_counts_in_the_month_of_the_verdict_and_in_the_contracts_zone(
    history: Callable[..., ReplayHistory], plain: Catalogue
) -> None:
    midnight = [
        row("New", "28-02-2026 23:00", number="m", opened="28-02-2026 23:00"),
        row("Done", "28-02-2026 23:30", 1, number="m"),
    ]
    groups = play(history(*midnight), [ReplayRules(plain)]).figures.attainment
    assert {group.month for group in groups} == {"2026-02"}
    taipei = play(history(*midnight), [ReplayRules(plain, ContractId("two"))]).figures.attainment
    assert {group.month for group in taipei} == {"2026-03"}


def test_attainment_is_met_by_met_and_missed(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    groups = play(history(*MET, *LATE, *LEFT, *FRESH, *END), [ReplayRules(plain)]).figures.attainment
    (tally,) = [tally for group, tally in groups.items() if group.metric == "resolution"]
    assert (tally.met, tally.missed, tally.counts[Verdict.OPEN], tally.ratio) == (1, 2, 2, 1 / 3)


def test_agreement_with_the_other_verdict(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    wrong = [row("New", "10:00", number="w"), row("Done", "13:00", 1, number="w", kept="no")]
    played = play(
        history(*MET, *LATE, *wrong, *FRESH, row("New", "19:40", 1, number="fresh", kept="yes")), [ReplayRules(plain)]
    )
    found = played.figures.agreement
    assert (found.whole.met_met, found.whole.missed_missed, found.whole.met_missed) == (1, 1, 1)
    assert (found.whole.compared, found.whole.undecided, found.whole.ratio) == (3, 1, 2 / 3)
    assert {(one.incident, one.ours, one.theirs) for _, one in played.figures.disagreements} == {
        ("desk:w", Verdict.MET, False),
        ("desk:fresh", Verdict.OPEN, True),
    }
    assert found.by_priority["P2"].compared == 3


def test_an_incident_without_the_clock_that_is_claimed_is_undecided(
    history: Callable[..., ReplayHistory], plain: Catalogue
) -> None:
    text = MAPPING.replace('missed: "no"', 'missed: "no", metric: update')
    played = play(history(*MET, text=text), [ReplayRules(plain)])
    assert played.figures.agreement.whole.undecided == 1


def test_the_difference_between_two_plans(
    history: Callable[..., ReplayHistory], plain: Catalogue, load: Callable[[str], Catalogue]
) -> None:
    stricter = load(
        PLAN.replace("P2: 8h", "P2: 2h").replace(
            "first_response, coverage: always, time: 1h", "update, coverage: always, time: 1h"
        )
    )
    played = play(history(*MET, *LATE), [ReplayRules(plain), ReplayRules(stricter)])
    turns = {(one.one.incident, one.one.metric): one.turn for one in changed_outcomes(*played.outcomes)}
    assert turns == {
        ("desk:met", "resolution"): OutcomeChange.BROKEN,
        ("desk:met", "first_response"): OutcomeChange.VANISHED,
        ("desk:late", "resolution"): OutcomeChange.MOVED,
        ("desk:late", "first_response"): OutcomeChange.VANISHED,
    }
    back = {one.turn for one in changed_outcomes(*reversed(played.outcomes))}
    assert back == {OutcomeChange.MENDED, OutcomeChange.APPEARED, OutcomeChange.MOVED}
    assert changed_outcomes(played.outcomes[0], played.outcomes[0]) == []


@pytest.mark.long
def test_other_processes_come_to_the_same(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    rows = [
        cells
        for number in range(1_200)
        for cells in (
            row("New", "10:00", number=f"n{number}"),
            row("Done", f"1{number % 10}:30", 1, number=f"n{number}", kept="yes"),
        )
    ]
    rows.append(row("Done", "31-02-2026 10:00", 2, number="n7"))
    alone = play(history(*rows), [ReplayRules(plain), ReplayRules(plain, ContractId("two"))])
    shared = play(history(*rows), [ReplayRules(plain), ReplayRules(plain, ContractId("two"))], jobs=2)
    assert shared == alone
    assert len(alone.rejects) == 1


@pytest.mark.long
def test_other_processes_read_lines_of_events_too(tmp_path: Path, plain: Catalogue) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        "\n".join(
            f'{{"specversion":"1.0","id":"{n}-{kind}","source":"/desk","type":"{kind}","subject":"{n}",'
            f'"time":"2026-03-01T{hour}:00:00Z","data":{{}}}}'
            for n in range(600)
            for kind, hour in (("opened", "10"), ("resolved", "12"))
        )
    )
    alone = play(read_lines(path, LineReader(plain.sources)), [ReplayRules(plain)])
    assert alone.incidents == 600
    assert play(read_lines(path, LineReader(plain.sources)), [ReplayRules(plain)], jobs=2) == alone


def test_progress_counts_every_line(history: Callable[..., ReplayHistory], plain: Catalogue) -> None:
    steps: list[int] = []
    play(history(*MET, *LATE, *LEFT), [ReplayRules(plain)], advance=steps.append)
    assert sum(steps) == 6


# -- files


def test_rows_that_do_not_fit_the_table_are_reported(history: Callable[..., ReplayHistory]) -> None:
    found = history(*MET, ("too", "short"), row("New", "10:00", number="?"))
    assert [(reject.line, reject.reason) for reject in found.rejects] == [
        (4, "the row has 2 cells, the header 10"),
        (5, "the row names no incident"),
    ]
    assert found.lines == 4


def test_one_array_of_events_is_a_log_too(tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    path.write_text('[\n {"subject": "A1", "source": "/desk"},\n {"subject": "A2", "source": "/desk"}]')
    assert set(read_lines(path, LineReader({})).lives) == {"desk:A1", "desk:A2"}


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"number,state\n", "a CSV file needs --map"), (b"[{", "batch.json"), (b"\xff\xfe\n", "not JSON")],
)
def test_a_file_that_is_no_log_says_what_would_be(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "batch.json"
    path.write_bytes(content)
    with pytest.raises(BadLog) as refused:
        read_lines(path, LineReader({}))
    assert why in str(refused.value)


def test_an_empty_or_wrongly_encoded_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"")
    with pytest.raises(BadLog, match="empty"):
        read_table(path, mapping())
    path.write_bytes(",".join(HEADER).encode() + b"\n\xe9,,,,,,,,,\n")
    with pytest.raises(BadLog, match="encoding"):
        read_table(path, mapping())
    assert read_table(path, mapping("encoding: latin-1" + MAPPING)).lives


# -- a log larger than memory


def events_log(path: Path, incidents: int) -> Path:
    """Lines of many incidents in turn; one in seven is left open, one line in between is broken."""
    lines = [
        f'{{"specversion":"1.0","id":"{n}-{kind}","source":"/desk","type":"{kind}","subject":"{n}",'
        f'"time":"2026-03-01T{hour}:{n % 60:02}:00Z","data":{{"kept":"{"yes" if n % 5 else "no"}"}}}}'
        for kind, hour in (("opened", "10"), ("resolved", "17"))
        for n in range(incidents)
        if kind == "opened" or n % 7
    ]
    lines.insert(len(lines) * 2 // 3, "broken")
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.long
def test_a_large_log_of_events_comes_to_the_same(
    tmp_path: Path, plain: Catalogue, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    path, rules = events_log(tmp_path / "log.jsonl", 300), [ReplayRules(plain), ReplayRules(plain, ContractId("two"))]
    reader = LineReader(plain.sources, VerdictAttribute("kept"))
    held = play(read_lines(path, reader), rules)
    monkeypatch.setattr("sla_standalone.replay.history.HELD_BYTES", 1_000)
    monkeypatch.setattr("sla_standalone.replay.history._BUCKET_BYTES", 4_000)
    with read_lines(path, reader, jobs=jobs) as history:
        assert len(history.buckets) > 5
        assert not history.lives
        spilled = play(history, rules, jobs=jobs)
        assert list(spilled.records) == held.records
        folder = history.folder
    assert folder is not None
    assert not folder.exists()
    assert spilled.figures.attainment == held.figures.attainment
    assert spilled.figures.agreement == held.figures.agreement
    assert spilled.figures.disagreements == held.figures.disagreements
    assert (spilled.figures.changes, spilled.figures.turned) == (held.figures.changes, held.figures.turned)
    assert (spilled.rejects, spilled.rejected) == (held.rejects, 1)
    assert (spilled.incidents, spilled.events, spilled.until) == (held.incidents, held.events, held.until)


def test_a_large_table_comes_to_the_same(
    history: Callable[..., ReplayHistory], plain: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        cells
        for number in range(200)
        for cells in (
            row("New", "10:00", number=f"n{number}"),
            row("Done", f"1{number % 10}:30", 1, number=f"n{number}"),
        )
    ]
    rows += [row("Done", "31-02-2026 10:00", 2, number="n7"), *LEFT]
    held = play(history(*rows), [ReplayRules(plain)])
    monkeypatch.setattr("sla_standalone.replay.history.HELD_BYTES", 1_000)
    with history(*rows) as large:
        assert large.buckets
        spilled = play(large, [ReplayRules(plain)])
        assert list(spilled.records) == held.records
    assert spilled.figures.attainment == held.figures.attainment
    assert spilled.rejects == held.rejects


def test_of_a_large_log_only_what_is_asked_for_is_kept(
    tmp_path: Path, plain: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = events_log(tmp_path / "log.jsonl", 100)
    monkeypatch.setattr("sla_standalone.replay.history.HELD_BYTES", 1_000)
    with read_lines(path, LineReader(plain.sources)) as history:
        played = play(history, [ReplayRules(plain)], each=False)
        assert {record.incident for record in played.records} == {f"desk:{n}" for n in range(0, 100, 7)}
    assert sum(sum(tally.counts.values()) for tally in played.figures.totals.values()) == 200
