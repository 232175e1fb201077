"""What a log line may not hold, in either form and however deep it lies: secrets, addresses, line breaks of others."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import time
from collections.abc import Iterator

import pytest
import structlog

from sla_platform.apikey.key import key_text
from sla_platform.telemetry import logs

WORD = "tomato-7421"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process writes that logs as slad does."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("DEBUG", "json")
    (ours,) = root.handlers
    root.handlers[:] = [*before, ours]
    yield stream
    root.removeHandler(ours)
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "said",
    [
        {"secret": WORD},
        {"link_token": WORD},
        {"X-Hub-Signature": WORD},
        {"headers": {"Authorization": f"Bearer {WORD}", "Cookie": WORD, "x-api-key": WORD}},
        {"url": f"postgresql://slad:{WORD}@db/slad"},
        {"path": f"/ack/{WORD}"},
        {"path": f"/answers/{WORD}"},
        {"path": f"/contacts/stop/{WORD}"},
        {"path": f"/contacts/resume/{WORD}"},
        {"path": f"/registrations/confirm/{WORD}"},
        {"path": f"/registrations/end/{WORD}"},
        {"path": f"/plans/{WORD}/plan.pdf"},
        {"text": f"Acknowledge: https://sla.example/ack/{WORD}\nIgnore it otherwise."},
        {"to": f"{WORD}@mail.example"},
        {"recipients": [f"Anna <{WORD}@mail.example>", (f"{WORD}@mail.example",)]},
        {"attempt": {"reply": [f"550 <{WORD}@mail.example> unknown"]}},
    ],
)
def test_secrets_and_addresses_are_blank_however_deep_they_lie(said: dict[str, object], written: io.StringIO) -> None:
    structlog.get_logger("test").warning("something.happened", **said)
    line = written.getvalue()
    assert "something.happened" in line
    assert WORD not in line


def test_an_error_is_shown_without_the_address_it_names(written: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot reach smtp://slad:{WORD}@mail.example for {WORD}@mail.example")
    except ValueError:
        structlog.get_logger("test").exception("it.failed")
        logging.getLogger("library").exception("it failed for %s@mail.example", WORD)
    said = written.getvalue()
    assert "it.failed" in said
    assert WORD not in said


@pytest.mark.parametrize("text", ["a" * 200_000, "a@" + "b" * 200_000, "a." * 100_000 + "@b", "://" + "a" * 200_000])
def test_a_long_word_costs_no_more_than_many_short_ones(text: str, written: io.StringIO) -> None:
    begun = time.process_time()
    structlog.get_logger("x").info("said", text=text, whom="Ann <ann@acme.example>, bob.b@acme.example")
    assert time.process_time() - begun < 2.0, "trying an address at each character took minutes"
    assert json.loads(written.getvalue())["whom"] == "Ann <[address]>, [address]"


def test_a_made_key_is_blank_in_any_text(written: io.StringIO) -> None:
    text = key_text(12, "s" * 43)
    structlog.get_logger("test").warning("it.came", detail=f"Bearer {text} was refused", said=[{"it": text}])
    assert "sss" not in written.getvalue()
    assert written.getvalue().count("slad_[redacted]") == 2


def test_a_line_is_a_line_whatever_stands_in_it(written: io.StringIO) -> None:
    structlog.get_logger("test").warning("it.came", title='a\n{"event": "forged"}\r\nb')
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "it.came"


def test_a_readable_line_commands_no_terminal(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.configure("DEBUG", "console")
    hostile = "550\x1b[2J\x1b]0;owned\x07 \x9b31m\x08\u202etxt.exe\u2066\u2028"
    log = structlog.get_logger("test")
    log.warning("delivery.attempted", error=hostile, reply=[hostile], said={"text": hostile})
    logging.getLogger("a library").warning("odd: %s", hostile)
    try:
        raise ValueError(hostile)
    except ValueError:
        log.exception("it.failed")
    line = re.sub(r"\x1b\[\d*m", "", written.getvalue())  # our own colours
    assert line.count("txt.exe") == 5
    assert {one for one in hostile if not one.isprintable()} & set(line) == set()
