"""Support plans on paper: laid out by the real WeasyPrint in a process of its own, which loads nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_board.page.render import Pages
from sla_board.paper.printer import MOST_WAITING, NoPdfHere, NotPrinted, PdfPrinter, PrinterBusy
from sla_board.plan.build import support_plan
from sla_catalogue import builtin_catalogue
from sla_domain.contract import ContractId

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def _unpacked(pdf: bytes) -> bytes:
    """The PDF with what its compressed streams hold, in which its pages and fonts are described."""
    streams = re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompress(one) for one in streams)


def _python(code: str) -> PdfPrinter:
    """A printer with this in the place of WeasyPrint's process."""
    return PdfPrinter((sys.executable, "-c", f"import os, sys, time; {code}"), library="sys")


@pytest.mark.parametrize("language", ["en", "pl", "it", "ru"])
async def test_a_plan_has_pages_of_a4_and_brings_its_fonts_along(language: str, weasyprint: str) -> None:
    book = builtin_catalogue()
    plan = support_plan(book, book.rulebook.contracts[ContractId("hpe-flexcare-pl")], NOW, language)
    made = await PdfPrinter().pdf(Pages().plan_for_customer(plan, ""))
    assert made.startswith(b"%PDF-")
    made = _unpacked(made)
    assert len(re.findall(rb"/Type /Page\b", made)) > 1
    (box,) = set(re.findall(rb"/MediaBox \[([^\]]+)\]", made))
    assert [round(float(side)) for side in box.split()] == [0, 0, 595, 842]
    assert b"/FontFile" in made


async def test_laying_out_asks_no_machine_and_reads_no_file(weasyprint: str, tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    style = tmp_path / "own.css"
    style.write_text("@page { size: 100mm 100mm }")
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        html = (
            f"<link rel=stylesheet href='{there}/a.css'><link rel=stylesheet href='{style.as_uri()}'>"
            f"<img src='{there}/b.png'><style>@import '{there}/c.css'; p {{ background: url({there}/d.png) }}</style>"
            "<p>x"
        )
        made = await PdfPrinter().pdf(html)
    assert asked == []
    assert b"/MediaBox [0 0 595" in _unpacked(made), "the style sheet on the disk would make it small"
    small = await PdfPrinter().pdf("<style>@page { size: 100mm 100mm }</style><p>x")
    assert b"/MediaBox [0 0 283" in _unpacked(small)


async def test_what_no_font_here_has_is_refused_instead_of_boxes(weasyprint: str) -> None:
    unassigned = "".join(chr(0x40000 + place) for place in range(40))  # no font has these, whatever is installed
    with pytest.raises(NoPdfHere, match="no font for the language"):
        await PdfPrinter().pdf(f"<p>{unassigned}")
    assert (await PdfPrinter().pdf(f"<p>A title with {unassigned[:3]}")).startswith(b"%PDF-")


async def test_the_same_page_is_laid_out_once_and_others_wait_in_a_line_that_ends(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    printer = _python(f"open({str(ran)!r}, 'a').write('x'); sys.stdout.write('%PDF-' + sys.stdin.read())")
    same = await asyncio.gather(*(printer.pdf("one") for _ in range(MOST_WAITING)))
    assert set(same) == {b"%PDF-one"}
    assert ran.read_text() == "x"
    many = await asyncio.gather(*(printer.pdf(str(n)) for n in range(MOST_WAITING + 3)), return_exceptions=True)
    assert [type(one) for one in many] == [bytes] * MOST_WAITING + [PrinterBusy] * 3
    assert await printer.pdf("99") == b"%PDF-99", "the line is short again"


async def test_a_process_that_hangs_fails_or_lacks_a_library_is_told_apart(tmp_path: Path) -> None:
    alive = tmp_path / "pid"
    hanging = PdfPrinter(
        (sys.executable, "-c", f"import os, time; open({str(alive)!r}, 'w').write(str(os.getpid())); time.sleep(600)"),
        library="sys",
        patience=1.0,
    )
    with pytest.raises(NotPrinted):
        await hanging.pdf("x")
    with pytest.raises(ProcessLookupError):
        os.kill(int(alive.read_text()), 0)
    for code in ("sys.exit(1)", "sys.stdout.write('no pdf')", "os.abort()"):
        with pytest.raises(NotPrinted):
            await _python(code).pdf("x")
    with pytest.raises(NoPdfHere, match="cannot load library 'libpango"):
        await _python("sys.stderr.write(\"cannot load library 'libpango-1.0-0'\"); sys.exit(3)").pdf("x")


async def test_the_process_is_told_none_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_LINK_SECRET", "of-this-installation")
    told = await _python("sys.stdout.write('%PDF-' + ' '.join(os.environ))").pdf("x")
    assert b"PATH" in told
    assert b"SLAD" not in told
