"""What a command prints of others' words commands no terminal and turns no text round."""

from __future__ import annotations

from typing import Any

import httpx2
import orjson
import pytest
import typer
from rich.table import Table

from sla_standalone.cli import output, quarantine

HOSTILE = "down\x1b[2J\x1b]0;owned\x07 \x9b31m\x08\r\u202etxt.exe\u2066 \u2028\x7f"
ORDERS = {character for character in HOSTILE if not character.isprintable()}


def answering(value: Any) -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _: httpx2.Response(200, json=value))


def test_texts_and_tables_are_inert(capsys: pytest.CaptureFixture[str]) -> None:
    output.say(f"one\ttwo\n{HOSTILE}")
    output.note(HOSTILE)
    table = Table(HOSTILE, box=None)
    table.add_row(HOSTILE)
    output.table_console().print(table)
    output.message_console().print(HOSTILE)
    with pytest.raises(typer.Exit):
        output.stop(HOSTILE)
    printed = capsys.readouterr()
    assert ORDERS & set(printed.out + printed.err) == set()
    assert printed.out.startswith("one\ttwo\ndown")
    assert printed.out.count("txt.exe") == 3
    assert printed.err.count("txt.exe") == 3


def test_json_says_the_same_without_commanding_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit({"title": HOSTILE})
    output.emit_streamed({"titles": iter([HOSTILE]), HOSTILE: 1})
    printed = capsys.readouterr().out
    assert ORDERS & set(printed) == set()
    first, _, second = printed.partition("}\n")
    assert orjson.loads(first + "}") == {"title": HOSTILE}
    assert orjson.loads(second) == {"titles": [HOSTILE], HOSTILE: 1}


def test_what_stopped_a_service_does_not_command_the_terminal_of_who_looks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The raw row may hold anything."""
    names = ("part", "position", "key", "event", "type", "error", "count", "first_at", "last_at", "state")
    row = dict.fromkeys(names, HOSTILE) | {"headers": {HOSTILE: HOSTILE}, "data": HOSTILE}
    monkeypatch.setattr(
        quarantine, "open_client", lambda url, key: httpx2.Client(base_url="http://slad.test", transport=answering(row))
    )
    quarantine.show_row("timer/1")
    printed = capsys.readouterr().out
    assert printed.count("txt.exe") == len(names) + 3
    assert ORDERS & set(printed) == set()
