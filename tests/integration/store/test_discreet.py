"""No error of the database quotes what people wrote: not its message, nor the driver's behind it, nor a log line."""

from __future__ import annotations

import ast
import traceback
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, DateTime, Integer, MetaData, String, Table, text

from sla_platform.store.discreet import HIDDEN, without_values
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

ROOT = Path(__file__).parents[3]
WORD = "tomato\n[SQL: rhubarb"
_metadata = MetaData()
_thing = Table(
    "thing",
    _metadata,
    Column("id", String(40), primary_key=True),
    Column("n", Integer, CheckConstraint("n < 10", name="small"), nullable=False),
    Column("at", DateTime(timezone=True)),
)
BAD: dict[str, list[dict[str, Any]]] = {
    "twice": [{"id": WORD, "n": 1}, {"id": WORD, "n": 1}],
    "too long": [{"id": WORD * 20, "n": 1}],
    "no number": [{"id": "a", "n": WORD}],
    "against a constraint": [{"id": WORD, "n": 11}],
    "absent": [{"id": WORD, "n": None}],
    "no time": [{"id": "a", "n": 1, "at": WORD}],
    "not a text": [{"id": f"{WORD}\x00", "n": 1}],
    "half a surrogate pair": [{"id": f"{WORD}\ud800", "n": 1}],
}
VALUES = ("'a (b)'", '"a"', '"9"', "(a\nb)")
VALUES = ("'a (b)'", '"a"', '"9"', "(a\nb)")
ASKED = ("SELECT CAST(:word AS integer) FROM thing", "SELECT * FROM nowhere WHERE id = :word")


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("what", BAD)
async def test_a_refused_row_is_not_quoted(store: Store, what: str, many: bool) -> None:
    await create_all(store, [_metadata])
    said = ""
    try:
        async with store.transaction() as connection:
            if many:
                await connection.execute(_thing.insert(), BAD[what])
            else:
                for row in BAD[what]:
                    await connection.execute(_thing.insert(), row)
    except Exception as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    assert "tomato" not in said, said
    assert "rhubarb" not in said, said
    if not store.sqlite:
        assert said, "the case shows nothing"


@pytest.mark.parametrize("query", ASKED)
async def test_a_refused_question_is_not_quoted(store: Store, query: str) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(_thing.insert(), {"id": "a", "n": 1})
    said = ""
    try:
        async with store.reading() as connection:
            await connection.execute(text(query), {"word": WORD})
    except Exception as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    assert "tomato" not in said, said
    assert "rhubarb" not in said, said


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            'duplicate key value violates unique constraint "x"\nDETAIL:  Key (id)=(a\nb) already exists.',
            'constraint "x"',
        ),
        ("invalid input for query argument $2: 'a (b)' ('str' object cannot be interpreted)", "query argument $2: "),
        ('invalid input syntax for type integer: "a"', "type integer: "),
        ('value "9" is out of range for type integer', "out of range for type integer"),
        ('date/time field value out of range: "a"', "out of range: "),
        ('invalid input value for enum mood: "a"', "enum mood: "),
    ],
)
def test_what_remains_says_what_is_wrong(told: str, kept: str) -> None:
    said = without_values(told)
    assert kept in said
    assert HIDDEN in said
    assert not any(value in said for value in VALUES)


def test_no_engine_shows_its_parameters() -> None:
    found = 0
    for file in [*(ROOT / "shared").rglob("*.py"), *(ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("create_engine", "create_async_engine"):
                found += 1
                hidden = {word.arg: ast.unparse(word.value) for word in node.keywords}.get("hide_parameters")
                assert hidden == "True", f"{file.name}:{node.lineno}"
    assert found >= 3
