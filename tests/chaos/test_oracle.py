"""The oracle of a chaos run sees: each way of breaking a promise, put into a run that was right, is held against it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.chaos.catalogue import FIXED
from tests.chaos.oracle import Oracle, Record, expected
from tests.chaos.play import Played, Sent
from tests.chaos.receivers import Heard, Taken
from tests.chaos.watch import Watch
from tests.kill.script import Script
from tests.oracle.tenth_walker import Happening

ROOT = Path(__file__).parents[2]
WATCH = Watch()
WATCH.zero = 1_800_000_000.0
LEFT = (Happening(0, "opened", "P1"),)  # response due after 2 s, resolution after 5 s; warnings at 50 %, 80 %
SOLVED = (*LEFT, Happening(30, "responded"), Happening(70, "resolved"))


def played(name: str, number: int, happenings: tuple[Happening, ...], late: float = 0.0) -> Played:
    """As it was accepted, each event a tenth after it happened, the last one so many seconds later."""
    sent = [Sent(f"{name}-{n}", it, accepted=WATCH.wall(it.tenth) + 0.1) for n, it in enumerate(happenings)]
    sent[-1].accepted += late
    return Played(Script(name, number, happenings), sent)


def message(of: Played, kind: str, metric: str, threshold: str = "", tenth: int = 0, level: int = 1) -> Heard:
    person = f"/pager/{of.script.number:02}"
    told = {"incident": of.incident, "alert": f"{of.incident}/{metric}", "metric": metric, "threshold": threshold,
            "level": level, "round": 0, "at": WATCH.instant(tenth).isoformat()}  # fmt: skip
    id_ = f"{of.incident}/{metric}/{kind}/{threshold}/{level}"
    return Heard(id_, person, kind, told, "", str(told["alert"]), False, WATCH.wall(tenth) + 0.3, Taken.YES)


def mailed(of: Played, kind: str, metric: str, tenth: float) -> Heard:
    words = f"Breached: {metric.replace('_', ' ').capitalize()} for x (P1, {of.incident})"
    return Heard(f"mail/{of.incident}/{metric}/{kind}", f"lead-{of.script.number:02}", kind, {}, words,
                 f"{of.incident}/{metric}", False, WATCH.wall(tenth), Taken.YES)  # fmt: skip


def fix(contract: str) -> Heard:
    told = {"notice": "fix-1", "contract": contract}
    return Heard(f"fix/{contract}", f"/pager/{contract[-2:]}", "fix", told, "", "", False, WATCH.wall(10), Taken.YES)


def run_of(solved: Played, left: Played) -> list[Heard]:
    heard = []
    for each in (solved, left):
        heard += [
            message(each, "warning", "first_response", "warn-50", 10),
            message(each, "page", "first_response", "", 20),
            message(each, "warning", "resolution", "warn-50", 25),
            message(each, "warning", "resolution", "warn-80", 40),
            message(each, "page", "resolution", "", 50),
        ]
    heard += [message(solved, "resolved", "first_response", "", 71), message(solved, "resolved", "resolution", "", 71)]
    heard += [mailed(left, "page", "first_response", 60), mailed(left, "page", "resolution", 90)]
    return heard + [fix(contract) for contract in sorted(FIXED)]


def judged(change: Callable[[list[Heard]], list[Heard]] = lambda heard: heard, **more: object) -> list[str]:
    """The names of the rows that something speaks against."""
    solved, left = played("A", 1, SOLVED), played("B", 2, LEFT)
    stories = {each.incident: expected(each, WATCH) for each in (solved, left)}
    shown = {name: {"phase": story.ending.phase, **story.ending.verdicts} for name, story in stories.items()}
    heard = sorted(change(run_of(solved, left)), key=lambda one: one.arrived)
    values = {"acknowledged": {}, "disturbed": [], "published": {"fix-1": 0.0}, "shown": shown} | more
    record = Record(watch=WATCH, played=[solved, left], heard=heard, **values)  # type: ignore[arg-type]
    return [row.name for row in Oracle(record, stories).rows() if row.against]


def test_a_breach_heard_of_after_the_end_of_its_clock_is_history() -> None:
    """Raised to P1 at 2 s, so due at 5 s; solved at 7 s, as a P4 in time. What was accepted first decides."""
    raised = (Happening(0, "opened", "P4"), Happening(20, "priority", "P1"), Happening(70, "resolved"))
    in_order, late = played("C", 3, raised), played("D", 4, raised)
    late.sent[1].accepted = WATCH.wall(75)
    breach = ("resolution", "breach", 50)
    assert breach in expected(in_order, WATCH).must & expected(late, WATCH).must
    assert breach not in expected(in_order, WATCH).history
    assert breach in expected(late, WATCH).history


def test_a_life_that_was_over_before_its_opening_was_accepted_may_be_history() -> None:
    """Whether its end is heard of before the breach is told is a matter of pace."""
    down = played("d", 5, SOLVED)
    down.sent[0].accepted = WATCH.wall(75)
    down.sent[1].accepted, down.sent[2].accepted = WATCH.wall(80), WATCH.wall(85)
    assert ("resolution", "breach", 50) in expected(down, WATCH).history
    down.sent[0].accepted = WATCH.wall(60)
    assert ("resolution", "breach", 50) not in expected(down, WATCH).history


def without(word: str) -> Callable[[list[Heard]], list[Heard]]:
    return lambda heard: [one for one in heard if not one.id.startswith(word)]


def again(word: str, **changes: object) -> Callable[[list[Heard]], list[Heard]]:
    """The first message of this id once more, a second later."""

    def change(heard: list[Heard]) -> list[Heard]:
        first = next(one for one in heard if one.id.startswith(word))
        return [*heard, replace(first, **{"arrived": first.arrived + 1, **changes})]  # type: ignore[arg-type]

    return change


def but(word: str, **changes: object) -> Callable[[list[Heard]], list[Heard]]:
    return lambda heard: [replace(one, **changes) if one.id.startswith(word) else one for one in heard]  # type: ignore[arg-type]


def test_it_shares_no_code_with_slad() -> None:
    look = "import sys, tests.chaos.oracle; print([name for name in sys.modules if name.startswith('sla_')])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_run_that_was_right_is_found_right() -> None:
    assert judged() == []


TOLD, FALSE = "every warning and breach was told", "nobody heard what was never so"
TWICE, EARLY = "nothing was told twice unmarked", "nothing came before its instant"
END, CLIMBED = "who was paged heard of the end, last", "what nobody answered reached the next level"
FIXES = "every critical fix reached who runs the product"
PAGE = "drill:B/resolution/page"
WRONG = {
    "a warning that never came": (without("drill:B/resolution/warning/warn-80"), [TOLD]),
    "a page that never came": (without(PAGE), [TOLD]),
    "the lead was never told": (without("mail/drill:B/first_response"), [CLIMBED]),
    "the end was never told": (without("drill:A/resolution/resolved"), [END]),
    "a breach that stands is taken back": (but("drill:A/resolution/resolved", kind="taken_back"), [END]),
    "a breach that stands is taken back, and was not told": (
        lambda heard: without("drill:A/resolution/page")(but("drill:A/resolution/resolved", kind="taken_back")(heard)),
        [TOLD],
    ),
    "a page again without the mark": (again(PAGE), [TWICE]),
    "a page again under another id": (again(PAGE, id="other"), [TWICE]),
    "a mail again without the mark": (again("mail/drill:B/resolution"), [TWICE]),
    "a page an hour early": (but(PAGE, arrived=WATCH.wall(50) - 3600), [EARLY]),
    "a page before its instant": (but(PAGE, arrived=WATCH.wall(49)), [EARLY]),
    "a page after the end": (again("drill:A/resolution/page", arrived=WATCH.wall(90), id="x"), [TWICE, END]),
    "told to another contract": (but(PAGE, person="/pager/07"), [FALSE]),
    "a fix that reached one contract alone": (without(f"fix/{min(FIXED)}"), [FIXES]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "against"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_seen(change: Callable[[list[Heard]], list[Heard]], against: list[str]) -> None:
    assert judged(change) == against


def test_a_breach_that_never_was_is_false() -> None:
    solved = played("A", 1, SOLVED)
    assert judged(lambda heard: [*heard, message(solved, "page", "resolution", "", 63, level=3)]) == [FALSE]


def test_who_acknowledged_is_not_climbed_over() -> None:
    answered = {"drill:B/resolution": WATCH.wall(55)}
    assert judged(acknowledged=answered) == []
    late = but("mail/drill:B/resolution", arrived=WATCH.wall(55) + 60)
    assert judged(late, acknowledged=answered) == ["what was acknowledged climbed no further"]


def test_another_ending_is_seen() -> None:
    assert judged(shown={}) == ["every incident ended as it should"]


def test_a_marked_repetition_and_one_after_a_refusal_are_right() -> None:
    assert judged(again(PAGE, marked=True)) == []
    assert judged(lambda heard: again(PAGE, taken=Taken.YES)(but(PAGE, taken=Taken.NO)(heard))) == []


def test_what_was_true_until_the_202_may_be_told_and_must_be_taken_back() -> None:
    """The end of the incident was accepted ten seconds late: its breach was true by all that was known."""
    late = (Happening(0, "opened", "P1"), Happening(5, "responded"), Happening(30, "resolved"))
    story = expected(played("C", 3, late, late=10.0), WATCH)
    assert ("resolution", "breach", 50) in story.allowed
    assert ("resolution", "breach", 50) not in story.must
    prompt = expected(played("C", 3, late), WATCH)
    assert prompt.allowed == prompt.must


def test_a_missing_warning_is_excused_only_where_something_was_broken() -> None:
    missing = without("drill:B/resolution/warning/warn-80")
    assert judged(missing, disturbed=[(WATCH.wall(39), WATCH.wall(45))]) == []
    assert judged(missing, disturbed=[(WATCH.wall(500), WATCH.wall(505))]) == [TOLD]
    slow = but("drill:B/resolution/page", arrived=WATCH.wall(50) + 2)
    assert judged(lambda heard: slow(missing(heard))) == [], "all of that moment came later than the breach"
    ended = without("drill:A/first_response/warning")  # what overtook it is the answer, after 3 s
    assert judged(ended, disturbed=[(WATCH.wall(12), WATCH.wall(14))]) == []
    assert judged(ended) == [TOLD]
